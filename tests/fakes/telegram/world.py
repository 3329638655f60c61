"""What Telegram knows: the bot, its webhook, updates that wait, chats, files, faults to come, and the ledger."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT_SECONDS = 24 * 3600.0
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
EVERYTHING = ("message", "edited_message", "channel_post", "callback_query", "my_chat_member", "inline_query")


class Refusal(Exception):
    """An answer with ``ok`` false."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.body["parameters"] = parameters


@dataclass(frozen=True)
class Account:
    """Our bot. ``plain_http``: like a Bot API server of one's own, it also pushes to http addresses."""

    token: str = "123456789:test-token_test-token_test-token_01"
    username: str = "fanzha_test_bot"
    plain_http: bool = False

    @property
    def number(self) -> int:
        return int(self.token.partition(":")[0])


@dataclass
class Chat:
    """A chat of the bot. ``phone`` is what its people see."""

    number: int | str
    kind: str = "private"
    started: bool = False
    blocked: bool = False
    phone: list[dict[str, Any]] = field(default_factory=list)
    typing: int = 0


@dataclass
class Webhook:
    """Where updates are pushed to."""

    url: str = ""
    secret: str = ""
    connections: int = 40
    allowed: tuple[str, ...] = ()
    last_error: str = ""


class World:
    """One bot and everybody it knows. Its clock can be put forward."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.offset = 0.0
        self.chats: dict[str, Chat] = {}
        self.updates: dict[int, tuple[float, dict[str, Any]]] = {}
        self.webhook = Webhook()
        self.allowed: tuple[str, ...] = EVERYTHING
        self.queries: dict[str, bool] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.commands: dict[str, list[dict[str, Any]]] = {}
        self.faults: dict[str, deque[dict[str, Any]]] = {}
        self.ledger: list[dict[str, Any]] = []
        self.came = asyncio.Event()
        self.polls = 0
        self.numbers = 5_000_000

    def now(self) -> float:
        """Return the time of this world, in Unix seconds."""
        return time.time() + self.offset

    def number(self) -> int:
        """Return a number that was not given before."""
        self.numbers += 1
        return self.numbers

    def note(self, way: str, openid: object = "", **more: Any) -> dict[str, Any]:
        """Write a line into the ledger."""
        line = {"n": len(self.ledger), "at": self.now(), "way": way, "openid": str(openid), **more}
        self.ledger.append(line)
        return line

    def chat(self, number: int | str, kind: str = "private") -> Chat:
        """Return the chat, made when new."""
        return self.chats.setdefault(str(number), Chat(number, kind))

    def writable(self, number: object) -> Chat:
        """Return a chat the bot may write to. Raises ``Refusal``."""
        chat = self.chats.get(str(number))
        if chat is None:
            raise Refusal(400, "Bad Request: chat not found")
        if chat.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat.kind == "private" and not chat.started:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def add(self, update: Mapping[str, Any]) -> int | None:
        """Let an update wait for the bot; None when the bot did not want such."""
        if not set(update) & set(self.allowed):
            return None
        number = self.number()
        self.updates[number] = (self.now(), {"update_id": number, **update})
        self.came.set()
        return number

    def waiting(self) -> list[dict[str, Any]]:
        """Return the updates nobody confirmed, oldest first; a day later they are gone."""
        self.updates = {n: one for n, one in self.updates.items() if self.now() - one[0] < KEPT_SECONDS}
        return [self.updates[number][1] for number in sorted(self.updates)]

    def confirm(self, before: int) -> None:
        """Forget the updates with a number less than ``before``."""
        self.updates = {number: one for number, one in self.updates.items() if number >= before}

    def fault(self, method: str) -> dict[str, Any] | None:
        """Return the fault that the next call of ``method`` meets, if any; "*" is every method."""
        for key in (method.lower(), "*"):
            waiting = self.faults.get(key)
            if waiting:
                return waiting[0] if waiting[0].get("times") == "for ever" else waiting.popleft()
        return None

    def fail(self, method: str, fault: Mapping[str, Any], times: int = 1) -> None:
        """Let the next ``times`` calls of ``method`` meet ``fault``; see ``api.py``."""
        self.faults.setdefault(method.lower(), deque()).extend(dict(fault) for _ in range(times))
