"""A campaign's picture in one format: a document's ``Picture`` in, the bytes of a file out. Pure but for fonts."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

from campaigns.document import Picture
from campaigns.pictures import blocks, ornaments
from campaigns.pictures.breaking import TooLong
from campaigns.pictures.fitting import fit
from campaigns.pictures.formats import Format
from campaigns.pictures.hotlines import Call, calls
from campaigns.pictures.sheet import Sheet
from campaigns.pictures.templates import Template, get, load

# Makes the code at most so many pixels wide.
Code = Callable[[int], Image.Image]
LABEL, GAP = 0.066, 0.026  # of the shorter side


def render(picture: Picture, form: Format, code: Code | None = None) -> bytes:
    """Return the PNG (of a thumb the JPEG).

    Raises ``TooLong``, ``UnknownTemplate``, ``UnknownNumber``, ``NoFont``, and ``BadCode`` from ``code``.
    """
    look = get(picture.template)
    found, rest = calls(picture.footer)
    sheet = Sheet(form.width, form.height, look.background)
    draw = {"tall": _tall, "wide": _wide, "thumb": _thumb, "cover": _cover}[form.layout]
    draw(sheet, form, look, picture, found, rest, code)
    return _file(sheet.finish(), form)


def _top(sheet: Sheet, form: Format, look: Template) -> float:
    """Draw ornament and label; return where the headline can begin."""
    side = min(form.width, form.height)
    top = form.margin * 0.9 + LABEL * side
    room = top + GAP * side
    ornaments.draw(sheet, look, room)
    blocks.label(sheet, look, form.margin, form.margin * 0.9, LABEL * side, load().words.label)
    return room


def _tall(
    sheet: Sheet,
    form: Format,
    look: Template,
    picture: Picture,
    found: tuple[Call, ...],
    rest: str,
    code: Code | None,
) -> None:
    side, margin = form.width, form.margin
    gap = GAP * side
    room = form.width - 2 * margin
    start = _top(sheet, form, look)
    high = 0.122 * side * look.scale**0.7
    zone = len(found) * high + (len(found) - 1) * gap
    end = form.height - margin - zone
    if rest:
        end -= blocks.note(sheet, look, margin, form.height - margin, room, 0.036 * side, rest)
    if code is not None:
        zone = max(zone, 0.24 * side)
        end = min(end, form.height - margin - zone)
    middle = start + gap, end - 1.6 * gap
    blocks.words(sheet, look, fit(picture, form, look, room, middle[1] - middle[0]), margin, room, middle)
    wide = room
    if code is not None:
        wide -= zone + gap
        blocks.code(sheet, margin + wide + gap, end, zone, code, load().words.scan)
    tops = [end + number * (high + gap) for number in range(len(found))]
    blocks.hotlines(sheet, look, [(margin, top, margin + wide, top + high) for top in tops], found)


def _wide(
    sheet: Sheet,
    form: Format,
    look: Template,
    picture: Picture,
    found: tuple[Call, ...],
    rest: str,
    code: Code | None,
) -> None:
    side, margin = form.height, form.margin
    gap = GAP * side * 1.4
    start = _top(sheet, form, look)
    right = form.width * 0.29
    room = form.width - 2 * margin - right - 1.6 * gap
    end: float = form.height - margin
    if rest:
        end -= blocks.note(sheet, look, margin, end, room, 0.036 * side, rest)
    middle = start, end
    blocks.words(sheet, look, fit(picture, form, look, room, middle[1] - middle[0]), margin, room, middle)
    left = form.width - margin - right
    high = (0.15 if code is not None else 0.2) * side
    zone = len(found) * high + (len(found) - 1) * gap
    top = form.height - margin - zone
    if code is not None:
        square = min(right, top - gap - start - gap)
        blocks.code(sheet, left + (right - square) / 2, top - gap - square, square, code, load().words.scan)
    else:
        top = (start + form.height - margin - zone) / 2
    tops = [top + number * (high + gap) for number in range(len(found))]
    blocks.hotlines(sheet, look, [(left, at, left + right, at + high) for at in tops], found)


def _thumb(
    sheet: Sheet,
    form: Format,
    look: Template,
    picture: Picture,
    found: tuple[Call, ...],
    rest: str,
    code: Code | None,
) -> None:
    margin, room = form.margin, form.width - 2 * form.margin
    start = _top(sheet, form, look)
    high = 0.17 * form.height
    end = form.height - margin - high
    middle = start, end - GAP * form.height
    made = fit(picture, form, look, room, middle[1] - middle[0], lines=False)
    blocks.words(sheet, look, made, margin, room, middle)
    blocks.hotlines(sheet, look, [(margin, end, margin + room, end + high)], found[:1])


def _cover(
    sheet: Sheet,
    form: Format,
    look: Template,
    picture: Picture,
    found: tuple[Call, ...],
    rest: str,
    code: Code | None,
) -> None:
    margin = form.margin
    start = form.margin * 0.9 + 0.11 * form.height
    ornaments.draw(sheet, look, form.height * 0.36)
    blocks.label(sheet, look, margin, margin * 0.8, 0.13 * form.height, load().words.label)
    right = form.width * 0.29
    room = form.width - 2 * margin - right - 0.04 * form.width
    middle = start + 0.06 * form.height, form.height - margin * 0.9
    made = fit(picture, form, look, room, middle[1] - middle[0], lines=False)
    blocks.words(sheet, look, made, margin, room, middle)
    left = form.width - margin - right
    box = (left, form.height * 0.5, left + right, form.height - margin)
    blocks.hotline(sheet, look, box, found[0])


def _file(image: Image.Image, form: Format) -> bytes:
    body = io.BytesIO()
    if form.suffix == "png":
        image.save(body, "PNG", compress_level=6)
        return body.getvalue()
    for quality in (90, 84, 76, 68, 60, 50):
        body = io.BytesIO()
        image.save(body, "JPEG", quality=quality, subsampling=0 if quality > 80 else 2, optimize=True)
        if body.tell() <= form.most_bytes:
            return body.getvalue()
    raise TooLong(f"{form.name}: the file is larger than {form.most_bytes} bytes")
