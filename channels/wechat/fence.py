"""The fence before every XML of WeChat: small, UTF-8, no DOCTYPE, no entities, not deep, nothing said twice.

WeChat sends a flat ``<xml>`` with a few nested lists. Whatever is more than that is refused before anything looks at
it (OWASP's XXE cheat sheet, CWE-611, CWE-776; why not xmltodict alone: it drops entities silently in some versions).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from channels.base import Refuse

MOST_BYTES = 64 * 1024
DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one WeChat message; what it holds stays out of ``repr``."""

    root: Element = field(repr=False)

    def get(self, path: str) -> str:
        """Return the text at ``path`` without white space around it, empty when there is none."""
        return self.raw(path).strip()

    def raw(self, path: str) -> str:
        """Return the text at ``path`` as it came, empty when there is none."""
        return self.root.findtext(path) or ""

    def items(self, path: str) -> list[dict[str, str]]:
        """Return the fields of each element at ``path``: a list of one looks like a list of many."""
        return [
            {child.tag: (child.text or "").strip() for child in element}
            for element in self.root.findall(path)
            if len(element)
        ]


def read(body: bytes) -> Fields:
    """Return the fields of ``body``. Raises ``Refuse``."""
    if len(body) > MOST_BYTES:
        raise Refuse("body_too_large", 413)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refuse("body_not_utf8", 400) from None
    return read_text(text)


def read_text(text: str) -> Fields:
    """Return the fields of an XML text. Raises ``Refuse``."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise Refuse("xml_broken", 400) from None
    names = [child.tag for child in root]
    if root.tag != "xml" or len(names) != len(set(names)) or not _shallow(root):
        raise Refuse("xml_broken", 400)
    return Fields(root)


def _shallow(root: Element) -> bool:
    level: list[Element] = [root]
    for _ in range(DEEPEST):
        level = list(_children(level))
        if not level:
            return True
    return False


def _children(level: list[Element]) -> Iterator[Element]:
    for element in level:
        yield from element
