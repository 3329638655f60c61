"""Scrolling text for LED screens: one line, two colours, right to left, as a GIF or as plain text."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from campaigns.pictures.breaking import TooLong
from campaigns.pictures.sheet import MIDDLE
from campaigns.pictures.typeface import font, width

MOST_CHARACTERS = 20  # as campaigns/lint.yml says
WIDTH, HEIGHT, SIZE = 512, 64, 52  # LED pixels: sixteen modules of 32, and two of 32
STEP, PAUSE = 8, 50  # pixels a frame, milliseconds: a character stays some three seconds on the screen
MOST_BYTES = 500_000
BLACK, RED = (0, 0, 0), (255, 40, 30)


def gif(text: str) -> bytes:
    """Return the animation, without end. Raises ``TooLong`` and ``NoFont``."""
    line = plain(text).strip()
    run = round(width(line, SIZE))
    strip = Image.new("1", (run, HEIGHT))
    # One bit: on an LED there is no half-lit pixel, and the file stays small.
    ImageDraw.Draw(strip).text((0, HEIGHT / 2 + MIDDLE * SIZE), line, font=font(SIZE), fill=1, anchor="ls")
    frames = []
    for left in range(WIDTH, -run, -STEP):
        frame = Image.new("P", (WIDTH, HEIGHT))
        frame.putpalette([*BLACK, *RED])
        frame.paste(1, (left, 0), strip)
        frames.append(frame)
    body = io.BytesIO()
    frames[0].save(body, "GIF", save_all=True, append_images=frames[1:], duration=PAUSE, loop=0)
    if body.tell() > MOST_BYTES:
        raise TooLong(f"the animation is larger than {MOST_BYTES} bytes")
    return body.getvalue()


def plain(text: str) -> str:
    """Return the line for the screen's own program, with its end of line. Raises ``TooLong``."""
    line = " ".join(text.split())
    if not line or len(line) > MOST_CHARACTERS:
        raise TooLong(f"a screen takes 1 to {MOST_CHARACTERS} characters, not {len(line)}")
    return line + "\r\n"
