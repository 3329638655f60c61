"""The typeface of posters: a Chinese sans-serif of this machine, bold and regular.

Debian's fonts-noto-cjk (in the container image) or fonts-wqy-microhei, which has one weight only. A poster with boxes
for letters helps nobody, so there is none without.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

FOLDERS = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/truetype/noto", "/usr/share/fonts/noto-cjk")
ONE_WEIGHT = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)
SIMPLIFIED_FACE = 2  # in Noto's collections the faces are JP, KR, SC, TC, HK
MEASURE = 200  # the size at which characters are measured


class NoFont(Exception):
    """No font with Chinese characters is installed (Debian: fonts-noto-cjk)."""


@cache
def place(bold: bool) -> tuple[str, int]:
    """Return file and face. Raises ``NoFont``."""
    name = "NotoSansCJK-Bold.ttc" if bold else "NotoSansCJK-Regular.ttc"
    for folder in FOLDERS:
        if (Path(folder) / name).exists():
            return f"{folder}/{name}", SIMPLIFIED_FACE
    for file in ONE_WEIGHT:
        if Path(file).exists():
            return file, 0
    raise NoFont


@cache
def font(size: int, bold: bool = True) -> ImageFont.FreeTypeFont:
    """Return the typeface at ``size`` pixels. Raises ``NoFont``."""
    file, face = place(bold)
    return ImageFont.truetype(file, size, index=face)


def width(text: str, size: float, bold: bool = True) -> float:
    """Return how wide ``text`` runs, in pixels: the sum of its characters, which Chinese type does not kern."""
    return sum(_advance(char, bold) for char in text) * size


@lru_cache(maxsize=20_000)
def _advance(char: str, bold: bool) -> float:
    """Return the width of one character in sizes."""
    return float(font(MEASURE, bold).getlength(char)) / MEASURE
