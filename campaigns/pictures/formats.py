"""The sizes of pictures, in pixels, and how large the writing in them must at least be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

WECHAT_THUMB_BYTES = 64 * 1024  # platform rules 1.7: a thumb of temporary material


@dataclass(frozen=True, slots=True)
class Format:
    """One size. ``headline`` and ``line``: least and most height of the writing in pixels.

    ``layout``: tall and wide have everything; cover and thumb have room for the headline and one number only.
    ``suffix``: of the file; ``most_bytes``: 0 for no limit.
    """

    name: str
    width: int
    height: int
    layout: Literal["tall", "wide", "thumb", "cover"]
    headline: tuple[int, int]
    line: tuple[int, int]
    margin: int
    suffix: str = "png"
    most_bytes: int = 0


_ALL = (
    Format("phone", 1080, 1920, "tall", (84, 230), (50, 84), 72),
    Format("screen", 1920, 1080, "wide", (84, 220), (48, 84), 72),
    # Seen from some metres: larger writing, or an error.
    Format("portrait", 1080, 1920, "tall", (110, 300), (58, 96), 56),
    Format("elevator", 1080, 1440, "tall", (84, 210), (50, 80), 64),
    Format("share", 1080, 1350, "tall", (80, 200), (46, 78), 60),
    Format("thumb", 900, 900, "thumb", (72, 200), (0, 0), 60, "jpg", WECHAT_THUMB_BYTES),
    Format("cover", 900, 383, "cover", (44, 120), (0, 0), 36),
)
FORMATS: Mapping[str, Format] = MappingProxyType({one.name: one for one in _ALL})
