"""Bytes → pixels, if they are a picture that may be decoded at all. Runs in the worker process only.

What a file is says its content, never its name or the announced type. The size is taken from the header before a
single pixel is decoded, so that a small file cannot fill the memory.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from channels.base import MOST_PICTURE_BYTES, Refuse

Pixels = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MOST_PIXELS = 24_000_000  # a phone's 24-megapixel photo; 72 MB once decoded
LONGEST_SIDE = 65_535  # pixels; what looks for codes takes no more
LEAST_SIDE = 12  # pixels; no character can be told in less
MOST_FRAMES = 100  # of an animation the first is read; with more it is a film
WIDEST = 1_600  # pixels; wider pictures hold no finer text that matters, only more work
LARGEST = 9_000_000  # pixels kept of a photo after shrinking
BRIGHT = 170  # mean of the opaque pixels from which on transparent ones are taken for dark
FOREIGN_START = (b"%pdf-", b"<script", b"<html", b"<svg", b"<?php", b"<!doctype")
FOREIGN_END = (b"PK\x05\x06", b"</script", b"</html", b"</svg")
LOOKED_AT = 1024  # bytes at the start where another format would have to say what it is (as for PDF)
ZIP_END = 66_000  # bytes at the end where a ZIP archive keeps its directory


def decode(data: bytes) -> Pixels:
    """Return the picture as (height, width, 3) RGB, upright, on an opaque ground, not larger than needed.

    Raises ``Refuse`` with a code of ``wording.yml``.
    """
    if not data:
        raise Refuse("picture_empty")
    if len(data) > MOST_PICTURE_BYTES:
        raise Refuse("picture_too_large", 413)
    image = _open(data)
    _refuse_mixed(data)
    width, height = image.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Refuse("picture_too_many_pixels", 413)
    if min(width, height) < LEAST_SIDE:
        raise Refuse("picture_too_small")
    try:
        _refuse_film(image)
        return np.ascontiguousarray(np.asarray(_shrink(_flat(_upright(image)))), dtype=np.uint8)
    except Refuse:
        raise
    except MemoryError:
        raise Refuse("picture_too_many_pixels", 413) from None
    except (
        OSError,
        EOFError,
        ValueError,
        SyntaxError,
        TypeError,
        LookupError,
        struct.error,
        zlib.error,
        ArithmeticError,
        Image.DecompressionBombError,
    ):  # what Pillow's decoders raise for files that are cut off or broken
        raise Refuse("picture_broken") from None


def _open(data: bytes) -> Image.Image:
    """Read the header only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # our own limit of pixels is far below Pillow's warning
        try:
            return Image.open(io.BytesIO(data), formats=FORMATS)
        except UnidentifiedImageError:
            known = data[:4] in {b"\x89PNG", b"GIF8", b"RIFF"} or data[:2] in {b"\xff\xd8", b"BM"}
            raise Refuse(
                "picture_broken" if known else "picture_kind_unknown", 422 if known else 415
            ) from None
        except Image.DecompressionBombError:
            raise Refuse("picture_too_many_pixels", 413) from None
        except (OSError, ValueError, SyntaxError, TypeError, LookupError, ArithmeticError, struct.error):
            raise Refuse("picture_broken") from None


def _refuse_mixed(data: bytes) -> None:
    """Refuse files that are a picture and something else at once: nobody's phone makes such a thing."""
    start = data[:LOOKED_AT].lower()
    end = data[-ZIP_END:]
    if any(mark in start for mark in FOREIGN_START) or any(mark in end for mark in FOREIGN_END):
        raise Refuse("picture_mixed")


def _refuse_film(image: Image.Image) -> None:
    """Refuse long animations. GIF does not say how many frames it has: look whether there is one too many."""
    if image.format != "GIF":
        if getattr(image, "n_frames", 1) > MOST_FRAMES:
            raise Refuse("picture_animated")
        return
    try:
        image.seek(MOST_FRAMES)
    except EOFError:
        image.seek(0)
        return
    raise Refuse("picture_animated")


def _upright(image: Image.Image) -> Image.Image:
    """Decode, and turn the picture as its EXIF orientation says; all other EXIF data is left alone."""
    if image.format == "JPEG":
        image.draft("RGB", (WIDEST, WIDEST))  # decodes a large photo at half or a quarter of its size
    image.load()
    try:
        return ImageOps.exif_transpose(image) or image
    except Exception:  # broken EXIF data raises almost anything; the picture is still good
        return image


def _flat(image: Image.Image) -> Image.Image:
    """Return RGB of 8 bits; see-through parts get the ground against which the rest can be read."""
    if image.mode.startswith("I"):  # 16 bits a pixel: Pillow would cut the values off, not scale them
        values = np.asarray(image).astype(np.float32)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        return Image.fromarray((values * (255.0 / top)).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        pixels = np.asarray(layered)
        solid = pixels[..., 3] > 127
        light = float(pixels[..., :3][solid].mean()) if solid.any() else 0.0
        ground = Image.new("RGBA", layered.size, (0, 0, 0, 255) if light > BRIGHT else (255, 255, 255, 255))
        see_through = not solid.all()
        return (Image.alpha_composite(ground, layered) if see_through else layered).convert("RGB")
    return image.convert("RGB")


def _shrink(image: Image.Image) -> Image.Image:
    width, height = image.size
    factor = min(
        1.0, WIDEST / min(width, height), (LARGEST / (width * height)) ** 0.5 if width > WIDEST else 1.0
    )
    if factor >= 1.0:
        return image
    return image.resize((max(1, round(width * factor)), max(1, round(height * factor))), Image.Resampling.BOX)
