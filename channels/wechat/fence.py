"""The fence before every XML of WeChat: small, UTF-8, no DOCTYPE, no entities, not deep, nothing said twice.

WeChat sends a flat ``<xml>`` with a few nested lists. Whatever is more than that is refused before anything looks at
it (OWASP's XXE cheat sheet, CWE-611, CWE-776; why not xmltodict alone: it drops entities silently in some versions).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from channels.base import Refuse

MOST_BYTES = 64 * 1024
DEEPEST = 16
MOST_ELEMENTS = 500  # results of a subscription's dialogue have a dozen fields for each of a few templates


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
    parser = DefusedXMLParser(target=_Builder(), forbid_dtd=True)
    try:
        parser.feed(text)
        root = parser.close()
    except (ParseError, DefusedXmlException, ValueError):
        raise Refuse("xml_broken", 400) from None
    names = [child.tag for child in root]
    if root.tag != "xml" or len(names) != len(set(names)):
        raise Refuse("xml_broken", 400)
    return Fields(root)


class _Builder(TreeBuilder):
    """Stops at the first element that is too much: what was sent is not worth the time to read it to its end."""

    def __init__(self) -> None:
        super().__init__()
        self._count = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._count += 1
        self._depth += 1
        if self._count > MOST_ELEMENTS or self._depth > DEEPEST:
            raise ValueError("more elements than a platform sends")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)
