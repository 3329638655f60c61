"""The guided conversations in Rasa: what is an answer, what is an interruption, what leads elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.actions.greet import ActionGreet
from bot.actions.guided import times
from bot.actions.guided.hearing import Heard, weigh
from bot.actions.guided.state import State
from bot.actions.guided_form import (
    ActionBeginGuided,
    ActionGuidedAnswer,
    ActionResumeGuided,
    ValidateGuidedForm,
)
from bot.assessment.model import Verdict

NOW = datetime(2026, 11, 22, 13, 20, tzinfo=times.CHINA)


def clock() -> datetime:
    return NOW


def at(question: str, flow: str = "stop_payment") -> State:
    return State(flow, NOW.timestamp(), NOW.timestamp(), at=question)


@pytest.mark.parametrize(
    ("question", "text", "intent", "confidence", "heard"),
    [
        ("how", "我转了三万给他", "already_paid", 0.9, Heard.ANSWER),
        ("how", "支付宝", "ask_hotline", 0.8, Heard.ANSWER),
        ("bank", "工商银行", "verify_official", 0.9, Heard.ANSWER),
        ("bank", "怎么举报这个号码", "report", 0.9, Heard.ELSEWHERE),
        ("how", "我现在还在跟骗子通话", "on_the_line", 1.0, Heard.ELSEWHERE),
        ("how", "验证码我也给他了", "gave_info", 0.9, Heard.ELSEWHERE),
        ("when", "什么是杀猪盘？", "learn", 0.7, Heard.ASIDE),
        ("payee", "【顺丰】您的包裹丢失 http://a.top", "paste", 1.0, Heard.ASIDE),
        ("payee", "张三", "check", 1.0, Heard.ANSWER),
        ("when", "退出", "cancel", 0.9, Heard.ANSWER),
        ("when", "删除我的数据", "delete_data", 0.9, Heard.ELSEWHERE),
        ("contact", "他先打电话自称客服，然后加了微信群，让我下载一个软件，一步一步教我转的钱", "paste", 1.0,
         Heard.ANSWER),
        ("when", "谢谢", "thanks", 0.9, Heard.ANSWER),
        ("when", "我不想活了", "distress", 1.0, Heard.ELSEWHERE),
    ],
)  # fmt: skip
def test_where_a_message_belongs(
    question: str, text: str, intent: str, confidence: float, heard: Heard
) -> None:
    assert weigh(at(question), text, intent, confidence, NOW) is heard


def test_after_the_result_only_corrections_stay() -> None:
    done = State("stop_payment", 0.0, 0.0, answers={"amount": None}, at=None, status="done")
    assert weigh(done, "金额不对是五万", "check", 1.0, NOW) is Heard.ANSWER
    assert weigh(done, "谢谢", "thanks", 0.9, NOW) is Heard.ELSEWHERE


def begun(talk: Any, text: str, flow: str = "stop_payment") -> dict[str, Any]:
    pressed = [{"entity": "guided_flow", "value": flow}]
    _, slots = talk.run(ActionBeginGuided(clock), text, "begin", pressed)
    talk.slots = slots
    return slots


def form(talk: Any, text: str, intent: str = "check", judge: Any = None, value: str | None = None) -> Any:
    entities = [{"entity": "guided_answer", "value": value}] if value else []
    action = ValidateGuidedForm(clock, judge) if judge else ValidateGuidedForm(clock)
    replies, slots = talk.run(action, text, intent, entities)
    talk.slots = {**talk.slots, **slots}
    return replies, slots


def test_an_answer_moves_the_conversation_on(talk: Any) -> None:
    begun(talk, "刚转了三千")
    replies, slots = form(talk, "支付宝")
    assert slots["guided"]["open"]["answers"]["how"] == "alipay"
    assert "收款人" in replies[0]["text"]


def test_what_belongs_elsewhere_gets_no_event(talk: Any) -> None:
    begun(talk, "刚转了三千")
    assert form(talk, "我现在还在跟骗子通话", "on_the_line") == ([], {})
    assert form(talk, "/menu", "menu") == ([], {})


def test_a_question_in_between_is_answered_once_and_the_open_one_asked_again(
    talk: Any, make_judge: Any, make_assessment: Any
) -> None:
    begun(talk, "刚转了三千")
    judge = make_judge(make_assessment(Verdict.SCAM))
    replies, slots = form(talk, "【顺丰】您的包裹丢失，点击 http://a.top 理赔", "paste", lambda: judge)
    assert replies[0]["card"]["kind"] == "verdict" and not replies[0]["buttons"]
    assert "怎么出去的" in replies[1]["text"] and replies[1]["buttons"]
    assert slots["guided"]["open"]["at"] == "how"


def test_a_broken_assessor_in_between_does_not_end_the_conversation(talk: Any, make_judge: Any) -> None:
    begun(talk, "刚转了三千")
    judge = make_judge(RuntimeError("x"))
    replies, slots = form(talk, "【顺丰】您的包裹丢失，点击 http://a.top 理赔", "paste", lambda: judge)
    assert replies and slots["guided"]["open"]["at"] == "how"


def test_a_button_of_a_forgotten_conversation_begins_it_with_that_answer(talk: Any) -> None:
    pressed = [{"entity": "guided_answer", "value": "stop_payment:how:alipay"}]
    replies, slots = talk.run(ActionGuidedAnswer(clock), "/answer", "answer", pressed)
    assert slots["guided"]["open"]["answers"] == {"how": "alipay"} and replies


@pytest.mark.parametrize("value", ["nobody:how:alipay", "stop_payment:nothing:x", "stop_payment:do:fly"])
def test_a_button_that_means_nothing_gets_a_sentence(value: str, talk: Any) -> None:
    replies, _ = talk.run(
        ActionGuidedAnswer(clock), "/answer", "answer", [{"entity": "guided_answer", "value": value}]
    )
    assert replies and replies[0]["text"]


def test_an_unknown_flow_gets_a_sentence(talk: Any) -> None:
    replies, _ = talk.run(
        ActionBeginGuided(clock), "/begin", "begin", [{"entity": "guided_flow", "value": "nobody"}]
    )
    assert replies[0]["text"]


def test_resuming_with_and_without_something_to_resume(talk: Any) -> None:
    replies, _ = talk.run(ActionResumeGuided(clock), "继续", "resume")
    assert "没有没弄完的" in replies[0]["text"]
    begun(talk, "刚转了三千")
    replies, slots = talk.run(ActionResumeGuided(clock), "继续", "resume")
    assert "怎么出去的" in replies[0]["text"] and slots["requested_slot"] == "guided_answer"


def test_who_comes_back_with_hello_is_offered_the_unfinished_one(talk: Any) -> None:
    begun(talk, "刚转了三千")
    replies, _ = talk.run(ActionGreet(), "你好", "greet")
    assert "紧急止付" in replies[1]["text"] and replies[1]["buttons"][0]["title"] == "接着刚才的"


def test_a_state_of_an_older_release_is_dropped(talk: Any) -> None:
    talk.slots = {"guided": {"open": {"flow": "gone", "began": 1, "touched": 1}, "waiting": []}}
    assert form(talk, "三万") == ([], {})


def test_english_stays_english_over_a_button(talk: Any) -> None:
    begun(talk, "I just sent him 5000 yuan")
    assert talk.slots["language"] == "en"
    replies, _ = form(talk, "/answer", "answer", value="stop_payment:how:alipay")
    assert "Payee" in replies[0]["text"]
    replies, slots = form(talk, "张三 支付宝账号")
    assert slots["language"] == "zh" and "流水" in replies[0]["text"], (
        "switching the language mid-way loses nothing"
    )
