"""kill -9 of the real gateway while people write on WeChat: the ledger balances. Longer: `make soak`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_socket import enable_socket

from tests.fakes.wechat.kill import balance, run


@pytest.mark.processes
@pytest.mark.alone
@pytest.mark.timeout(150)
async def test_the_ledger_balances(tmp_path: Path) -> None:
    enable_socket()
    found = await run(tmp_path, seconds=6, per_second=8, every=2.5, scale=0.7)
    assert found.good, str(found)
    assert found.kills >= 1 and found.sent > 20 and found.answered > found.sent / 2, str(found)
    assert found.passive and found.pushed, "both ways were tried"


def _said(n: int, number: str) -> dict[str, Any]:
    return {"n": n, "way": "said", "openid": "p", "number": number, "text": f"消息{number}"}


def _answer(n: int, way: str, text: str) -> dict[str, Any]:
    return {"n": n, "way": way, "openid": "p", "number": "", "text": text}


def test_the_balance_sees_what_is_lost_and_what_came_twice() -> None:
    said = [_said(0, "1"), _said(1, "2"), _said(2, "3")]
    whole = [*said, _answer(3, "passive", "答：消息1"), _answer(4, "custom", "答：消息2\n消息3")]
    assert balance(whole, 0, 0).good and balance(whole, 0, 0).answered == 3
    assert (balance(whole[:-1], 0, 0).lost, balance(whole[:-1], 1, 0).lost) == (2, 1)
    twice = balance([*whole, _answer(5, "custom", "答：消息1")], 0, 0)
    assert (twice.doubled, twice.disordered, twice.good) == (1, 1, False)
    told = [*said[:1], {"n": 9, "way": "unavailable", "openid": "p", "number": "1", "why": ""}]
    assert (balance(told, 0, 0).lost, balance(told, 0, 0).unreached) == (0, 1)
