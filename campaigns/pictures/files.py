"""All pictures of a campaign as files, and the cover of its WeChat article."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

from PIL import Image

from campaigns.document import Campaign, Picture
from campaigns.pictures import code, ticker
from campaigns.pictures.formats import FORMATS
from campaigns.pictures.poster import Code, render
from campaigns.pictures.typeface import NoFont


class NoPicture(Exception):
    """The document has neither a picture nor a text for screens."""


def code_of(base_url: str, scene: str, given: bytes | None = None) -> Code:
    """Return what makes the code of posters: a given WeChat picture, else the chat page's address. Raises ``BadCode``."""
    if given is not None:
        make: Callable[[int], Image.Image] = partial(code.of_picture, given)
        make(100)  # what cannot be read is refused before anything is drawn
        return make
    return partial(code.of_address, code.address(base_url, scene))


def draw(campaign: Campaign, make: Code | None) -> dict[str, bytes]:
    """Return all files by name: every format, and of every variant the text for LED screens.

    Raises ``NoPicture``, and what ``render`` and ``gif`` raise.
    """
    found: dict[str, bytes] = {}
    if campaign.picture is not None:
        for form in FORMATS.values():
            found[f"{form.name}.{form.suffix}"] = render(campaign.picture, form, make)
    for variant in campaign.variants:
        if variant.texts.screen:
            found[f"led-{variant.key}.txt"] = ticker.plain(variant.texts.screen).encode("utf-8")
            found[f"led-{variant.key}.gif"] = ticker.gif(variant.texts.screen)
    if not found:
        raise NoPicture(campaign.id)
    return found


def write(campaign: Campaign, folder: Path, make: Code | None) -> list[Path]:
    """Write all files into ``folder``; nothing is written when one cannot be made. Raises as ``draw``, ``OSError``."""
    files = draw(campaign, make)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def cover(campaign: Campaign, variant: str) -> bytes | None:
    """Return the cover of an article, None when there is no picture or no font (for ``delivery.build.Means``)."""
    if campaign.picture is None:
        return None
    try:
        return _cover(campaign.picture)
    except NoFont:
        return None


@lru_cache(maxsize=16)
def _cover(picture: Picture) -> bytes:
    return render(picture, FORMATS["cover"])
