"""The swindler's bank is never taken for the own one, and a better time replaces "just now"."""

from __future__ import annotations

from datetime import datetime

from bot.actions.guided.flow import load
from bot.actions.guided.machine import Scene, begin, hear
from bot.actions.guided.times import CHINA

NOW = Scene(datetime(2026, 11, 20, 15, 0, tzinfo=CHINA))


def test_the_own_bank_is_heard_with_the_way_of_paying() -> None:
    flow = load()["stop_payment"]
    state = begin(flow, NOW, "我刚给骗子转了三万").state
    state = hear(flow, state, "十分钟前用工商银行卡转的", NOW).state
    assert state.answers["how"] == "transfer"
    assert state.answers["bank"]["name"] == "工商银行"
    assert NOW.now.timestamp() - state.answers["when"]["at"] == 600


def test_the_other_sides_bank_is_the_payees() -> None:
    flow = load()["stop_payment"]
    state = begin(flow, NOW, "刚转了三万,银行卡转的").state
    assert state.at == "bank"
    state = hear(flow, state, "对方叫张三 农业银行", NOW).state
    assert "bank" not in state.answers
    assert "农业银行" in state.answers["payee"]
    assert state.at == "bank"


def test_just_now_does_not_replace_a_time() -> None:
    flow = load()["stop_payment"]
    state = begin(flow, NOW, "昨天下午三点转了两万").state
    before = state.answers["when"]
    state = hear(flow, state, "刚想起来是工行卡", NOW).state
    assert state.answers["when"] == before
