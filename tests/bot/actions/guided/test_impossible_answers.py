"""What cannot be an answer mid-flow: numbers of papers, times to come, sums that are none, pictures. Nothing is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.actions.guided import times
from bot.actions.guided.flow import load
from bot.actions.guided.hearing import Heard, weigh
from bot.actions.guided.machine import Scene, Step, begin, hear
from bot.actions.guided.state import State

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=times.CHINA)
SCENE = Scene(NOW)
FLOW = load()["stop_payment"]
SUM = {"yuan": 3000.0, "about": False, "said": ""}
PICTURE = "转账成功\n￥3,000.00\n收款方\n张*三\n商户单号\n" + "10000500" * 6


def asked(question: str, **answers: object) -> State:
    return State("stop_payment", NOW.timestamp(), NOW.timestamp(), at=question, answers=answers)


def told(question: str, text: str, **answers: object) -> Step:
    return hear(FLOW, asked(question, **answers), text, SCENE)


@pytest.mark.parametrize(
    "text", ["<身份证#1>", "<银行卡#1>", "我的身份证号是<身份证#1>", "卡号：<银行卡#2>。"]
)
@pytest.mark.parametrize("intent", ["check", "paste", "gave_info", "out_of_scope"])
def test_a_pasted_paper_number_is_put_away_and_the_question_asked_again(text: str, intent: str) -> None:
    state = asked("how", amount=SUM)
    assert weigh(state, text, intent, 1.0, NOW) is Heard.ANSWER
    step = hear(FLOW, state, text, SCENE)
    (says,) = step.says
    assert says.text.count("号码我收起来了") == 1 and "没听明白" not in says.text
    question = FLOW.question("how")
    assert question and question.ask.split("？")[0] in says.text
    assert (step.state.at, step.state.misses) == ("how", 0)
    assert step.state.answers["amount"] == SUM


def test_words_beside_a_number_are_still_heard() -> None:
    step = told("how", "从<银行卡#1>用支付宝付的")
    assert step.state.answers["how"] == "alipay"


@pytest.mark.parametrize("text", ["明天下午三点转的", "2030年1月5号"])
def test_a_time_to_come_is_said_so_whatever_is_asked(text: str) -> None:
    step = told("how", text)
    assert "这个时间还没到" in step.says[0].text and step.state.at == "how"
    assert "when" not in step.state.answers


def test_a_correction_to_what_cannot_be_is_said_so_and_asked_again() -> None:
    step = told("how", "改金额 0 元", amount=SUM)
    assert step.says[0].text.startswith("金额要比 0 多") and step.state.at == "amount"
    step = told("how", "时间不对，是明天", when={"at": NOW.timestamp(), "exact": True, "said": "刚才"})
    assert step.says[0].text.startswith("这个时间还没到") and step.state.at == "when"


@pytest.mark.parametrize("sum_", ["0", "-5元", "1000000000000"])
def test_sums_that_are_none_are_said_so_and_the_rest_is_kept(sum_: str) -> None:
    opened = begin(FLOW, SCENE, "刚用支付宝转的").state
    state = State(opened.flow, opened.began, opened.touched, at="amount", answers=dict(opened.answers))
    step = hear(FLOW, state, sum_, SCENE)
    assert "没听明白" not in step.says[0].text and "0" in step.says[0].text
    assert step.state.at == "amount" and step.state.answers["how"] == "alipay"


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("half an hour ago", timedelta(minutes=30)),
        ("half hour ago", timedelta(minutes=30)),
        ("2 hours ago", timedelta(hours=2)),
        ("an hour ago", timedelta(hours=1)),
        ("ten minutes ago", timedelta(minutes=10)),
        ("a few minutes ago", timedelta(minutes=3)),
        ("a couple of hours ago", timedelta(hours=2)),
        ("yesterday evening", timedelta(hours=19)),
        ("yesterday at 3 pm", timedelta(hours=24)),
        ("3:30 pm yesterday", timedelta(hours=23, minutes=30)),
        ("this morning", timedelta(hours=6)),
        ("two days ago", timedelta(days=2)),
        ("the day before yesterday", timedelta(days=2, hours=3)),
        ("a week ago", timedelta(days=7)),
    ],
)
def test_english_times(text: str, ago: timedelta) -> None:
    found = times.read(text, NOW, asked=True)
    assert found and datetime.fromtimestamp(found["at"], times.CHINA) == NOW - ago


@pytest.mark.parametrize("text", ["下周三", "next week", "后天"])
def test_times_to_come_are_read_as_such(text: str) -> None:
    found = times.read(text, NOW, asked=True)
    assert found and found["at"] > NOW.timestamp()


def test_a_picture_in_the_middle_is_judged_and_the_question_waits() -> None:
    assert weigh(asked("how"), "群公告\n每日任务\n佣金日结\n名额有限", "paste", 1.0, NOW) is Heard.ASIDE
    assert weigh(asked("payee"), PICTURE, "paste", 1.0, NOW) is Heard.ASIDE
    # The receipt of the payment itself tells something: kept, and the question asked again.
    assert weigh(asked("how"), PICTURE, "paste", 1.0, NOW) is Heard.ANSWER
    step = told("how", PICTURE)
    assert step.state.answers["amount"]["yuan"] == 3000
    assert step.state.at == "when" and "什么时候" in step.says[0].text
    # Typed lines are no picture: a name, an account and a bank; a way of paying.
    assert weigh(asked("payee"), "张三\n<银行卡#1>\n工商银行", "paste", 1.0, NOW) is Heard.ANSWER
    assert weigh(asked("how"), "刚才\n三万\n支付宝", "paste", 1.0, NOW) is Heard.ANSWER


@pytest.mark.parametrize(
    "text", ["货我已经交出去了", "已经交出去了", "都给他了", "刚送到了", "交给戴口罩的人了"]
)
@pytest.mark.parametrize("intent", ["already_paid", "gave_info"])
def test_a_drivers_goods_are_no_lost_money(text: str, intent: str) -> None:
    state = State("driver_order", NOW.timestamp(), NOW.timestamp(), at="stage")
    assert weigh(state, text, intent, 0.9, NOW) is Heard.ANSWER


@pytest.mark.parametrize("text", ["我自己的钱也转给他了", "我垫了三千给他了", "我被骗走两千了"])
def test_a_drivers_own_money_is(text: str) -> None:
    state = State("driver_order", NOW.timestamp(), NOW.timestamp(), at="stage")
    assert weigh(state, text, "already_paid", 0.9, NOW) is Heard.ELSEWHERE
