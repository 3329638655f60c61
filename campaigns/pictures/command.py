"""``fanzha campaign pictures``: all posters, cards and screen texts of a campaign into a folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from campaigns.document import Campaign
from campaigns.pictures.breaking import TooLong
from campaigns.pictures.code import BadCode
from campaigns.pictures.files import NoPicture, code_of, write
from campaigns.pictures.hotlines import UnknownNumber
from campaigns.pictures.templates import UnknownTemplate
from campaigns.pictures.typeface import NoFont

WORDS = Path(__file__).with_name("command.yml")
FAULTS = (TooLong, UnknownTemplate, UnknownNumber, NoFont, BadCode, NoPicture, OSError)


def run(
    campaign: Campaign, to: Path, base_url: str, scene: str = "", code: Path | None = None
) -> tuple[int, str]:
    """Draw everything into ``to``; return the exit code (0 done, 1 not) and the sentence for the operator.

    ``base_url``: FANZHA_PUBLIC_BASE_URL. ``scene``: what the code on the posters carries, by default
    ``poster:<campaign>``; a school's code is counted by the chat page. ``code``: WeChat's own picture of a code with a
    scene (``fanzha wechat qr``), in place of the address.
    """
    try:
        given = None if code is None else code.read_bytes()
        make = code_of(base_url, scene or f"poster:{campaign.id}", given)
        files = write(campaign, to, make)
    except FAULTS as error:
        name = "OSError" if isinstance(error, OSError) else type(error).__name__
        detail = (error.strerror or name) if isinstance(error, OSError) else str(error)
        return 1, _words()[name].format(detail=detail)
    return 0, _words()["done"].format(count=len(files), folder=to)


@cache
def _words() -> dict[str, str]:
    found: dict[str, str] = yaml.load(WORDS.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return found
