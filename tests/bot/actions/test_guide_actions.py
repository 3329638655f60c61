"""Emergencies, guides and small services."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions import content
from bot.actions.driver_order import ActionDriverOrder
from bot.actions.emergency import ActionEmergency
from bot.actions.feedback import ActionFeedback
from bot.actions.forget import ActionForget
from bot.actions.guide_card import contact_cards
from bot.actions.set_role import ActionSetRole
from bot.actions.show_guide import ActionShowGuide, choose
from bot.assessment.model import Verdict
from knowledge_base import contacts, guides


@pytest.mark.parametrize(
    ("intent", "text", "guide"),
    [
        ("already_paid", "我转了三千", "already_paid"),
        ("already_paid", "/already_paid", "already_paid"),
        ("already_paid", "金条已经寄走了", "gold_or_cash_handed_over"),
        ("gave_info", "验证码给了", "gave_code_or_card"),
        ("on_the_line", "电话还没挂", "on_the_line"),
        ("on_the_line", "正在共享屏幕", "sharing_screen"),
    ],
)
def test_an_emergency_names_110_first_then_gives_the_guide_and_one_question(
    intent: str, text: str, guide: str, talk: Any
) -> None:
    talk.slots = {"checked_text": "旧的", "clarify_want": "code"}
    talk.in_form = True
    (first, question), slots = talk.run(ActionEmergency(), text, intent)
    assert first["card"]["title"] == guides.load()[guide].title
    assert "110" in first["text"].split("\n")[0]
    assert question["buttons"] and question["card"] is None
    assert slots["checked_text"] is None and slots["clarify_want"] is None
    assert {"event": "active_loop", "name": None, "timestamp": None} in talk.events


def test_every_guide_named_in_the_table_exists() -> None:
    table = content.load("guides")["intents"]
    named = {topic["guide"] for topics in table.values() for topic in topics}
    assert named <= set(guides.load())
    book = contacts.load()
    ids = content.load("guides")["hotlines"]["contacts"]
    assert len(contact_cards(ids, book)) == len(ids)


@pytest.mark.parametrize(
    "intent", ["report", "learn", "verify_official", "human", "distress", "minor_threatened"]
)
def test_a_guide_flow_answers_with_a_card(intent: str, talk: Any) -> None:
    (reply,), _ = talk.run(ActionShowGuide(), f"/{intent}", intent)
    assert reply["card"]["kind"] == "guide" and reply["card"]["steps"]


@pytest.mark.parametrize(
    ("intent", "text", "guide"),
    [
        ("learn", "如果转了钱怎么办", "already_paid"),
        ("learn", "为什么不能开共享", "screen_share_off"),
        ("learn", "教教我", "learn_top_types"),
        ("verify_official", "96110打来的真假", "verify_96110"),
        ("report", "报案带什么材料", "evidence_checklist"),
        ("no_such_intent", "x", ""),
    ],
)
def test_the_words_choose_the_topic(intent: str, text: str, guide: str) -> None:
    assert choose(intent, text)["guide"] == guide


def test_a_missing_guide_still_gives_the_hotlines(talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guides, "load", dict)
    for action in (ActionShowGuide(), ActionEmergency()):
        replies, _ = talk.run(action, "x", "already_paid")
        assert "110" in replies[0]["text"] and replies[0]["card"] is None


def test_a_named_bank_comes_first_among_the_hotlines(talk: Any) -> None:
    (reply,), _ = talk.run(ActionShowGuide(), "工商银行的电话是多少", "ask_hotline")
    assert reply["card"]["contacts"][0]["number"] == "95588" and "95588" in reply["text"]
    (reply,), _ = talk.run(ActionShowGuide(), "打哪个电话", "ask_hotline")
    assert reply["card"]["contacts"][0]["number"] == "110"


def test_contacts_that_are_unknown_or_hidden_are_left_out() -> None:
    book = contacts.load()
    hidden = next(record.id for record in book.records if not record.show)
    assert contact_cards(["no_such_contact", hidden], book) == []


def test_a_pasted_order_is_judged_after_the_drivers_guide(
    talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    judge = make_judge(make_assessment(Verdict.SCAM))
    replies, slots = talk.run(
        ActionDriverOrder(lambda: judge), "跑腿单:去老人家取一包现金送到路口", "driver_order"
    )
    assert [reply["card"]["kind"] for reply in replies] == ["guide", "verdict"] and slots["role"] == "driver"
    replies, _ = talk.run(ActionDriverOrder(lambda: judge), "/driver_order", "driver_order")
    assert len(replies) == 1


def test_a_calm_or_failed_judgement_of_an_order_leaves_the_guide_alone(
    talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    for answer in (make_assessment(Verdict.NO_KNOWN_RISK), RuntimeError()):
        judge = make_judge(answer)
        replies, _ = talk.run(
            ActionDriverOrder(lambda judge=judge: judge), "跑腿单:去药店买一盒感冒药送回家", "driver_order"
        )
        assert len(replies) == 1


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
