"""The web channel: JSON in, JSON out, and the files of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from channels.base import (
    Asset,
    Capabilities,
    Contract,
    Delivery,
    Forged,
    GiveUp,
    Hook,
    HookAnswer,
    Inbound,
    Media,
    Outcome,
    Outgoing,
    Push,
    Reply,
    Take,
    Turn,
)
from channels.settings import Settings
from channels.web.messages import ChatAnswer, ChatRequest, message_of, read_chat

STATIC = Path(__file__).with_name("static")
FILES = (
    ("/chat", "index.html", "text/html"),
    ("/chat/chat.css", "chat.css", "text/css"),
    ("/chat/chat.js", "chat.js", "text/javascript"),
    ("/chat/cards.js", "cards.js", "text/javascript"),
    ("/chat/line.js", "line.js", "text/javascript"),
    ("/chat/memory.js", "memory.js", "text/javascript"),
    ("/chat/scene.js", "scene.js", "text/javascript"),
    ("/chat/school.js", "school.js", "text/javascript"),
    ("/chat/picture.js", "picture.js", "text/javascript"),
    ("/chat/banner.js", "banner.js", "text/javascript"),
    ("/chat/news.js", "news.js", "text/javascript"),
    ("/chat/icon.svg", "icon.svg", "image/svg+xml"),
)


class WebChannel:
    """The page at /chat and whoever else speaks its JSON."""

    name = "web"
    path = "/api/v1/chat"
    # A browser waits; the page itself gives up after 15 s (static/line.js) and then asks for news.
    capabilities = Capabilities(
        push=Push.NEVER,
        passive_seconds=12.0,
        passive_messages=0,
        merges=False,
        pictures=True,
        buttons=True,
        tells_errors=True,
    )

    def __init__(self) -> None:
        self.contract = Contract(
            "Send one message of a conversation",
            ChatRequest.model_json_schema(),
            ChatAnswer.model_json_schema(),
        )

    def greet(self, hook: Hook) -> HookAnswer | None:
        """Return None: nobody checks the page's address."""
        return None

    def verify(self, hook: Hook) -> None:
        """Raise ``Forged`` when the browser says that another site's page asks (W3C Fetch Metadata)."""
        if hook.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise Forged("the request was made by another site's page")

    def parse(self, hook: Hook) -> Sequence[Inbound]:
        """Return the message. Raises ``Refuse``."""
        return [message_of(self.name, read_chat(ChatRequest, hook.headers, hook.body))]

    def split(self, turn: Turn) -> Sequence[Reply]:
        """Return the replies as they are: a page has room."""
        return turn.replies

    def answer(self, hook: Hook, turn: Turn) -> HookAnswer:
        """Return the JSON of ``turn``; ``ChatAnswer`` documents it."""
        body = {
            "replies": replies_json(turn.replies),
            "degraded": turn.degraded,
            "talk": turn.talk,
            "pending": turn.pending,
        }
        return HookAnswer(json.dumps(body, ensure_ascii=False).encode())

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Hold it: a page that is not open cannot be reached; an open one asks for news."""
        return Delivery(Outcome.HOLD, "page")

    async def fetch(self, media: Media) -> bytes:
        """Raise ``GiveUp``: the page sends pictures to their own address."""
        raise GiveUp("the web channel has nothing to fetch")

    async def run(self, take: Take) -> None:
        """Do nothing in the background."""

    def quota(self) -> Mapping[str, float]:
        """Return nothing: no platform limits the page."""
        return {}

    def assets(self) -> Sequence[Asset]:
        """Return the page's files."""
        return [Asset(path, media_type, (STATIC / name).read_bytes()) for path, name, media_type in FILES]


def replies_json(replies: Sequence[Reply]) -> list[dict[str, object]]:
    """Return replies as the page reads them."""
    return [
        {
            "text": reply.text,
            "buttons": [{"title": button.title, "payload": button.payload} for button in reply.buttons],
            "card": reply.card,
        }
        for reply in replies
    ]


def build(settings: Settings, client: httpx.AsyncClient) -> WebChannel:
    """Return the channel; it needs no settings."""
    return WebChannel()
