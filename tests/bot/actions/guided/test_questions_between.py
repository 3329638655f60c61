"""A general question inside a conversation is answered, and an order pasted later adds its signs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.actions.guided import desk as desks
from bot.actions.guided import times
from bot.actions.guided.hearing import Heard, weigh
from bot.actions.guided.machine import Scene
from bot.actions.guided.state import Desk, dump
from bot.actions.guided_form import ValidateGuidedForm
from bot.assessment.model import Assessment, Candidate, Verdict

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=times.CHINA)
ORDER = (
    "跑腿单:去建设银行门口取一箱现金,客户封死了不让打开看,送到高速路口交给戴口罩的人,"
    "备注写着别问放下就走,派出所问就说不知道,送到再加两百小费"
)


def desk_at(flow: str, first: str = "") -> Desk:
    return desks.begin(Desk(None, ()), flow, Scene(NOW), first).desk


def heard(flow: str, text: str, intent: str = "learn") -> Heard:
    state = desk_at(flow).open
    assert state is not None
    return weigh(state, text, intent, 0.9, NOW)


@pytest.mark.parametrize(
    ("flow", "question"),
    [
        ("verify_official", "警察会在电话里办案吗"),
        ("verify_official", "银行客服会要验证码吗"),
        ("verify_official", "公安办案会不会加微信?"),
        ("stop_payment", "银行能不能把钱追回来吗"),
        ("report", "匿名举报会不会被知道?"),
        ("driver_order", "送现金算不算违法吗"),
    ],
)
def test_a_question_about_nobody_in_particular_is_no_answer(flow: str, question: str) -> None:
    for intent in ("learn", "check"):
        assert heard(flow, question, intent) is Heard.ASIDE


@pytest.mark.parametrize(
    ("flow", "answer"),
    [
        ("verify_official", "他说他是警察 是真的吗"),
        ("verify_official", "银行客服?"),
        ("verify_official", "自称公安打电话给我的"),
        ("stop_payment", "刚才用微信转的"),
    ],
)
def test_what_happened_to_the_person_stays_an_answer(flow: str, answer: str) -> None:
    assert heard(flow, answer, "check") is Heard.ANSWER


def tracker_slots(desk: Desk) -> dict[str, Any]:
    return {"guided": dump(desk), "requested_slot": "guided_answer"}


def test_the_question_is_answered_and_the_open_one_repeated(talk: Any, make_judge: Any) -> None:
    judge = make_judge(RuntimeError())
    talk.slots = tracker_slots(desk_at("verify_official"))
    replies, kept = talk.run(
        ValidateGuidedForm(lambda: NOW, lambda: judge), "警察会在电话里办案吗", "verify_official"
    )
    assert len(replies) == 2 and replies[0]["card"]["kind"] == "guide"
    assert "自称是谁" in replies[1]["text"] and replies[1]["buttons"]
    assert kept["guided"]["open"]["answers"] == {}


def test_a_pasted_order_is_judged_and_its_signs_count(talk: Any, make_judge: Any) -> None:
    found = Assessment(
        verdict=Verdict.SCAM,
        probability=0.9,
        scam_type="gold_cash_courier",
        candidates=(Candidate("gold_cash_courier", "x", 0.9),),
    )
    talk.slots = tracker_slots(desk_at("driver_order"))
    form = ValidateGuidedForm(lambda: NOW, lambda: make_judge(found))
    replies, kept = talk.run(form, ORDER, "paste")
    answers = kept["guided"]["open"]["answers"]
    assert answers["what"] == "cash" and answers["look"] == "refused" and answers["talk"] == "like_scam"
    assert replies[0]["card"]["kind"] == "verdict" and replies[1]["buttons"] and len(replies) == 2


def test_elsewhere_a_pasted_text_stays_beside_the_conversation() -> None:
    assert heard("stop_payment", "【银行】" + ORDER, "paste") is Heard.ASIDE


@pytest.mark.parametrize("answer", ["半小时前", "30 minutes ago", "三万二", "工商银行"])
def test_a_bare_answer_is_no_emergency_whatever_it_resembles(answer: str) -> None:
    state = desk_at("stop_payment", "我刚被骗了").open
    assert state is not None
    assert weigh(state, answer, "on_the_line", 1.0, NOW) is Heard.ANSWER
    assert weigh(state, "我现在还在跟骗子通话", "on_the_line", 1.0, NOW) is Heard.ELSEWHERE


def test_a_buttons_title_typed_is_no_emergency() -> None:
    state = desks.press(desk_at("verify_official"), "verify_official:who:police", Scene(NOW)).desk
    state = desks.press(state, "verify_official:how:call", Scene(NOW)).desk
    assert state.open is not None and state.open.at == "asks"
    assert weigh(state.open, "转钱付款", "already_paid", 1.0, NOW) is Heard.ANSWER
