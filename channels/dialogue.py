"""The client of the dialogue engine: Rasa's REST webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from channels.base import Button, JsonObject, Reply

MOST_BYTES = 512 * 1024  # an answer this long is a fault, not an answer
CONNECT_SECONDS = 1.0  # on a private network; whoever takes longer is away


class DialogueDown(Exception):
    """The dialogue engine gave nothing to show; ``cause`` is a fixed word for logs and metrics."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the dialogue engine gave no answer: {cause}")
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said, and what it asks the gateway to do (``{"command": "forget"}`` and the like)."""

    replies: tuple[Reply, ...]
    commands: tuple[JsonObject, ...] = field(default=())


class Dialogue(Protocol):
    """Whoever answers a message; Rasa in production, a fake in tests."""

    async def ask(self, sender_id: str, message: str) -> Answer:
        """Return the answer to ``message``. Raises ``DialogueDown``."""


class _WireButton(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    title: str
    payload: str


class _WireCustom(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    text: str = ""
    buttons: list[_WireButton] = []
    card: dict[str, object] | None = None
    command: str | None = None


class _WireEntry(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    text: str = ""
    buttons: list[_WireButton] = []
    custom: dict[str, object] | None = None


class RasaDialogue:
    """Asks Rasa. Rasa answers ``200 []`` on any failure of its own, so an empty list counts as one."""

    def __init__(self, client: httpx.AsyncClient, url: str, timeout_seconds: float) -> None:
        self._client = client
        self._url = f"{url}/webhooks/rest/webhook"
        self._timeout = timeout_seconds
        self._entries = TypeAdapter(list[_WireEntry])

    async def ask(self, sender_id: str, message: str) -> Answer:
        """Return the answer to ``message``. Raises ``DialogueDown`` within the time limit."""
        try:
            async with asyncio.timeout(self._timeout):
                body = await self._post({"sender": sender_id, "message": message})
        except (httpx.ConnectTimeout, httpx.ConnectError):
            raise DialogueDown("unreachable") from None
        except (TimeoutError, httpx.TimeoutException):
            raise DialogueDown("timeout") from None
        except httpx.HTTPError:
            raise DialogueDown("unreachable") from None
        try:
            entries = self._entries.validate_json(body)
            answer = _read(entries)
        except ValidationError:
            raise DialogueDown("malformed") from None
        if not answer.replies and not answer.commands:
            raise DialogueDown("empty")
        return answer

    async def _post(self, message: Mapping[str, str]) -> bytes:
        limits = httpx.Timeout(self._timeout, connect=CONNECT_SECONDS)
        async with self._client.stream("POST", self._url, json=message, timeout=limits) as response:
            if not 200 <= response.status_code < 300:
                raise DialogueDown("error_status")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise DialogueDown("too_long")
            return bytes(body)


def _read(entries: list[_WireEntry]) -> Answer:
    replies: list[Reply] = []
    commands: list[JsonObject] = []
    for entry in entries:
        for reply in (_reply(entry.text, entry.buttons, None), _from_custom(entry.custom, commands)):
            if reply.text or reply.buttons or reply.card:
                replies.append(reply)
    return Answer(tuple(replies), tuple(commands))


def _from_custom(custom: dict[str, object] | None, commands: list[JsonObject]) -> Reply:
    if custom is None:
        return Reply()
    wire = _WireCustom.model_validate(custom)
    if wire.command is not None:
        commands.append(custom)
    return _reply(wire.text, wire.buttons, wire.card)


def _reply(text: str, buttons: list[_WireButton], card: dict[str, object] | None) -> Reply:
    return Reply(text, tuple(Button(button.title, button.payload) for button in buttons), card)
