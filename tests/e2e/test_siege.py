"""The whole assistant on PostgreSQL and Redis with two dialogue engines: a new model while people write, then kills.

What people send and what arrives is compared message by message. Longer: ``make soak``.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from pytest_socket import enable_socket

from bench.house import ROOT
from bench.servers import NoServer
from bench.town import Town, town
from tests.fakes.wechat.siege import PARTS, Plan, besiege_town

pytestmark = [pytest.mark.processes, pytest.mark.alone, pytest.mark.timeout(900)]
SECONDS = 48.0  # long enough for each part to die once; it then has 8 s on average to come back

RELOAD_MESSAGES = 80  # at two a second: both engines are replaced meanwhile


@pytest.fixture(scope="module")
def running() -> Iterator[Town]:
    enable_socket()
    try:
        with town() as found:
            yield found
    except NoServer as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI must not skip the tests of servers: {error}")
        pytest.skip(str(error))


def parts(running: Town) -> dict[str, bool]:
    found = httpx.get(f"http://127.0.0.1:{running.house.port}/readyz", timeout=10).json()["parts"]
    return {name: part["up"] for name, part in found.items()}


def test_a_new_model_takes_over_while_people_write(running: Town) -> None:
    before = running.pids("rasa")
    assert len(before) == 2 and parts(running)["rasa-2"]

    async def both() -> tuple[str, object]:
        command = [sys.executable, "-m", "fanzha", "reload"]
        environment = running.space.environment()
        reloaded = asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        outcome, done = await asyncio.gather(
            besiege_town(running, Plan(messages=RELOAD_MESSAGES, rate=2.0, parts=()), lambda _: None),
            reloaded,
        )
        return done.stdout + done.stderr, outcome.balance

    said, balance = asyncio.run(both())
    assert said.count("the new model answers") == 2, said
    assert not set(before) & set(running.pids("rasa")) and len(running.pids("rasa")) == 2
    assert balance.good and balance.sent == balance.passive + balance.pushed == RELOAD_MESSAGES, str(balance)  # type: ignore[attr-defined]
    assert parts(running)["rasa-1"] and parts(running)["rasa-2"]


def test_every_part_is_killed_and_the_ledger_balances(running: Town) -> None:
    plan = Plan(messages=int(SECONDS * 3), rate=3.0, every=SECONDS / 6)
    outcome = asyncio.run(besiege_town(running, plan, lambda _: None))
    found = outcome.balance
    assert found.good, str(found)
    assert set(found.kills) == set(PARTS), str(found)
    assert found.sent >= plan.messages and found.passive + found.pushed > found.sent / 2, str(found)
