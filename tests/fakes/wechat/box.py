"""The draft box, pictures kept for good, and publications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.wechat.codes import Code
from tests.fakes.wechat.world import World

MOST_TITLE, MOST_DIGEST, MOST_PICTURE = 64, 120, 10 * 1024 * 1024
STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")
MOST_LISTED = 20


class Box:
    """Drafts by name. A draft leaves the box when it is sent or published. ``tell`` pushes a result event."""

    def __init__(self, world: World, tell: Callable[[str, Mapping[str, Any]], None]) -> None:
        self.world = world
        self.tell = tell
        self.drafts: dict[str, list[dict[str, Any]]] = {}
        self.changed: dict[str, float] = {}
        self.publications: dict[str, tuple[str, list[dict[str, Any]], float]] = {}

    def keep(self, kind: str, media_type: str, data: bytes) -> dict[str, Any]:
        """Keep a picture for good. Raises ``Code``."""
        if kind not in {"image", "thumb"}:
            raise Code(40004)
        if len(data) > (MOST_PICTURE if kind == "image" else 64 * 1024):
            raise Code(45001)
        if not data.startswith(STARTS):
            raise Code(40005)
        name = f"material-{self.world.number()}"
        self.world.media[name] = (media_type, data, float("inf"))
        return {"media_id": name, "url": f"http://mmbiz.qpic.cn/{name}"}

    def add(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a draft. Raises ``Code``."""
        articles = body.get("articles")
        if not isinstance(articles, list) or not articles:
            raise Code(44003)
        for article in articles:
            if not article.get("title") or not article.get("content") or not article.get("thumb_media_id"):
                raise Code(44003)
            if not str(article["thumb_media_id"]).startswith("material-"):  # a cover must be kept for good
                raise Code(40007)
            if article["thumb_media_id"] not in self.world.media:
                raise Code(40007)
            if len(article["title"]) > MOST_TITLE:
                raise Code(45003)
            if len(article.get("digest", "")) > MOST_DIGEST:
                raise Code(45004)
        name = f"draft-{self.world.number()}"
        self.drafts[name], self.changed[name] = articles, self.world.now()
        return {"media_id": name}

    def get(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a draft. Raises ``Code``."""
        return {"news_item": self._found(body)}

    def delete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Delete a draft. Raises ``Code``."""
        self._found(body)
        self.leave(str(body["media_id"]))
        return {"errcode": 0, "errmsg": "ok"}

    def listed(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """List the newest drafts. Raises ``Code``."""
        entries = [(name, self.drafts[name], self.changed[name]) for name in self.drafts]
        return self._page(entries, "media_id", body)

    def publish(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Publish a draft: 0 only says that it was taken; the event comes later. Raises ``Code``."""
        if self.world.account.kind == "unverified":
            raise Code(48001)
        number = self.press(str(body.get("media_id")))
        return {"errcode": 0, "errmsg": "ok", "publish_id": number}

    def press(self, name: str) -> str:
        """Let a person publish a draft on WeChat's own page. Raises ``Code``."""
        articles = self._found({"media_id": name})
        self.leave(name)
        number = str(self.world.number())
        self.publications[number] = (f"article-{number}", articles, self.world.now())
        self.tell("PUBLISHJOBFINISH", {"PublishEventInfo": {"publish_id": number, "publish_status": 0}})
        return number

    def status(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return how a publication stands. Raises ``Code``."""
        found = self.publications.get(str(body.get("publish_id")))
        if found is None:
            raise Code(40007)
        return {"publish_id": body["publish_id"], "publish_status": 0, "article_id": found[0]}

    def published(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """List the newest publications. Raises ``Code``."""
        return self._page(list(self.publications.values()), "article_id", body)

    def leave(self, name: str) -> None:
        """Take a draft out of the box."""
        self.drafts.pop(name, None)
        self.changed.pop(name, None)

    def _found(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = self.drafts.get(str(body.get("media_id")))
        if found is None:
            raise Code(40007)
        return found

    @staticmethod
    def _page(
        entries: list[tuple[str, list[dict[str, Any]], float]], name: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        start, count = body.get("offset"), body.get("count")
        if not isinstance(start, int) or not isinstance(count, int) or not 1 <= count <= MOST_LISTED:
            raise Code(40007)
        newest = sorted(entries, key=lambda entry: -entry[2])[start : start + count]
        items = [{name: one, "content": {"news_item": it}, "update_time": int(at)} for one, it, at in newest]
        return {"total_count": len(entries), "item_count": len(items), "item": items}
