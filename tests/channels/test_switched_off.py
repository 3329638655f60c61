"""A channel that was switched off while something waited: nothing is lost, nothing is sent, and the doctor says so."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from push_channel import PushChannel, hook
from sqlalchemy import create_engine, text

from channels.base import Delivery, Outcome
from channels.doctor import kept
from channels.doctor.finding import Level
from channels.operators import make_entry
from channels.settings import Settings

Open = Callable[..., Any]
TOKEN, ENTRY = make_entry("agent-li", "agent")
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CASES = "/api/v1/operator/cases"


async def until(check: Callable[[], object], seconds: float = 25.0) -> None:
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.01)


def sql(folder: Path, statement: str) -> list[Any]:
    engine = create_engine(f"sqlite:///{folder / 'fanzha.db'}")
    with engine.begin() as connection:
        found = connection.execute(text(statement))
        rows = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return rows


async def leave_things_waiting(open_gateway: Open, folder: Path) -> PushChannel:
    """Stop with one answer that the platform did not take, and one message that nobody has answered."""
    channel = PushChannel(merges=True)  # waits whether more comes
    channel.script = [Delivery(Outcome.RETRY, "unwell", after=3600)]
    async with open_gateway(more=[channel]) as gateway:
        await gateway.client.post(channel.path, **hook("m1"))
        await until(lambda: sql(folder, "SELECT 1 FROM outbox WHERE state = 'queued' AND attempts = 1"))
    async with open_gateway(more=[channel], burst_seconds=10) as gateway:
        await gateway.client.post(channel.path, **hook("n1", "openid-2", "再问"))
    # Their time has come.
    sql(folder, "UPDATE outbox SET due_at = 1.0")
    sql(folder, "UPDATE person SET due_at = 1.0 WHERE due_at IS NOT NULL")
    return channel


async def test_nothing_is_sent_and_nothing_is_lost(
    open_gateway: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.house.TEND_SECONDS", 0.05)
    channel = await leave_things_waiting(open_gateway, tmp_path)
    async with open_gateway() as gateway:
        await asyncio.sleep(1.5)  # longer than desk and postman take to look again
        assert gateway.dialogue.history == []
        figures = (await gateway.client.get("/metrics")).text
    assert channel.ledger == []
    assert sql(tmp_path, "SELECT state FROM outbox") == [("queued",)]
    assert sql(tmp_path, "SELECT state FROM inbox ORDER BY id") == [("done",), ("new",)]
    for age in ("fanzha_queue_age_seconds", "fanzha_outbox_age_seconds"):
        assert re.search(rf"^{age} 0\.0$", figures, re.MULTILINE), "nobody is woken for what cannot be sent"
    async with open_gateway(more=[channel]):
        await until(lambda: len(channel.ledger) == 2)
        await asyncio.sleep(0.2)
    assert sorted(channel.ledger) == [("openid-1", "你好"), ("openid-2", "再问")]


async def test_what_was_on_its_way_keeps_its_state_until_the_channels_rule_is_known(
    open_gateway: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.house.TEND_SECONDS", 0.05)
    await leave_things_waiting(open_gateway, tmp_path)
    sql(tmp_path, "UPDATE outbox SET state = 'sending', via = 'push', lease_until = 1.0")
    async with open_gateway():
        await asyncio.sleep(0.3)
    assert sql(tmp_path, "SELECT state FROM outbox") == [("sending",)]
    again = PushChannel(idempotent=True, merges=True)
    async with open_gateway(more=[again]):
        await until(lambda: ("openid-1", "你好") in again.ledger)


async def test_the_doctor_says_what_waits(
    open_gateway: Open, make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    assert [one for one in kept.look(make_settings()) if "switched off" in one.name] == []
    await leave_things_waiting(open_gateway, tmp_path)
    async with open_gateway() as gateway:  # the page is on, so what waits there is nobody's worry
        await gateway.say("你好")
    (found,) = [one for one in kept.look(make_settings()) if "switched off" in one.name]
    assert (found.name, found.level) == ("switched off: push", Level.WARNING)
    assert found.said == "1 messages and 1 answers wait for it" and "14 days" in found.cure


async def test_a_case_can_be_ended_but_not_taken_or_answered(open_gateway: Open, tmp_path: Path) -> None:
    channel = PushChannel()
    async with open_gateway(more=[channel], operators=ENTRY) as gateway:
        await gateway.client.post(channel.path, **hook("m1", text="转人工"))
        await until(lambda: channel.ledger)
    letters = sql(tmp_path, "SELECT count(*) FROM outbox")
    async with open_gateway(operators=ENTRY) as gateway:
        (case,) = (await gateway.client.get(CASES, headers=BEARER)).json()["cases"]
        path = f"{CASES}/{case['id']}"
        assert not (await gateway.client.get(path, headers=BEARER)).json()["reachable"]
        assert (await gateway.client.post(f"{path}/claim", headers=BEARER)).status_code == 404
        assert (await gateway.client.post(f"{path}/close", headers=BEARER)).status_code == 204
        assert (await gateway.client.get(CASES, headers=BEARER)).json()["cases"] == []
    assert sql(tmp_path, "SELECT count(*) FROM outbox") == letters
    assert sql(tmp_path, "SELECT state FROM person") == [("closed",)]
