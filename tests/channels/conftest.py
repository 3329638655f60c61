"""A gateway with fakes outside: no network, a fresh database for each test."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_socket import disable_socket, enable_socket
from sqlalchemy import Engine

from bot.assessment.model import Assessment, Entity, RedFlag, Verdict
from channels.base import Button, Reply
from channels.dialogue import Answer
from channels.gateway import create_app
from channels.payloads import AllowList
from channels.registry import build_channels
from channels.settings import Settings
from storage.engine import open_engine
from storage.migrate import upgrade

ALLOWED = {
    "already_paid": {},
    "delete_data": {},
    "answer": {"guided_answer": frozenset({"stop_payment:how:card"})},
    "subscribe": {},
    "unsubscribe": {},
    "set_role": {"role": frozenset({"resident", "student"})},
    "feedback": {"feedback_value": frozenset({"helpful"})},
}


class Clock:
    """Stands still until a test moves it; Unix seconds."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that only the test moves."""
    return Clock()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A fresh SQLite database, brought up to date; ``any_engine`` where PostgreSQL matters too."""
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    upgrade(engine)
    return engine


class FakeAssessor:
    """Finds the word 转账; counts what it was asked; breaks on demand."""

    def __init__(self) -> None:
        self.history: list[str] = []
        self.broken: Exception | None = None

    def assess(self, text: str) -> Assessment:
        self.history.append(text)
        if self.broken:
            raise self.broken
        at = text.find("转账")
        if at < 0:
            return Assessment(Verdict.UNCLEAR, 0.2, None)
        flags = (RedFlag("transfer", "要求转账", "转账", at, at + 2),)
        whole = (Entity("text", text, 0, len(text), ""),)
        return Assessment(Verdict.SCAM, 0.97, None, red_flags=flags, entities=whole)


class FakeDialogue:
    """Gives the enqueued answers in turn, then echoes; keeps what it was told."""

    def __init__(self) -> None:
        self.history: list[tuple[str, str]] = []
        self.queue: list[Answer | Exception] = []

    def enqueue(self, *answers: Answer | Exception) -> None:
        self.queue.extend(answers)

    async def ask(self, sender_id: str, message: str) -> Answer:
        self.history.append((sender_id, message))
        answer = self.queue.pop(0) if self.queue else Answer((Reply(message),))
        if isinstance(answer, Exception):
            raise answer
        return answer


class Gateway:
    """A running app and a client of it."""

    def __init__(self, client: httpx.AsyncClient, assessor: FakeAssessor, dialogue: FakeDialogue) -> None:
        self.client = client
        self.assessor = assessor
        self.dialogue = dialogue

    async def check(self, text: str) -> httpx.Response:
        return await self.client.post("/api/v1/check", json={"text": text})

    async def say(self, text: str, who: str = "xiaohong-0123456789") -> httpx.Response:
        return await self.client.post("/api/v1/chat", json={"session_id": who, "text": text})

    async def press(self, payload: str, who: str = "xiaohong-0123456789") -> httpx.Response:
        return await self.client.post("/api/v1/chat", json={"session_id": who, "payload": payload})

    async def raw(self, path: str, body: bytes, kind: str = "application/json") -> httpx.Response:
        return await self.client.post(path, content=body, headers={"Content-Type": kind})


@pytest.fixture(autouse=True)
def no_network() -> Any:
    """Forbid sockets other than the event loop's own pair."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Return a maker of settings that read neither the environment's .env nor its data folder."""

    def make(**changes: Any) -> Settings:
        return Settings(_env_file=None, **{"data_dir": tmp_path, **changes})

    return make


@pytest.fixture
def open_gateway(make_settings: Callable[..., Settings]) -> Callable[..., Any]:
    """Return an async context manager that runs a gateway."""

    @contextlib.asynccontextmanager
    async def open_(**changes: Any) -> AsyncIterator[Gateway]:
        up = httpx.MockTransport(lambda _: httpx.Response(200))
        outside = changes.pop("client", None) or httpx.AsyncClient(transport=up)
        assessor = changes.pop("assessor", None) or FakeAssessor()
        dialogue = changes.pop("dialogue", FakeDialogue())
        pictures = changes.pop("pictures", None)
        doors = [*build_channels(make_settings(), outside), *changes.pop("more", ())]
        app = create_app(
            make_settings(**changes), assessor, dialogue, outside, AllowList(ALLOWED), doors, pictures
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
        ):
            yield Gateway(client, assessor, dialogue)

    return open_


@pytest.fixture
def rasa_json() -> Callable[..., httpx.Response]:
    """Return a maker of Rasa's answers."""
    return lambda *entries: httpx.Response(200, content=json.dumps(entries).encode())


@pytest.fixture
def buttons() -> Answer:
    """An answer with two good buttons and one that is on no list."""
    shown = (
        Button("我转了", "/already_paid"),
        Button("居民", '/set_role{"role": "resident"}'),
        Button("坏按钮", "/restart"),
    )
    return Answer((Reply("请选一个", shown),))
