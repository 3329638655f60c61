"""WeChat's draft box, covers and publications (platform rules 1.8). All raise as ``Api.post``.

A draft leaves the box when it is mass-sent or published (WeChat's page on draft/add), so a draft that is gone tells
that a person pressed send, or deleted it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from channels.broadcast import MOST_COVER, Article
from channels.wechat.api import Answer, Api, TooLarge
from channels.wechat.errors import ApiError, BadAnswer

MEDIA_UNKNOWN = 40007
MOST_LISTED = 20  # of one call
# What WeChat keeps for good as a picture, by the first bytes of the file.
KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bmp"}


class WrongPicture(Exception):
    """The file is no picture of a kind that WeChat takes."""


async def add_cover(api: Api, picture: bytes) -> str:
    """Return the name of a picture kept for good, as the cover of a draft must be. Raises ``TooLarge``, ``WrongPicture``.

    Both are raised before anything is sent.
    """
    if len(picture) > MOST_COVER:
        raise TooLarge
    kind = next((kind for start, kind in KINDS.items() if picture.startswith(start)), None)
    if kind is None:
        raise WrongPicture
    file = (f"cover.{kind}", picture, f"image/{kind}")
    return _name(await api.upload("/cgi-bin/material/add_material", file, type="image"))


async def add(api: Api, article: Article) -> str:
    """Return the name of a new draft."""
    entry = {
        "article_type": "news",
        "title": article.title,
        "digest": article.digest,
        "content": article.html,
        "thumb_media_id": article.cover,
        "need_open_comment": 0,
    }
    return _name(await api.post("/cgi-bin/draft/add", {"articles": [entry]}))


async def exists(api: Api, draft: str) -> bool:
    """Tell whether a draft is still in the box."""
    try:
        await api.post("/cgi-bin/draft/get", {"media_id": draft})
    except ApiError as error:
        if error.code == MEDIA_UNKNOWN:
            return False
        raise
    return True


async def find(api: Api, title: str, digest: str, since: float) -> str:
    """Return the newest draft of this title and digest made since then (Unix seconds), empty when there is none."""
    answer = await api.post("/cgi-bin/draft/batchget", {"offset": 0, "count": MOST_LISTED, "no_content": 1})
    for name, article, at in _listed(answer, "media_id"):
        if at >= since and (article.get("title"), article.get("digest")) == (title, digest):
            return name
    return ""


async def delete(api: Api, draft: str) -> None:
    """Delete a draft."""
    await api.post("/cgi-bin/draft/delete", {"media_id": draft})


async def publish(api: Api, draft: str) -> str:
    """Have a draft published, which tells no follower; returns the number that the event names later."""
    answer = await api.post("/cgi-bin/freepublish/submit", {"media_id": draft})
    return str(answer.get("publish_id") or "")


async def publication(api: Api, number: str) -> int:
    """Return WeChat's status of a publication: 0 done, 1 under way, 2 to 6 refused for some reason."""
    answer = await api.post("/cgi-bin/freepublish/get", {"publish_id": number})
    try:
        return int(answer["publish_status"])
    except (KeyError, TypeError, ValueError):
        raise BadAnswer(200) from None


async def published(api: Api, title: str, since: float) -> bool:
    """Tell whether one of the newest publications has this title. Mass messages are not in that list."""
    wanted = {"offset": 0, "count": MOST_LISTED, "no_content": 1}
    answer = await api.post("/cgi-bin/freepublish/batchget", wanted)
    return any(
        at >= since and article.get("title") == title for _, article, at in _listed(answer, "article_id")
    )


def _listed(answer: Answer, name: str) -> Iterator[tuple[str, Mapping[str, Any], float]]:
    """Yield (name, article, time of the last change) of a list of drafts or publications."""
    items = answer.get("item") or []
    if not isinstance(items, list):
        raise BadAnswer(200)
    for item in items:
        try:
            for article in item["content"]["news_item"]:
                yield str(item[name]), article, float(item["update_time"])
        except (KeyError, TypeError, ValueError):
            raise BadAnswer(200) from None


def _name(answer: Answer) -> str:
    name = answer.get("media_id")
    if not isinstance(name, str) or not name:
        raise BadAnswer(200)
    return name
