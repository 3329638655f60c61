"""A platform that pushes and is pushed to, with a ledger of what it took: for tests of the gateway's promises."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import httpx

from channels.base import (
    Asset,
    Capabilities,
    Contract,
    Delivery,
    Forged,
    Hook,
    HookAnswer,
    Inbound,
    Kind,
    Media,
    Outcome,
    Outgoing,
    Push,
    Refuse,
    Reply,
    Take,
    Turn,
    Window,
)

SECRET = "test-secret"


class PushChannel:
    """JSON hooks ``{"id", "from", "text"}``; ``ledger`` holds (address, text) of every message the platform took."""

    name = "push"
    path = "/webhooks/push"
    contract = Contract()

    def __init__(self, **changes: object) -> None:
        base = Capabilities(push=Push.ALWAYS, text_bytes=2048, pictures=True, merges=False)
        self.capabilities = replace(base, **changes)  # type: ignore[arg-type]
        self.ledger: list[tuple[str, str]] = []
        self.passive: list[str] = []
        self.script: list[Delivery | Callable[[Outgoing], Delivery] | Exception] = []
        self.window: Window | None = None

    def greet(self, hook: Hook) -> HookAnswer | None:
        if hook.query.get("secret") != SECRET:
            raise Forged("wrong secret")
        return HookAnswer(hook.query.get("echo", "").encode(), "text/plain")

    def verify(self, hook: Hook) -> None:
        if hook.headers.get("x-secret") != SECRET:
            raise Forged("wrong secret")

    def parse(self, hook: Hook) -> Sequence[Inbound]:
        try:
            data = json.loads(hook.body)
            sender, number = data["from"], data["id"]
        except (ValueError, KeyError, TypeError):
            raise Refuse("json_broken", 400) from None
        kind = Kind(data.get("kind", "text"))
        return [
            Inbound(
                self.name,
                sender,
                data.get("text"),
                data.get("payload"),
                account="acc",
                dedupe_key=number,
                kind=kind,
                media=tuple(Media("picture", one) for one in data.get("pictures", ())),
                window=self.window,
                scene=data.get("scene", ""),
            )
        ]

    def split(self, turn: Turn) -> Sequence[Reply]:
        return turn.replies

    def answer(self, hook: Hook, turn: Turn) -> HookAnswer:
        text = "\n".join(reply.text for reply in turn.replies)
        if text:
            self.passive.append(text)
        return HookAnswer(text.encode() or b"success", "text/plain")

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        await asyncio.sleep(0)
        step = self.script.pop(0) if self.script else Delivery(Outcome.SENT)
        if isinstance(step, Exception):
            raise step
        delivery = step(outgoing) if callable(step) else step
        if delivery.outcome is Outcome.SENT:
            self.ledger.append((outgoing.address, outgoing.reply.text))
        return delivery

    async def fetch(self, media: Media) -> bytes:
        return b"picture"

    async def run(self, take: Take) -> None:
        return

    def quota(self) -> Mapping[str, float]:
        return {"daily": 500.0}

    def assets(self) -> Sequence[Asset]:
        return ()


def hook(number: str, sender: str = "openid-1", text: str = "你好", **more: object) -> dict[str, object]:
    """Return the arguments of a POST that brings one message."""
    body = {"id": number, "from": sender, "text": text, **more}
    return {"content": json.dumps(body), "headers": {"X-Secret": SECRET}}


def build(settings: object, client: httpx.AsyncClient) -> PushChannel:
    return PushChannel()
