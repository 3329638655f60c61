"""Notices through the real outbox and gateway: at the platform's pace, once, across restarts; the commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import wecom_requests as wc
from pytest_socket import enable_socket
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from channels.base import Delivery, Outcome, Push
from channels.keys import Keys, load_keys
from channels.outbox import Outbox
from channels.robot_commands import robots as commands
from channels.robots import build
from channels.robots.post import post
from channels.robots.robot import Notice
from channels.settings import Settings
from storage.engine import open_engine
from storage.migrate import upgrade
from storage.tables import outbox, person
from tests.fakes.wecom.world import Group

KEY = "693a91f6-7xxx-4bc4-97a0-test"
SEND = "/cgi-bin/webhook/send"
ROBOTS = json.dumps([{"name": "class-1", "kind": "wecom", "key": KEY}])


@contextlib.asynccontextmanager
async def school(open_gateway: Callable[..., Any]) -> AsyncIterator[tuple[wc.Fake, Any]]:
    """Run a WeCom group with our robot, and a way to open gateways that send to it."""
    enable_socket()
    async with wc.running() as fake:
        fake.world.groups[KEY] = Group()

        def gateway() -> Any:
            settings = Settings(_env_file=None, wecom_api_base=fake.address, robots=ROBOTS)
            channel = build(settings, httpx.AsyncClient(trust_env=False), 0.5)
            return open_gateway(more=[channel])

        yield fake, gateway


@pytest.fixture
def store(tmp_path: Path) -> tuple[Engine, Keys]:
    engine = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
    upgrade(engine)
    return engine, load_keys("", tmp_path)


def put(store: tuple[Engine, Keys], *texts: str, markdown: bool = False) -> None:
    engine, keys = store
    with engine.begin() as connection:
        for text in texts:
            post(connection, keys, ["class-1"], Notice(text, "", markdown), time.time())


def states(store: tuple[Engine, Keys]) -> list[tuple[str, str, int]]:
    with store[0].connect() as connection:
        rows = connection.execute(
            select(outbox.c.state, outbox.c.cause, outbox.c.attempts).order_by(outbox.c.id)
        )
        return [(str(state), cause, attempts) for state, cause, attempts in rows]


async def until(done: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)


async def test_the_21st_message_in_a_minute_is_held_back(
    open_gateway: Callable[..., Any], store: tuple[Engine, Keys]
) -> None:
    async with school(open_gateway) as (fake, gateway):
        said = fake.world.groups[KEY].said
        put(store, *(f"第{n}条" for n in range(23)))
        async with gateway():
            await until(lambda: len(said) == 20, 60)
            await asyncio.sleep(1.5)
        assert [one["text"] for one in said] == [f"第{n}条" for n in range(20)]
        assert states(store)[20] == ("queued", "pace", 0), "held back by us, at no attempt's cost"
        assert not [line for line in fake.world.lines if line.get("errcode")], "WeCom had nothing to refuse"
        async with gateway():  # a restart forgets nothing of the pace
            await asyncio.sleep(1.5)
        assert len(said) == 20


async def test_a_refused_robot_and_a_dead_one(
    open_gateway: Callable[..., Any], store: tuple[Engine, Keys]
) -> None:
    async with school(open_gateway) as (fake, gateway):
        fake.world.order(SEND, {"errcode": 93000})
        fake.world.order(SEND, {"silent": True})
        put(store, "一", "二", "三")
        async with gateway():
            await until(lambda: [state for state, *_ in states(store)] == ["dead", "unknown", "sent"])
        assert [one["text"] for one in fake.world.groups[KEY].said] == ["二", "三"]


async def test_a_platform_that_is_busy_gets_it_later_and_order_is_kept(
    open_gateway: Callable[..., Any], store: tuple[Engine, Keys]
) -> None:
    async with school(open_gateway) as (fake, gateway):
        fake.world.order(SEND, {"errcode": -1})
        put(store, "一", "二")
        async with gateway():
            await until(lambda: len(fake.world.groups[KEY].said) == 2)
        assert [one["text"] for one in fake.world.groups[KEY].said] == ["一", "二"]


def test_long_notices_are_cut_and_nothing_is_lost(store: tuple[Engine, Keys]) -> None:
    engine, keys = store
    text = "".join(f"第{n}句，先别转账。" for n in range(400))
    with engine.begin() as connection:
        assert post(connection, keys, ["class-1", "class-2"], Notice(text), time.time()) == 2 * 6
        with pytest.raises(ValueError, match="text"):
            post(connection, keys, ["class-1"], Notice(" "), time.time())
    letters = Outbox(engine, keys).claim_push(["robots"], 32, time.time())
    assert [letter.person.sender for letter in letters] == ["class-1", "class-2"]
    got = ""
    box, now = Outbox(engine, keys), time.time()
    for _ in range(6):
        letter = letters[0]
        assert len(letter.reply.text.encode()) <= 2048
        got += letter.reply.text
        assert box.start(letter, Push.ALWAYS, now)
        box.settle(letter, Delivery(Outcome.SENT), now)
        letters = box.claim_push(["robots"], 1, now) or letters
    assert got == text
    with engine.connect() as connection:
        for row in connection.execute(select(person)):
            assert b"class" not in row.address and row.account in {"class-1", "class-2"} and row.reachable


async def test_the_commands(
    open_gateway: Callable[..., Any],
    store: tuple[Engine, Keys],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    async with school(open_gateway) as (fake, gateway):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("FANZHA_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("FANZHA_WECOM_API_BASE", fake.address)
        monkeypatch.setenv("FANZHA_ROBOTS", ROBOTS)
        said = fake.world.groups[KEY].said

        async def run(*words: str) -> tuple[int, str]:
            found = await asyncio.to_thread(CliRunner().invoke, commands, list(words))
            assert KEY not in found.output
            return found.exit_code, found.output

        assert (await run("list"))[1].split() == ["class-1", "wecom"]
        assert await run("test", "class-1") == (0, "class-1: sent\n")
        assert "测试消息" in said.pop()["text"]
        fake.world.order(SEND, {"errcode": 93000})
        assert await run("test", "class-1") == (1, "fanzha: class-1: rejected, key unknown\n")
        (tmp_path / "notice.md").write_text("**先别转账**", encoding="utf-8")
        (tmp_path / "empty.txt").write_text(" ", encoding="utf-8")
        (tmp_path / "big.txt").write_text("长" * 40_000, encoding="utf-8")
        (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
        for words in (
            ["test", "nobody"],
            ["send", "nobody", "--file", "notice.md"],
            ["send", "--file", "notice.md"],
            ["send", "class-1", "--every", "--file", "notice.md"],
            ["send", "class-1"],
            *(
                ["send", "class-1", "--file", name]
                for name in ("empty.txt", "big.txt", "bad.txt", "none.txt")
            ),
        ):
            status, told = await run(*words)
            assert status == 1 and told.startswith("fanzha: "), words
        assert states(store) == []
        assert (await run("send", "--every", "--file", "notice.md"))[0] == 0
        assert (await run("send", "class-1", "class-1", "--file", "notice.md"))[0] == 0
        async with gateway():
            await until(lambda: len(said) == 2)
        assert said == [{"kind": "markdown", "text": "**先别转账**"}] * 2
        monkeypatch.setenv("FANZHA_ROBOTS", "[{")
        assert (await run("list")) == (1, "fanzha: FANZHA_ROBOTS: is neither JSON nor YAML\n")
