"""Messages at rest: JSON, masked before it gets here, and encrypted all the same."""

from __future__ import annotations

import json
from typing import Any, cast

from channels.base import Button, Inbound, JsonObject, Kind, Media, Reply
from channels.keys import Keys

Body = dict[str, Any]


class Unreadable(Exception):
    """No key opens the message: the key it was written under has been dropped."""


def seal(keys: Keys, body: Body, context: str) -> bytes:
    """Return ``body`` encrypted and bound to ``context``, so that rows cannot be swapped."""
    return keys.seal(json.dumps(body, ensure_ascii=False, separators=(",", ":")), context)


def unseal(keys: Keys, sealed: bytes, context: str) -> Body:
    """Return the body again. Raises ``Unreadable``."""
    text = keys.unseal(sealed, context)
    if text is None:
        raise Unreadable
    return cast("Body", json.loads(text))


def inbound_body(message: Inbound, words: str | None) -> Body:
    """Return what is kept of ``message``, with ``words``, its masked text, in the place of the text."""
    return {
        "text": words,
        "payload": message.payload,
        "media": [[media.kind, media.reference] for media in message.media],
        "data": dict(message.data),
    }


def inbound_of(channel: str, account: str, sender: str, kind: str, body: Body) -> Inbound:
    """Return the message that ``inbound_body`` came from; its text is masked."""
    media = tuple(Media(what, reference) for what, reference in body["media"])
    return Inbound(
        channel,
        sender,
        body["text"],
        body["payload"],
        account=account,
        kind=Kind(kind),
        media=media,
        data=body["data"],
    )


def reply_body(reply: Reply, degraded: bool = False) -> Body:
    """Return ``reply`` as JSON; ``degraded`` when only the fallback speaks."""
    buttons = [[button.title, button.payload] for button in reply.buttons]
    return {"text": reply.text, "buttons": buttons, "card": reply.card, "degraded": degraded}


def reply_of(body: Body) -> tuple[Reply, bool]:
    """Return the reply and whether it is degraded."""
    buttons = tuple(Button(title, payload) for title, payload in body["buttons"])
    return Reply(body["text"], buttons, cast("JsonObject | None", body["card"])), bool(body["degraded"])
