"""The state machine: commands, corrections, facts, ends, and any sequence of words at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.guided import desk as desks
from bot.actions.guided import flow as flows
from bot.actions.guided import times
from bot.actions.guided.flow import FlowError, parse
from bot.actions.guided.machine import Scene
from bot.actions.guided.play import Player
from bot.actions.guided.state import Desk, dump, restore

NOW = datetime(2026, 11, 22, 13, 20, tzinfo=times.CHINA)


def play(first: str = "", flow: str = "stop_payment") -> Player:
    return Player(flow, first, NOW)


def test_the_complete_card_needs_at_most_eight_turns() -> None:
    player = play("我刚给骗子转了三万", "emergency")
    turns = 1
    for words in ("银行卡转账", "工商银行", "张三 <银行卡#1>", "123456", "微信群"):
        player.say(words)
        turns += 1
    assert player.state.status == "done" and turns <= 8
    card = next(message.card for message in player.messages if message.card)
    assert card and card["kind"] == "card_110"
    assert len(card["read"]) <= 240 and "<银行卡#1>" in card["read"]
    assert [contact["number"] for contact in card["contacts"]] == ["110", "95588"]


@pytest.mark.parametrize("stop_after", range(6))
def test_a_card_stands_at_any_stop(stop_after: int) -> None:
    player = play("钱转了", "emergency")
    for words in ("昨天", "支付宝", "三千", "张三", "123456", "电话")[:stop_after]:
        player.say(words)
    player.say("退出")
    card = next(message.card for message in player.messages if message.card)
    assert card and card["read"].startswith("我被骗转账了") and card["contacts"][0]["number"] == "110"


def test_several_facts_in_one_sentence() -> None:
    player = play("十分钟前用工商银行卡转了三万二给张三 <银行卡#1>")
    assert player.state.answers["amount"]["yuan"] == 32_000
    assert player.state.answers["how"] == "transfer"
    assert player.state.answers["bank"]["contact"] == "bank_icbc"
    assert player.state.answers["payee"] == "张三 <银行卡#1>"
    assert player.state.answers["when"]["at"] == (NOW - timedelta(minutes=10)).timestamp()
    assert player.state.at == "order"


def test_commands() -> None:
    player = play()
    assert player.state.at == "when"
    player.say("再说一遍")
    assert player.state.at == "when"
    player.say("不知道")
    assert player.state.answers["when"] is None and player.state.at == "how"
    player.say("上一步")
    assert player.state.at == "when" and "when" not in player.state.answers
    player.say("刚才")
    player.say("微信")
    player.say("什么意思")
    assert player.state.at == "amount"
    player.say("重来")
    assert player.state.at == "when" and not player.state.answers


def test_corrections_name_what_they_change() -> None:
    player = play("刚才用支付宝转了三千")
    player.say("金额不对，是五万")
    assert player.state.answers["amount"]["yuan"] == 50_000 and "5万元" in player.text
    player.say("改付款方式")
    assert player.state.at == "how"
    player.say("银行转账")
    assert player.state.at == "bank", "the bank makes sense now"
    player.say("改付款方式，是微信")
    assert "bank" not in player.state.answers and player.state.at == "payee"


def test_a_contradiction_is_settled_by_the_last_word() -> None:
    player = play("刚才转了三千")
    player.say("不对，是三万")
    assert player.state.answers["amount"]["yuan"] == 30_000


def test_an_old_button_changes_its_answer() -> None:
    player = play("刚才")
    old = next(b["payload"] for b in player.buttons if "alipay" in b["payload"])
    player.say("微信")
    player.say(old)  # not shown any more, so typed words; pressed it is:
    turn = desks.press(Desk(player.state), "stop_payment:how:alipay", Scene(NOW))
    assert turn.desk.open and turn.desk.open.answers["how"] == "alipay"
    assert "改好了" in turn.says[0].text


def test_who_is_not_understood_three_times_is_led_on() -> None:
    player = play()
    for _ in range(3):
        player.say("嗯呐这个嘛")
    assert player.state.at == "how"


def test_several_choices() -> None:
    player = Player("gave_info", "", NOW)
    player.say("1")
    assert player.state.at == "what" and "就这些" in [b["title"] for b in player.buttons]
    player.say("就这些")
    assert player.state.answers["what"] == ["code"]
    player = Player("gave_info", "", NOW)
    player.say("1 3")
    assert player.state.answers["what"] == ["code", "password"] and player.state.at != "what"


def test_masked_numbers_are_mentioned() -> None:
    player = play("刚才用支付宝转了三千")
    player.say("张三 <手机号#1>")
    assert "只有你自己看得到" in player.text


def test_a_waiting_conversation_is_offered_and_taken_up() -> None:
    first = desks.begin(Desk(), "stop_payment", Scene(NOW), "刚转了三千")
    second = desks.begin(first.desk, "on_the_line", Scene(NOW))
    assert [state.flow for state in second.desk.waiting] == ["stop_payment"]
    done = desks.hear(desks.hear(second.desk, "断开了", Scene(NOW)).desk, "都没有", Scene(NOW))
    assert "紧急止付" in done.says[-1].text
    value = str(done.says[-1].buttons[0]["payload"]).split('"')[3]
    back = desks.press(done.desk, value, Scene(NOW + timedelta(hours=5)))
    assert back.desk.open and back.desk.open.answers["amount"]["yuan"] == 3_000
    assert back.desk.open.at == "how"


def test_the_state_survives_its_json_and_rubbish_is_no_state() -> None:
    desk = desks.begin(Desk(), "stop_payment", Scene(NOW), "刚转了三千").desk
    assert restore(dump(desk)) == desk
    for rubbish in (None, 3, {"open": {"flow": 1}}, {"open": None}, {"open": {"x": 1}, "waiting": []}):
        assert restore(rubbish) == Desk()


@pytest.mark.parametrize(
    "raw",
    [
        {"id": "x", "title": "t"},
        {"id": "x", "title": "t", "ends": [{"when": {"a": "b"}, "text": "x"}]},
        {"id": "x", "title": "t", "ends": [{"text": "{nobody}"}]},
        {"id": "X!", "title": "t", "ends": [{"text": "x"}]},
        {
            "id": "x",
            "title": "t",
            "questions": [{"id": "do", "name": "n", "ask": "a", "kind": "text"}],
            "ends": [{}],
        },
        {
            "id": "x",
            "title": "t",
            "questions": [{"id": "q", "name": "n", "ask": "a", "kind": "choice"}],
            "ends": [{}],
        },
    ],
)
def test_broken_flows_are_refused(raw: object) -> None:
    with pytest.raises(FlowError):
        parse(raw, "x.yml")


WORDS = st.sampled_from(
    ["退出", "返回", "重来", "跳过", "改金额", "金额不对", "0", "-5", "10000000000000", "明天", "1", "9", "1 2", "？", "支付宝",
     "十分钟前转了三万", "<银行卡#1>", "{amount}", "}{", "是", "不是", "继续", "什么意思", "不对", "就这些"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(flows.load())), st.lists(st.one_of(WORDS, st.text(max_size=30)), max_size=14))
def test_any_words_in_any_order_get_an_answer(flow: str, lines: list[str]) -> None:
    player = Player(flow, "", NOW)
    for line in lines:
        if not line.strip() or line.startswith("/"):
            continue
        player.say(line)
        assert player.messages, (flow, line)
        restored = restore(dump(Desk(player.state)))
        assert restored.open == player.state
