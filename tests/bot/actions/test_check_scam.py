"""Verdicts, questions, and what happens when the assessor fails."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import pytest

from bot.actions import content
from bot.actions.check_scam import ActionCancel, ActionCheckScam, ActionConcludeCheck
from bot.actions.verdict_reply import LONGEST_KEPT
from bot.assessment.model import Verdict

TEXT = "您好,请把验证码告诉客服。"


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.UNCLEAR])
def test_a_known_verdict_asks_about_losses_first_and_then_shows_the_card(
    verdict: Verdict, talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    judge = make_judge(make_assessment(verdict, TEXT, "验证码"))
    (question, answer), slots = talk.run(ActionCheckScam(lambda: judge), TEXT)
    assert [b["payload"] for b in question["buttons"]] == [
        "/already_paid",
        "/gave_info",
        "/on_the_line",
        "/none_yet",
    ]
    card = answer["card"]
    assert card["kind"] == "verdict" and card["verdict"] == str(verdict)
    assert "".join(piece["text"] for piece in card["segments"]) == TEXT
    assert [p["text"] for p in card["segments"] if p["flags"] == ["ask_code"]] == ["验证码"]
    assert all(card[key] for key in ("label", "headline", "action", "notice"))
    assert slots["check_state"] == "known" and "checked_text" not in slots


def test_a_loss_already_denied_is_not_asked_again_when_nothing_is_alarming(
    talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    talk.slots = {"none_lost": True}
    calm = make_judge(make_assessment(Verdict.NO_KNOWN_RISK))
    replies, _ = talk.run(ActionCheckScam(lambda: calm), TEXT)
    assert len(replies) == 1
    alarming = make_judge(make_assessment(Verdict.SCAM))
    replies, _ = talk.run(ActionCheckScam(lambda: alarming), TEXT)
    assert len(replies) == 2


def test_unclear_opens_the_questions_and_keeps_a_bounded_text(
    talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    judge = make_judge(make_assessment(Verdict.UNCLEAR))
    replies, slots = talk.run(ActionCheckScam(lambda: judge), "字" * 5000)
    assert len(replies) == 1 and replies[0]["buttons"] and replies[0]["card"]["verdict"] == "unclear"
    assert slots["check_state"] == "unclear" and len(slots["checked_text"]) == LONGEST_KEPT


def test_answers_are_judged_with_the_text_and_then_forgotten(
    talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    judge = make_judge(make_assessment(Verdict.UNCLEAR))
    talk.slots = {
        "checked_text": "有人加我",
        "clarify_want": "transfer",
        "clarify_who": "村口的人",
        "clarify_way": "unknown",
    }
    replies, slots = talk.run(ActionConcludeCheck(lambda: judge), "x")
    options = content.load("clarify")["slots"]
    assert judge.history == [
        "\n".join(["有人加我", options["clarify_want"]["options"]["transfer"]["sentence"], "村口的人"])
    ]
    assert slots["check_state"] == "known", "an unclear conclusion never asks a second round"
    assert slots["checked_text"] is None and slots["clarify_want"] is None
    assert replies[-1]["card"]["verdict"] == "unclear"
    assert replies[-1]["card"]["label"] == content.load("verdict")["verdicts"]["still_unclear"]["label"]


def test_never_mind_concludes_with_what_was_answered(
    talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    judge = make_judge(make_assessment(Verdict.SCAM))
    talk.slots = {"checked_text": "有人加我", "clarify_want": "code"}
    replies, _ = talk.run(ActionCancel(lambda: judge), "算了", "cancel")
    assert replies[-1]["card"]["verdict"] == "scam"
    talk.slots = {}
    replies, _ = talk.run(ActionCancel(lambda: judge), "算了", "cancel")
    assert len(replies) == 1 and replies[0]["card"] is None


@pytest.mark.parametrize("action", [ActionCheckScam, ActionConcludeCheck])
def test_a_failing_assessor_leaves_the_hotlines_and_no_words_in_the_log(
    action: Any, talk: Any, make_judge: Any, caplog: pytest.LogCaptureFixture
) -> None:
    judge = make_judge(RuntimeError("secret " + TEXT))
    talk.slots = {"checked_text": TEXT}
    with caplog.at_level(logging.DEBUG):
        replies, slots = talk.run(action(lambda: judge), TEXT)
    assert "110" in replies[0]["text"] and "96110" in replies[0]["text"]
    assert slots["check_state"] == "known"
    assert "RuntimeError" in caplog.text and TEXT not in caplog.text and "secret" not in caplog.text


def test_an_assessor_that_cannot_be_loaded_is_a_failure_like_any_other(talk: Any) -> None:
    def broken() -> Any:
        raise OSError("no index")

    replies, _ = talk.run(ActionCheckScam(broken), TEXT)
    assert "96110" in replies[0]["text"]


@pytest.mark.parametrize("text", ["", "   ", "/check", '/greet{"x":1}', "/restart"])
def test_no_text_asks_for_one(text: str, talk: Any, make_judge: Any, make_assessment: Any) -> None:
    judge = make_judge(make_assessment(Verdict.SCAM))
    replies, slots = talk.run(ActionCheckScam(lambda: judge), text)
    assert judge.history == [] and len(replies) == 1 and slots["check_state"] == "known"


@pytest.mark.parametrize("text", ["😀🙏", "……!!", "\u200b\u200b"])
def test_nothing_readable_says_so(text: str, talk: Any, make_judge: Any, make_assessment: Any) -> None:
    judge = make_judge(make_assessment(Verdict.SCAM))
    replies, _ = talk.run(ActionCheckScam(lambda: judge), text)
    assert judge.history == [] and "110" in replies[0]["text"]


@pytest.mark.parametrize("text", ["／restart", '／greet{"x":1}', "/转账 给他"])
def test_a_strangers_slash_is_a_text_like_any_other(
    text: str, talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    judge = make_judge(make_assessment(Verdict.NO_KNOWN_RISK))
    talk.run(ActionCheckScam(lambda: judge), text)
    assert judge.history == [text]


def test_a_long_text_is_abridged_around_its_red_flags(
    talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    text = "字" * 2000 + "验证码" + "字" * 2000
    judge = make_judge(make_assessment(Verdict.SCAM, text, "验证码"))
    replies, _ = talk.run(ActionCheckScam(lambda: judge), text)
    shown = "".join(piece["text"] for piece in replies[1]["card"]["segments"])
    assert "验证码" in shown and "…" in shown and len(shown) < 500


def test_a_type_that_tells_nothing_is_not_named(talk: Any, make_judge: Any, make_assessment: Any) -> None:
    vague = dataclasses.replace(
        make_assessment(Verdict.SUSPICIOUS), scam_type="other_unknown", scam_type_name="其他/待定"
    )
    replies, _ = talk.run(ActionCheckScam(lambda: make_judge(vague)), TEXT)
    assert replies[1]["card"]["scam_type"] is None and "其他" not in replies[1]["text"]
