"""A sheet to draw on: shapes first, at twice the size so that their edges are smooth, then the writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from campaigns.pictures.typeface import font, width

TWICE = 2
# The middle of a Chinese character above its baseline, as part of the size (its square reaches from -0.12 to 0.88).
MIDDLE = 0.38
Box = tuple[float, float, float, float]


@dataclass
class Sheet:
    """``width`` × ``height`` pixels, in a gradient from the first colour to the second."""

    width: int
    height: int
    colours: tuple[str, str]
    _writing: list[tuple[float, float, str, int, str, str, bool]] = field(default_factory=list)
    _pasted: list[tuple[int, int, Image.Image]] = field(default_factory=list)

    def __post_init__(self) -> None:
        ramp = Image.linear_gradient("L").resize((self.width * TWICE, self.height * TWICE))
        top, bottom = (Image.new("RGB", ramp.size, colour) for colour in self.colours)
        self._image = Image.composite(bottom, top, ramp)
        self._draw = ImageDraw.Draw(self._image)

    def box(
        self, box: Box, fill: str, radius: float = 0.0, outline: str | None = None, line: float = 0
    ) -> None:
        """Draw a rectangle with round corners."""
        self._draw.rounded_rectangle(_twice(box), radius * TWICE, fill or None, outline, round(line * TWICE))

    def ellipse(self, box: Box, fill: str = "", outline: str | None = None, line: float = 0) -> None:
        """Draw an ellipse."""
        self._draw.ellipse(_twice(box), fill or None, outline, round(line * TWICE))

    def polygon(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        """Draw a polygon."""
        self._draw.polygon([(x * TWICE, y * TWICE) for x, y in points], fill)

    def line(self, points: Sequence[tuple[float, float]], colour: str, wide: float) -> None:
        """Draw a line with round joints."""
        doubled = [(x * TWICE, y * TWICE) for x, y in points]
        self._draw.line(doubled, colour, round(wide * TWICE), joint="curve")

    def write(
        self, x: float, middle: float, text: str, size: int, colour: str, anchor: str = "l", bold: bool = True
    ) -> None:
        """Write one line; ``middle`` is the height of its middle. ``anchor``: what ``x`` is (l, m, r)."""
        self._writing.append((x, middle, text, size, colour, anchor, bold))

    def paste(self, x: float, y: float, picture: Image.Image) -> None:
        """Put a picture with its upper left corner at a place."""
        self._pasted.append((round(x), round(y), picture))

    def finish(self) -> Image.Image:
        """Return the picture."""
        image = self._image.reduce(TWICE)
        for x, y, picture in self._pasted:
            image.paste(picture, (x, y))
        draw = ImageDraw.Draw(image)
        for left, middle, text, size, colour, anchor, bold in self._writing:
            run = width(text, size, bold)
            x_of = {"l": left, "m": left - run / 2, "r": left - run}[anchor]
            assert x_of > -1
            assert x_of + run < self.width + 1, "writing beyond the edge"
            place = (x_of, middle + MIDDLE * size)
            draw.text(place, text, font=font(size, bold), fill=colour, anchor="ls")
        return image


def _twice(box: Box) -> Box:
    left, top, right, bottom = (value * TWICE for value in box)
    return left, top, right, bottom
