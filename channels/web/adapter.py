"""The web channel: JSON in, JSON out, and the files of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from channels.base import Asset, Contract, Forged, GiveUp, Inbound, Turn
from channels.web.messages import ChatAnswer, ChatRequest, parse_chat

STATIC = Path(__file__).with_name("static")
FILES = (
    ("/chat", "index.html", "text/html"),
    ("/chat/chat.css", "chat.css", "text/css"),
    ("/chat/chat.js", "chat.js", "text/javascript"),
    ("/chat/cards.js", "cards.js", "text/javascript"),
    ("/chat/line.js", "line.js", "text/javascript"),
    ("/chat/picture.js", "picture.js", "text/javascript"),
    ("/chat/icon.svg", "icon.svg", "image/svg+xml"),
)


class WebChannel:
    """The page at /chat and whoever else speaks its JSON."""

    name = "web"
    path = "/api/v1/chat"

    def __init__(self) -> None:
        self.contract = Contract(
            "Send one message of a conversation",
            ChatRequest.model_json_schema(),
            ChatAnswer.model_json_schema(),
        )

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise ``Forged`` when the browser says that another site's page asks (W3C Fetch Metadata)."""
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise Forged("the request was made by another site's page")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Inbound:
        """Return the message. Raises ``Refuse``."""
        return parse_chat(self.name, headers, body)

    def render(self, turn: Turn) -> bytes:
        """Return the JSON of ``turn``; ``ChatAnswer`` documents it."""
        replies = [
            {
                "text": reply.text,
                "buttons": [{"title": button.title, "payload": button.payload} for button in reply.buttons],
                "card": reply.card,
            }
            for reply in turn.replies
        ]
        return json.dumps({"replies": replies, "degraded": turn.degraded}, ensure_ascii=False).encode()

    async def send(self, address: str, turn: Turn) -> None:
        """Raise ``GiveUp``: a page that is not open cannot be reached."""
        raise GiveUp("the web page cannot be pushed to")

    def assets(self) -> Sequence[Asset]:
        """Return the page's files."""
        return [Asset(path, media_type, (STATIC / name).read_bytes()) for path, name, media_type in FILES]


def build() -> WebChannel:
    """Return the channel."""
    return WebChannel()
