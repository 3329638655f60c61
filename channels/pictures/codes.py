"""QR and other square codes: what stands in them, and what kind of thing that is. Nothing is ever fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from channels.pictures.content import load
from channels.pictures.decode import Pixels

MOST = 8  # codes of one picture
LONGEST = 500  # characters kept of one


@dataclass(frozen=True, slots=True)
class Code:
    """``kind`` is a key of ``codes`` in pictures.yml; ``note`` is its sentence for people."""

    text: str
    kind: str
    note: str


def find_codes(pixels: Pixels) -> tuple[Code, ...]:
    """Return the codes of the picture from top to bottom, each content once."""
    import zxingcpp

    formats = zxingcpp.BarcodeFormats(
        (
            zxingcpp.BarcodeFormat.QRCode,
            zxingcpp.BarcodeFormat.MicroQRCode,
            zxingcpp.BarcodeFormat.RMQRCode,
            zxingcpp.BarcodeFormat.DataMatrix,
            zxingcpp.BarcodeFormat.Aztec,
        )
    )
    found = zxingcpp.read_barcodes(pixels, formats=formats)
    found = sorted(found, key=lambda code: (code.position.top_left.y, code.position.top_left.x))
    texts = dict.fromkeys(_one_line(code.text) for code in found if code.valid)
    return tuple(describe(text) for text in texts if text)[:MOST]


def describe(text: str) -> Code:
    """Return what ``text``, the content of a code, is."""
    for kind, pattern, note in _kinds():
        if pattern.search(text):
            return Code(text, kind, note)
    raise LookupError("pictures.yml has no pattern that takes everything")


def _one_line(text: str) -> str:
    """Return the content on one line, so that nobody can write turns of a talk into a code."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:LONGEST]


@cache
def _kinds() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    return tuple(
        (kind, re.compile(entry["pattern"], re.IGNORECASE), entry["note"])
        for kind, entry in load()["codes"].items()
    )
