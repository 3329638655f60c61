"""Which font of this machine has Chinese characters."""

from __future__ import annotations

from functools import cache
from pathlib import Path

# Debian's fonts-noto-cjk and fonts-wqy-microhei; a picture with boxes for letters helps nobody, so none without.
PLACES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
)
# In Noto's collection the second face is the simplified Chinese one; faces of the others are alike.
SIMPLIFIED_FACE = 2


@cache
def chinese_font() -> tuple[str, int] | None:
    """Return file and face of the first font found, None when there is none."""
    for place in PLACES:
        if Path(place).exists():
            return place, SIMPLIFIED_FACE if "Noto" in place else 0
    return None
