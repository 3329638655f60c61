"""Read an uploaded form from its bytes. Part of the border, as ``channels.base`` is: adapters may use it.

Starlette's own form reader would put files of more than a megabyte on disk; a picture must not lie there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from channels.base import Refuse

FORM = "multipart/form-data"
MOST_PARTS = 8  # a form of ours has two; what comes with more is no form of ours
MOST_HEADER = 1024  # bytes of one part's header


@dataclass(slots=True)
class _Part:
    header: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    body: bytearray = field(default_factory=bytearray)


def read_form(
    headers: Mapping[str, str], body: bytes, fields: frozenset[str], more: frozenset[str] = frozenset()
) -> dict[str, bytes]:
    """Return each field's bytes. ``fields`` must come exactly once, those of ``more`` at most once; no others may.

    Raises ``Refuse``: ``content_type_wrong_form``, ``form_broken``, ``field_unknown``, ``field_missing``, and
    ``one_picture_only`` for a field that comes twice.
    """
    kind, options = parse_options_header(headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind.decode("latin-1").lower() != FORM or not boundary:
        raise Refuse("content_type_wrong_form", 415)
    found: dict[str, bytes] = {}
    for part in _parts(boundary, body):
        _, given = parse_options_header(part.disposition)
        name = given.get(b"name", b"").decode("utf-8", "replace")
        if name not in fields | more:
            raise Refuse("field_unknown")
        if name in found:
            raise Refuse("one_picture_only") if name == "file" else Refuse("form_broken", 400)
        found[name] = bytes(part.body)
    if missing := fields - set(found):
        raise Refuse("picture_missing" if "file" in missing else "field_missing")
    return found


def _parts(boundary: bytes, body: bytes) -> list[_Part]:
    parts: list[_Part] = []
    ended = False

    def begin() -> None:
        if len(parts) >= MOST_PARTS:
            raise Refuse("form_broken", 400)
        parts.append(_Part())

    def header(data: bytes, start: int, end: int) -> None:
        parts[-1].header += data[start:end]
        if len(parts[-1].header) > MOST_HEADER:
            raise Refuse("form_broken", 400)

    def value(data: bytes, start: int, end: int) -> None:
        if parts[-1].header.lower() == b"content-disposition":
            parts[-1].disposition += data[start:end]
            if len(parts[-1].disposition) > MOST_HEADER:
                raise Refuse("form_broken", 400)

    def header_end() -> None:
        parts[-1].header.clear()

    def content(data: bytes, start: int, end: int) -> None:
        parts[-1].body += data[start:end]

    def end_all() -> None:
        nonlocal ended
        ended = True

    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": begin,
                "on_header_field": header,
                "on_header_value": value,
                "on_header_end": header_end,
                "on_part_data": content,
                "on_end": end_all,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise Refuse("form_broken", 400) from None
    if not ended:  # the last boundary is missing: the upload was cut off
        raise Refuse("form_broken", 400)
    return parts
