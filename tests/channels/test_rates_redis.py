"""Limits in Redis: two gateways count together, and a Redis that is away stops nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_socket import enable_socket

from channels.base import Refuse
from channels.rates import Rates

pytestmark = pytest.mark.asyncio


async def test_two_gateways_count_together(make_settings: Callable[..., Any], redis_url: str) -> None:
    enable_socket()
    settings = make_settings(redis_url=redis_url, rate_per_minute=4, rate_per_day=0)
    first, second = Rates(settings), Rates(settings)
    for one in (first, second, first, second):
        await one.spend_person("anna")
    for one in (first, second):
        with pytest.raises(Refuse) as caught:
            await one.spend_person("anna")
        assert caught.value.code == "rate_limited" and 1 <= (caught.value.retry_after or 0) <= 120
    assert await first.may_be_told("anna") and not await second.may_be_told("anna")
    await second.spend_person("ben")


async def test_without_redis_each_counts_by_itself(make_settings: Callable[..., Any]) -> None:
    enable_socket()
    rates = Rates(make_settings(redis_url="redis://127.0.0.1:1/0", rate_per_minute=2, rate_per_day=0))
    await rates.spend_person("anna")
    await rates.spend_person("anna")
    with pytest.raises(Refuse):
        await rates.spend_person("anna")
