"""Emergencies, guides and small services."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.actions import content
from bot.actions.emergency import ActionEmergency
from bot.actions.feedback import ActionFeedback
from bot.actions.forget import ActionForget
from bot.actions.guide_card import contact_cards
from bot.actions.guided import flow as flows
from bot.actions.set_role import ActionSetRole
from bot.actions.show_guide import ActionShowGuide, choose
from knowledge_base import contacts, guides


@pytest.mark.parametrize(
    ("intent", "text", "flow"),
    [
        ("already_paid", "我转了三千", "stop_payment"),
        ("already_paid", "/already_paid", "stop_payment"),
        ("already_paid", "金条已经寄走了", "stop_payment"),
        ("gave_info", "验证码给了", "gave_info"),
        ("gave_info", "/gave_info", "gave_info"),
        ("on_the_line", "电话还没挂", "on_the_line"),
        ("on_the_line", "/on_the_line", "on_the_line"),
        ("on_the_line", "正在共享屏幕", "on_the_line"),
        ("already_paid", "救命我被骗了", "emergency"),
    ],
)
def test_an_emergency_names_110_first_then_asks_one_question(
    intent: str, text: str, flow: str, talk: Any
) -> None:
    talk.slots = {"checked_text": "旧的", "clarify_want": "code"}
    talk.in_form = True
    (first, question), slots = talk.run(ActionEmergency(), text, intent)
    assert first["card"]["contacts"][0]["number"] == "110"
    assert len(first["card"]["steps"]) >= 2
    assert "110" in first["text"].split("\n")[0]
    assert question["buttons"] and question["card"] is None
    assert slots["guided"]["open"]["flow"] == flow
    assert slots["checked_text"] is None and slots["clarify_want"] is None
    assert {"event": "active_loop", "name": "guided_form", "timestamp": None} in talk.events


def test_every_guide_named_in_the_table_exists() -> None:
    table = content.load("guides")["intents"]
    named = {topic["guide"] for topics in table.values() for topic in topics}
    assert named <= set(guides.load())
    book = contacts.load()
    ids = content.load("guides")["hotlines"]["contacts"]
    assert len(contact_cards(ids, book)) == len(ids)


@pytest.mark.parametrize("intent", ["learn", "human"])
def test_a_guide_flow_answers_with_a_card(intent: str, talk: Any) -> None:
    (reply,), _ = talk.run(ActionShowGuide(), f"/{intent}", intent)
    assert reply["card"]["kind"] == "guide" and reply["card"]["steps"]


@pytest.mark.parametrize(
    ("intent", "text", "guide"),
    [
        ("learn", "如果转了钱怎么办", "already_paid"),
        ("learn", "为什么不能开共享", "screen_share_off"),
        ("learn", "教教我", "learn_top_types"),
        ("learn", "96110打来的电话能信吗", "verify_96110"),
        ("learn", "卡被冻结怎么申诉", "account_frozen"),
        ("learn", "黑客能追款吗", "recovery_scam_warning"),
        ("learn", "能不能把骗子的卡锁住", "folk_tricks"),
        ("learn", "止付是什么意思", "stop_payment_what_police_need"),
        ("learn", "你会不会存我的记录", "privacy"),
        ("learn", "小孩被骗了大人怎么做", "parent_of_minor"),
        ("no_such_intent", "x", ""),
    ],
)
def test_the_words_choose_the_topic(intent: str, text: str, guide: str) -> None:
    assert choose(intent, text)["guide"] == guide


def test_every_guide_can_be_reached() -> None:
    table = content.load("guides")["intents"]
    named = {topic["guide"] for intent in ("learn", "human") for topic in table[intent]}
    for flow in flows.load().values():
        named |= {flow.opening_guide or "", *(end.guide or "" for end in flow.ends)}
    for path in (content.HERE / "outcomes").glob("*.yml"):
        named |= set(re.findall(r"guide: ([a-z0-9_]+)", path.read_text(encoding="utf-8")))
    assert set(guides.load()) - named == set()


def test_a_missing_guide_still_gives_the_hotlines(talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guides, "load", dict)
    replies, _ = talk.run(ActionShowGuide(), "x", "already_paid")
    assert "110" in replies[0]["text"] and replies[0]["card"] is None
    replies, _ = talk.run(ActionEmergency(), "x", "already_paid")
    assert "110" in replies[0]["text"], "an emergency needs no guide"


def test_a_named_bank_comes_first_among_the_hotlines(talk: Any) -> None:
    (reply,), _ = talk.run(ActionShowGuide(), "工商银行的电话是多少", "ask_hotline")
    assert reply["card"]["contacts"][0]["number"] == "95588" and "95588" in reply["text"]
    (reply,), _ = talk.run(ActionShowGuide(), "打哪个电话", "ask_hotline")
    assert reply["card"]["contacts"][0]["number"] == "110"


def test_contacts_that_are_unknown_or_hidden_are_left_out() -> None:
    book = contacts.load()
    hidden = next(record.id for record in book.records if not record.show)
    assert contact_cards(["no_such_contact", hidden], book) == []


@pytest.mark.parametrize(
    ("text", "entities", "role"),
    [
        ("x", [{"entity": "role", "value": "student"}], "student"),
        ("我是送外卖的", [], "driver"),
        ("我是普通居民", [], "resident"),
        ("换个身份", [], None),
        ("x", [{"entity": "role", "value": "admin"}], None),
    ],
)
def test_roles(text: str, entities: list[dict[str, Any]], role: str | None, talk: Any) -> None:
    (reply,), slots = talk.run(ActionSetRole(), text, "set_role", entities)
    assert slots.get("role") == role and reply["buttons"]


@pytest.mark.parametrize(
    ("text", "entities", "value"),
    [
        ("x", [{"entity": "feedback_value", "value": "helpful"}], "helpful"),
        ("你判断错了", [], "wrong"),
        ("没什么用", [], "not_helpful"),
        ("很有帮助", [], "helpful"),
        ("我要反馈", [], None),
        ("x", [{"entity": "feedback_value", "value": "drop table"}], None),
    ],
)
def test_feedback(text: str, entities: list[dict[str, Any]], value: str | None, talk: Any) -> None:
    (reply,), _ = talk.run(ActionFeedback(), text, "feedback", entities)
    if value:
        assert reply["command"] == "feedback" and reply["value"] == value
    else:
        assert "command" not in reply and len(reply["buttons"]) == 3


def test_forgetting_gives_a_receipt_a_command_and_a_restart(talk: Any) -> None:
    (reply,), _ = talk.run(ActionForget(), "删除我的数据", "delete_data")
    assert reply["command"] == "forget" and reply["text"]
    assert [event["event"] for event in talk.events] == ["reset_slots", "restart"]
