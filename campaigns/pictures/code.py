"""QR codes on posters: of an address that says which poster was scanned, or a WeChat code that was given."""

from __future__ import annotations

import io
import re
from urllib.parse import quote

import segno
from PIL import Image, UnidentifiedImageError

from channels.schools import CODE

SCENE = re.compile(r"[A-Za-z0-9_:.-]{1,64}")
QUIET_ZONE = 4  # modules around the code (ISO/IEC 18004)
MOST_BYTES, MOST_SIDE = 5_000_000, 4_000


class BadCode(Exception):
    """The scene, the address or the given picture cannot be used."""


def address(base_url: str, scene: str) -> str:
    """Return the chat page's address with the scene: a school's code as the page counts it. Raises ``BadCode``."""
    if not SCENE.fullmatch(scene):
        raise BadCode("a scene has 1 to 64 letters, digits and _ : . -")
    name = "school" if CODE.fullmatch(scene) else "scene"
    return f"{base_url.rstrip('/')}/chat?{name}={quote(scene, safe='')}"


def of_address(url: str, side: int) -> Image.Image:
    """Return the code, at most ``side`` pixels wide, each module a whole number of pixels. Raises ``BadCode``."""
    code = segno.make(url, error="m", micro=False)
    modules = code.symbol_size(border=QUIET_ZONE)[0]
    scale = side // modules
    if scale < 3:  # a phone camera cannot tell smaller modules apart in a lift
        raise BadCode(f"the address is too long for a code of {side} pixels")
    body = io.BytesIO()
    code.save(body, kind="png", scale=scale, border=QUIET_ZONE)
    body.seek(0)
    return Image.open(body).convert("RGB")


def of_picture(data: bytes, side: int) -> Image.Image:
    """Return a given code (WeChat's own picture) ``side`` pixels wide. Raises ``BadCode``."""
    if len(data) > MOST_BYTES:
        raise BadCode("the picture of the code is too large")
    try:
        found = Image.open(io.BytesIO(data))
        if max(found.size) > MOST_SIDE or found.width != found.height:
            raise BadCode("the picture of the code must be a square of at most 4000 pixels")
        return found.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise BadCode("the picture of the code cannot be read") from None
