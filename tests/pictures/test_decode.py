"""Which files are opened at all, and how pixels come out."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from channels.base import MOST_PICTURE_BYTES, Refuse
from channels.pictures.decode import MOST_PIXELS, decode


def store(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def halves(mode: str = "RGB") -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", (40, 60), (255, 0, 0))
    image.paste((0, 0, 255), (0, 30, 40, 60))
    return image.convert(mode)


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises that size; its pixels are missing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def film(frames: int, kind: str = "GIF") -> bytes:
    pictures = [Image.new("L", (20, 20), number % 251) for number in range(frames)]
    return store(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=20)


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "hello")
    return out.getvalue()


GOOD = store(halves())
BAD = {
    "nothing": (b"", "picture_empty"),
    "text": ("先转账".encode() * 50, "picture_kind_unknown"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><text>a</text></svg>', "picture_kind_unknown"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), "picture_kind_unknown"),
    "tiff": (store(halves(), "TIFF"), "picture_kind_unknown"),
    "pdf": (b"%PDF-1.7\n" + bytes(100), "picture_kind_unknown"),
    "too large": (GOOD + bytes(MOST_PICTURE_BYTES), "picture_too_large"),
    "bomb": (png_of(60_000, 60_000), "picture_too_many_pixels"),
    "largest header": (png_of(2**31 - 1, 2**31 - 1), "picture_too_many_pixels"),
    "real bomb": (store(Image.new("1", (6000, 5000))), "picture_too_many_pixels"),
    "endless strip": (store(Image.new("1", (20, 70_000))), "picture_too_many_pixels"),
    "no pixels": (png_of(0, 0), "picture_broken"),
    "one pixel": (store(Image.new("RGB", (1, 1))), "picture_too_small"),
    "pixels missing": (png_of(50, 50), "picture_broken"),
    "png cut off": (store(Image.effect_noise((80, 80), 50))[:-900], "picture_broken"),
    "jpeg cut off": (store(Image.effect_noise((200, 200), 50), "JPEG")[:3000], "picture_broken"),
    "jpeg without a head": (b"\xff\xd8\xff\xe0" + bytes(400), "picture_broken"),
    "gif head only": (b"GIF89a" + bytes(3), "picture_broken"),
    "long film": (film(1000), "picture_animated"),
    "long png film": (film(130, "PNG"), "picture_animated"),
    "zip behind": (GOOD + zipped(), "picture_mixed"),
    "page behind": (GOOD + b"<script>alert(1)</script>", "picture_mixed"),
    "page in front": (store(halves(), "GIF", comment=b"<script>alert(1)</script>"), "picture_mixed"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_and_why(name: str) -> None:
    data, code = BAD[name]
    with pytest.raises(Refuse) as refused:
        decode(data)
    assert refused.value.code == code
    assert 400 <= refused.value.status < 500


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_formats_are_told_by_content(kind: str) -> None:
    pixels = decode(store(halves(), kind))
    assert pixels.shape == (60, 40, 3)
    assert pixels.dtype == np.uint8
    assert pixels[10, 20, 0] > 200
    assert pixels[50, 20, 2] > 200


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("P", "PNG"), ("RGBA", "PNG"), ("L", "PNG"), ("1", "PNG")]
)
def test_all_kinds_of_pixels_become_rgb(mode: str, kind: str) -> None:
    assert decode(store(halves(mode), kind)).shape == (60, 40, 3)


def test_cmyk_keeps_its_colours() -> None:
    pixels = decode(store(halves("CMYK"), "JPEG"))
    assert pixels[10, 20, 0] > 180 > pixels[10, 20, 2]


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    values = np.tile(np.linspace(0, 65535, 64, dtype=np.uint16), (64, 1))
    pixels = decode(store(Image.fromarray(values)))
    assert abs(int(pixels[5, 32, 0]) - 128) < 8


@pytest.mark.parametrize(("ink", "ground"), [((0, 0, 0), 255), ((255, 255, 255), 0)])
def test_see_through_pictures_get_a_ground_on_which_they_can_be_read(
    ink: tuple[int, int, int], ground: int
) -> None:
    layered = Image.new("RGBA", (40, 40), (*ink, 0))
    layered.paste((*ink, 255), (10, 10, 20, 20))
    for image in (layered, layered.quantize(4)):
        pixels = decode(store(image))
        assert int(pixels[2, 2, 0]) == ground
        assert int(pixels[15, 15, 0]) == 255 - ground


def test_the_picture_stands_upright_and_other_exif_does_not_matter() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "x" * 2000
    turned = decode(store(halves(), "JPEG", exif=exif))
    assert turned.shape == (40, 60, 3)
    assert turned[20, 50, 0] > 200  # what was above is at the right
    broken = store(halves(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode(broken).shape == (60, 40, 3)


def test_of_a_short_animation_the_first_frame_is_read() -> None:
    frames = [halves(), Image.new("RGB", (40, 60), (0, 255, 0))]
    data = store(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data)[10, 20, 0] > 200


def test_large_photos_are_made_smaller_and_long_screens_keep_their_width() -> None:
    assert max(decode(store(Image.new("RGB", (5600, 4200)), "JPEG")).shape) <= 3200
    assert decode(store(Image.new("RGB", (1080, 20_000)), "PNG")).shape == (20_000, 1080, 3)
    assert MOST_PIXELS >= 5600 * 4200
