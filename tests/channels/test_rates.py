"""Limits for a conversation and for an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from channels.rates import Rates, visitor
from channels.settings import SettingsError

Open = Callable[..., Any]


@pytest.mark.asyncio
async def test_one_conversation_a_minute_and_the_others_go_on(open_gateway: Open) -> None:
    async with open_gateway(rate_per_minute=3) as gateway:
        statuses = [(await gateway.say("你好")).status_code for _ in range(3)]
        refused = await gateway.say("你好")
        pressed = await gateway.press("/already_paid")
        other = await gateway.say("你好", "aming-9876543210")
        assert len(gateway.dialogue.history) == 4
    assert statuses == [200, 200, 200]
    assert (refused.status_code, pressed.status_code, other.status_code) == (429, 429, 200)
    assert 1 <= int(refused.headers["Retry-After"]) <= 120
    message = refused.json()["error"]["message"]
    assert "110" in message and "96110" in message


@pytest.mark.asyncio
async def test_one_conversation_a_day(open_gateway: Open) -> None:
    async with open_gateway(rate_per_minute=0, rate_per_day=2) as gateway:
        statuses = [(await gateway.say("你好")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.asyncio
@pytest.mark.parametrize("changes", [{"rate_ip_per_minute": 2}, {"rate_ip_per_day": 2}])
async def test_one_address_however_many_sessions_and_even_for_bad_input(
    open_gateway: Open, changes: dict[str, int]
) -> None:
    async with open_gateway(**changes) as gateway:
        first = await gateway.say("你好", "a-1")
        second = await gateway.check("")
        third = await gateway.check("转账")
        forget = await gateway.client.post("/api/v1/forget", json={"session_id": "x"})
    assert [first.status_code, second.status_code] == [200, 422]
    assert (third.status_code, forget.status_code) == (429, 429)
    assert int(third.headers["Retry-After"]) >= 1


@pytest.mark.asyncio
async def test_zero_switches_a_limit_off(open_gateway: Open) -> None:
    off = dict.fromkeys(("rate_per_minute", "rate_per_day", "rate_ip_per_minute", "rate_ip_per_day"), 0)
    async with open_gateway(**off) as gateway:
        assert {(await gateway.check("转账")).status_code for _ in range(330)} == {200}


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_visitor(host: str | None, address: str) -> None:
    assert visitor(host).address == address


def test_a_redis_without_a_client_is_named(make_settings: Callable[..., Any]) -> None:
    with pytest.raises(SettingsError, match="FANZHA_REDIS_URL"):
        Rates(make_settings(redis_url="nonsense://x"))
