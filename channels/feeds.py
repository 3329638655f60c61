"""Warnings as RSS 2.0 and as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from feedgen.feed import FeedGenerator

from channels.warnings import Shown

PATH = Path(__file__).with_name("feeds.yml")
RSS, JSON = "/feed.xml", "/feed.json"
MOST_ENTRIES = 50
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Words:
    """What a feed says of itself. ``zone``: of the times in it."""

    title: str
    description: str
    language: str
    zone: str


def load_words(path: Path = PATH) -> Words:
    """Return the words in ``path``."""
    return Words(**yaml.safe_load(path.read_text("utf-8")))


def rss(warnings: Sequence[Shown], words: Words, base: str) -> bytes:
    """Return an RSS feed; ``base`` is our public address. The same warnings give the same bytes."""
    feed = FeedGenerator()
    feed.title(words.title)
    feed.description(words.description)
    feed.language(words.language)
    feed.link(href=base + RSS, rel="self")
    feed.link(href=f"{base}/chat", rel="alternate")  # the last one becomes the channel's own
    feed.generator("fanzha")
    newest = max((one.published_at for one in warnings), default=0.0)
    feed.lastBuildDate(_time(newest, words))
    for one in warnings[:MOST_ENTRIES]:
        entry = feed.add_entry(order="append")
        entry.guid(one.id, permalink=False)
        entry.title(NOT_XML.sub("", one.title))
        # A reader takes a description for HTML: what we write is text.
        entry.description(html.escape(NOT_XML.sub("", one.body), quote=False).replace("\n", "<br>"))
        entry.link(href=f"{base}/chat")
        entry.published(_time(one.published_at, words))
    made: bytes = feed.rss_str(pretty=True)
    return made


def json_feed(warnings: Sequence[Shown], words: Words, base: str) -> bytes:
    """Return a JSON feed."""
    items = [
        {
            "id": one.id,
            "title": one.title,
            "content_text": one.body,
            "url": f"{base}/chat",
            "date_published": _time(one.published_at, words).isoformat(),
        }
        for one in warnings[:MOST_ENTRIES]
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": words.title,
        "description": words.description,
        "language": words.language,
        "home_page_url": f"{base}/chat",
        "feed_url": base + JSON,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False).encode()


def listed(warnings: Sequence[Shown], words: Words) -> bytes:
    """Return the warnings as the API tells them."""
    found = [
        {
            "id": one.id,
            "title": one.title,
            "text": one.body,
            "published": _time(one.published_at, words).isoformat(),
        }
        for one in warnings
    ]
    return json.dumps({"warnings": found}, ensure_ascii=False).encode()


def banner(one: Shown | None) -> bytes:
    """Return the banner of a page as the API tells it."""
    shown = None if one is None else {"id": one.id, "text": one.banner}
    return json.dumps({"banner": shown}, ensure_ascii=False).encode()


def _time(at: float, words: Words) -> datetime:
    return datetime.fromtimestamp(int(at), ZoneInfo(words.zone))
