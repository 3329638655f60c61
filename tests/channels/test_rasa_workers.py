"""Several dialogue engines: each person keeps theirs, a dead one is passed over, a slow one is not followed by another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from channels import rasa_workers
from channels.dialogue import DialogueDown
from channels.rasa_workers import RasaWorkers
from channels.settings import Settings

pytestmark = pytest.mark.asyncio
ADDRESSES = [("http://rasa:5005",), ("http://rasa:5006",), ("http://rasa:5007",)]


class Engines:
    """Answers with the port; ``down`` refuse, ``slow`` say nothing, ``broken`` hang up once."""

    def __init__(self) -> None:
        self.down: set[int] = set()
        self.slow: set[int] = set()
        self.broken: set[int] = set()
        self.asked: Counter[int] = Counter()
        self.now = 0.0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        port = int(request.url.port or 0)
        self.asked[port] += 1
        if port in self.down:
            raise httpx.ConnectError("refused")
        if port in self.broken:
            self.broken.discard(port)
            raise httpx.RemoteProtocolError("closed")
        if port in self.slow:
            await asyncio.sleep(30)
        return httpx.Response(200, json=[{"text": str(port)}])

    def pool(self, addresses: Any = ADDRESSES, timeout: float = 0.05) -> RasaWorkers:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return RasaWorkers(client, addresses, timeout, lambda: self.now)


async def port_of(pool: RasaWorkers, who: str) -> int:
    return int((await pool.ask(who, "你好")).replies[0].text)


async def test_people_are_spread_and_stay_and_a_lost_engine_moves_only_its_own() -> None:
    engines, pool = Engines(), None
    pool = engines.pool()
    people = [f"person-{number}" for number in range(150)]
    before = {who: await port_of(pool, who) for who in people}
    assert before == {who: await port_of(pool, who) for who in people}
    assert all(30 < count < 70 for count in Counter(before.values()).values())
    engines.down = {5006}
    after = {who: await port_of(pool, who) for who in people}
    assert {who for who in people if after[who] != before[who]} == {w for w in people if before[w] == 5006}
    assert engines.asked[5006] < 110, "an engine that refuses rests, and is not tried for each message"


async def test_an_engine_that_is_back_is_found_again() -> None:
    engines = Engines()
    pool = engines.pool()
    who = "person-1"
    home = await port_of(pool, who)
    engines.down = {home}
    away = await port_of(pool, who)
    assert away != home
    engines.down = set()
    assert await port_of(pool, who) == away
    engines.now += rasa_workers.LONGEST_REST_SECONDS
    assert await port_of(pool, who) == home


async def test_nobody_there_is_said_and_a_single_cut_line_is_tried_again() -> None:
    engines = Engines()
    pool = engines.pool([("http://rasa:5005", "http://rasa:5006")])
    engines.down, engines.broken = {5006}, {5005}
    assert await port_of(pool, "anna") == 5005
    engines.down = {5005, 5006}
    with pytest.raises(DialogueDown) as caught:
        await pool.ask("anna", "你好")
    assert caught.value.cause == "unreachable"


async def test_the_second_address_takes_over_while_the_first_ends() -> None:
    engines = Engines()
    pool = engines.pool([("http://rasa:5005", "http://rasa:5006")])
    engines.down = {5006}
    assert await port_of(pool, "anna") == 5005
    engines.down = {5005}  # replaced
    assert await port_of(pool, "anna") == 5006


async def test_a_slow_engine_costs_its_time_once_and_rests_after_some_failures() -> None:
    engines = Engines()
    pool = engines.pool()
    home = await port_of(pool, "anna")
    engines.slow = {home}
    for _ in range(rasa_workers.FAILURES_TO_REST):
        with pytest.raises(DialogueDown) as caught:
            await pool.ask("anna", "你好")
        assert caught.value.cause == "timeout"
    assert await port_of(pool, "anna") != home, "it rests"


async def test_the_addresses_follow_from_the_settings(make_settings: Callable[..., Settings]) -> None:
    assert make_settings().dialogue_engines == (("http://127.0.0.1:5005", "http://127.0.0.1:5006"),)
    two = make_settings(rasa_workers=2, rasa_port=6000).dialogue_engines
    assert two == (
        ("http://127.0.0.1:6000", "http://127.0.0.1:6002"),
        ("http://127.0.0.1:6001", "http://127.0.0.1:6003"),
    )
    elsewhere = make_settings(rasa_url="http://a:1/, http://b:2", rasa_workers=5).dialogue_engines
    assert elsewhere == (("http://a:1",), ("http://b:2",))


async def test_readyz_names_a_dead_engine_while_the_others_do_its_work(open_gateway: Any) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.port in {5006, 5007, 5008}:  # the second engine, and the places for a reload
            raise httpx.ConnectError("refused")
        return httpx.Response(200)

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    async with open_gateway(client=client, rasa_workers=2) as gateway:
        found = await gateway.client.get("/readyz")
    parts = found.json()["parts"]
    assert found.status_code == 200 and found.json()["ready"]
    assert (parts["rasa"]["up"], parts["rasa-1"]["up"], parts["rasa-2"]["up"]) == (True, True, False)
