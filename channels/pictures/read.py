"""One picture, all steps: pixels, codes, text, reading order. Worker process only."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from channels.pictures.codes import Code, find_codes
from channels.pictures.content import load
from channels.pictures.decode import decode
from channels.pictures.layout import read_screen
from channels.pictures.ocr import Ocr

LONGEST = 12_000  # characters; the check takes 10,000


def read_picture(ocr: Ocr, data: bytes, seconds: float) -> dict[str, Any]:
    """Return ``text``, ``codes`` and ``whole`` (all was read within ``seconds``). Raises ``Refuse``."""
    until = time.monotonic() + seconds
    pixels = decode(data)
    codes = find_codes(pixels)
    boxes, whole = ocr.boxes(pixels, until)
    height, width = pixels.shape[:2]
    text = with_codes(read_screen(boxes, width, height), codes)
    return {"text": text[:LONGEST], "codes": [asdict(code) for code in codes], "whole": whole}


def with_codes(text: str, codes: tuple[Code, ...]) -> str:
    """Return ``text`` with a line for each code."""
    lines = [load()["code_line"].format(text=code.text) for code in codes]
    return "\n".join([*([text] if text else []), *lines])
