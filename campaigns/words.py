"""The words of a document as WeChat's articles want them, and the card of the day as a campaign.

Robots need no form of their own: their texts keep to what WeCom and DingTalk show alike (bold, items, a quotation,
blank lines between; no colours), which ``campaigns/rules`` looks after.
"""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from campaigns.cards import Card
from campaigns.document import (
    Article,
    Audience,
    Campaign,
    Kind,
    Route,
    Texts,
    Variant,
    Wave,
)
from knowledge_base import content

FILE = Path(__file__).with_name("words.yml")
HEADING_CHARACTERS = 20  # the first line of a paragraph, no longer than this and without a stop, is a heading
ITEM = "- "
# Who reads the card of the day is a group or a screen: for single people one message a day would be too many.
DAILY_ROUTES = (Route.ROBOT, Route.BANNER, Route.FEED, Route.EXPORT)
DAILY_AT = dt.time(9, 0)


def article_html(article: Article) -> str:
    """Return the body as HTML for WeChat: p, strong, ul and li only, everything else escaped."""
    return "".join(_block(lines) for lines in _paragraphs(article.body))


def daily(card: Card, day: dt.date, robots: Sequence[str] = ()) -> Campaign:
    """Return the card as the campaign of ``day``: for robots, banners, feed and screens, not for single people.

    ``robots``: the group robots that tell it; without any the route is left out.
    """
    marks = words()
    parts = {"title": card.title, "front": card.front, "back": card.back, "do": card.do}
    audience = Audience(roles=card.audience) if card.audience else Audience(everyone=True)
    texts = Texts(
        message=fill(marks["daily_message"], parts),
        robot=fill(marks["daily_robot"], parts),
        sms=fill(marks["daily_sms"], parts),
        screen=card.title,
        banner=card.front,
    )
    return Campaign(
        id=f"daily-{day:%y%m%d}-{card.id}"[:48],
        title=fill(marks["daily_title"], parts),
        kind=Kind.DAILY,
        audience=audience,
        bulletins=(card.bulletin,),
        sources=card.sources,
        routes=tuple(route for route in DAILY_ROUTES if robots or route is not Route.ROBOT),
        robots=tuple(robots),
        variants=(Variant(texts=texts),),
        waves=(Wave(at=dt.datetime.combine(day, DAILY_AT)),),
    )


def fill(template: str, parts: Mapping[str, str]) -> str:
    """Return ``template`` with each ``{name}`` replaced; braces in what is filled in stay as they are."""
    pieces = template.split("{")
    found = [pieces[0]]
    for piece in pieces[1:]:
        name, rest = piece.split("}", 1)
        found += [parts[name], rest]
    return "".join(found).strip()


@cache
def words() -> Mapping[str, str]:
    """Return the templates and marks. Raises ``ContentError``."""
    found = content.read(FILE)
    return {str(name): str(text) for name, text in found.items()}


def _paragraphs(body: str) -> Iterator[list[str]]:
    for part in body.replace("\r\n", "\n").split("\n\n"):
        lines = [line.strip() for line in part.split("\n") if line.strip()]
        if lines:
            yield lines


def _block(lines: list[str]) -> str:
    """Return one paragraph, or several: a heading, lines and items each become an element of their own."""
    found, items = "", ""
    if _is_heading(lines[0]):
        found, lines = f"<p><strong>{html.escape(lines[0])}</strong></p>", lines[1:]
    for line in lines:
        if line.startswith(ITEM):
            items += f"<li>{html.escape(line[2:].strip())}</li>"
            continue
        found += f"<ul>{items}</ul>" if items else ""
        items = ""
        found += f"<p>{html.escape(line)}</p>"
    return found + (f"<ul>{items}</ul>" if items else "")


def _is_heading(line: str) -> bool:
    return len(line) <= HEADING_CHARACTERS and not line.startswith(ITEM) and line[-1] not in words()["stops"]
