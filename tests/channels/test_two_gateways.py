"""Two gateways on one PostgreSQL: the same message at the same moment, order for each person, one answer each."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from push_channel import PushChannel, hook
from pytest_socket import enable_socket

from channels.base import Reply
from channels.dialogue import Answer, DialogueDown

Open = Callable[..., Any]
PEOPLE, MESSAGES = 12, 8


class Uneven:
    """Answers after a while that differs; now and then not at all."""

    def __init__(self) -> None:
        self.luck = random.Random(5)
        self.running: dict[str, int] = {}
        self.at_once = 0

    async def ask(self, sender_id: str, message: str) -> Answer:
        self.running[sender_id] = self.running.get(sender_id, 0) + 1
        self.at_once = max(self.at_once, self.running[sender_id])
        await asyncio.sleep(self.luck.random() * 0.03)
        self.running[sender_id] -= 1
        if self.luck.random() < 0.05:
            raise DialogueDown("malformed")
        return Answer((Reply(f"答：{message}"),))


@pytest.fixture
def shared(postgres_url: str, tmp_path: Path) -> str:
    enable_socket()
    base, _, name = postgres_url.rpartition("/")
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS two")
        connection.execute("CREATE DATABASE two")
    assert name
    return f"{base}/two"


async def test_one_answer_for_each_message_in_each_persons_order(open_gateway: Open, shared: str) -> None:
    enable_socket()
    channel, engine = PushChannel(), Uneven()
    limits = {f"rate_{name}": 0 for name in ("per_minute", "per_day", "ip_per_minute", "ip_per_day")}
    settings = {"database_url": shared, "dialogue": engine, "more": [channel], **limits}
    async with open_gateway(**settings) as first, open_gateway(**settings) as second:

        async def person(who: int) -> None:
            for number in range(MESSAGES):
                request = hook(f"{who}-{number}", f"openid-{who}", f"第{number}句")
                # The platform is impatient: both gateways get it at the same moment.
                both = await asyncio.gather(
                    *(gateway.client.post(channel.path, **request) for gateway in (first, second))
                )
                assert [answer.status_code for answer in both] == [200, 200]
                await asyncio.sleep(0.01)

        await asyncio.gather(*(person(who) for who in range(PEOPLE)))
        async with asyncio.timeout(60):
            while len(channel.ledger) < PEOPLE * MESSAGES:
                await asyncio.sleep(0.1)
        await asyncio.sleep(1.5)
    assert len(channel.ledger) == PEOPLE * MESSAGES
    assert engine.at_once == 1, "one message of a person at a time"
    for who in range(PEOPLE):
        said = [text for address, text in channel.ledger if address == f"openid-{who}"]
        numbers = [text[3] for text in said if text.startswith("答：")]
        assert len(said) == MESSAGES
        assert numbers == sorted(numbers)
