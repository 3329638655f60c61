"""A driver's order: the words choose the conversation, the assessor answers what the order itself says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.driver_order import ActionDriverOrder
from bot.assessment.model import Assessment, Candidate, Verdict


def judged(verdict: Verdict, scam_type: str | None) -> Assessment:
    candidates = (Candidate(scam_type, "x", 0.9),) if scam_type else ()
    return Assessment(verdict=verdict, probability=0.9, scam_type=scam_type, candidates=candidates)


def opened(slots: dict[str, Any]) -> dict[str, Any]:
    state = slots["guided"]["open"]
    assert isinstance(state, dict)
    return state


@pytest.mark.parametrize(
    ("verdict", "scam_type", "said"),
    [
        (Verdict.SCAM, "gold_cash_courier", "like_scam"),
        (Verdict.SUSPICIOUS, "mule_tool_person", "odd"),
        (Verdict.SUSPICIOUS, "fake_shopping_service", None),
        (Verdict.NO_KNOWN_RISK, None, None),
        (Verdict.UNCLEAR, "gold_cash_courier", None),
    ],
)
def test_the_verdict_answers_what_the_order_says(
    talk: Any, make_judge: Any, verdict: Verdict, scam_type: str | None, said: str | None
) -> None:
    judge = make_judge(judged(verdict, scam_type))
    words = "跑腿单：去老人家取一包东西送到路口，备注别问放下就走"
    replies, slots = talk.run(ActionDriverOrder(lambda: judge), words, "driver_order")
    assert opened(slots)["answers"].get("talk") == said
    assert opened(slots)["answers"]["place"] == "elder_home"
    assert slots["role"] == "driver" and replies[-1]["buttons"]
    assert len(replies) == 2 and not replies[0]["buttons"]
    kinds = [reply["card"]["kind"] for reply in replies if reply["card"]]
    assert kinds == (["verdict"] if said else [])
    assert bool(slots.get("last_check")) == bool(said)


def test_a_failed_judgement_or_a_short_word_leaves_the_questions_alone(talk: Any, make_judge: Any) -> None:
    judge = make_judge(RuntimeError())
    for words in ("跑腿单:去药店买一盒感冒药送回家，下午三点前到", "可疑订单", "/driver_order"):
        replies, slots = talk.run(ActionDriverOrder(lambda: judge), words, "driver_order")
        assert "talk" not in opened(slots)["answers"] and replies
    assert len(judge.history) == 1


@pytest.mark.parametrize(
    ("words", "flow"),
    [
        ("我车上捡到一包银行卡", "driver_found"),
        ("有人招司机取现金 日结八百", "driver_job"),
        ("送完那个盒子我会不会犯法", "driver_law"),
        ("怎么拒绝这个乘客", "driver_say_no"),
        ("我报过警了 给我开个证明", "driver_proof"),
        ("这单能送吗", "driver_order"),
        ("/driver_order", "driver_order"),
    ],
)
def test_the_words_choose_the_conversation(talk: Any, make_judge: Any, words: str, flow: str) -> None:
    judge = make_judge(judged(Verdict.UNCLEAR, None))
    _, slots = talk.run(ActionDriverOrder(lambda: judge), words, "driver_order")
    assert opened(slots)["flow"] == flow
