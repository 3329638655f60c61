"""Numbers, sums and times as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.guided import answers, numbers, times
from bot.actions.guided.flow import Question

NOW = datetime(2026, 11, 22, 13, 20, tzinfo=times.CHINA)


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("三万二", 32_000),
        ("2w", 20_000),
        ("2w5", 25_000),
        ("一万多", 10_000),
        ("3.5万", 35_000),
        ("两千块", 2_000),
        ("十二万", 120_000),
        ("5000元", 5_000),
        ("壹万", 10_000),
        ("10,000", 10_000),
        ("一百二", 120),
        ("两千五百零三", 2_503),
        ("五", 5),
        ("1万2千3", 12_300),
        ("一共3万，一笔2万一笔1万", 30_000),
        ("转了一万又转了5千", 15_000),
        ("不对，是五万", 50_000),
        ("２万", 20_000),
        ("十分钟前转了三万二给张三", 32_000),
    ],
)
def test_sums(text: str, yuan: float) -> None:
    found = numbers.money(text, asked=True)
    assert found is not None and found["yuan"] == yuan


@pytest.mark.parametrize("text", ["千万别", "有一点", "没有", "<银行卡#1>", "三点半"])
def test_words_that_are_no_sum(text: str) -> None:
    assert numbers.money(text, asked=True) is None


@pytest.mark.parametrize("text", ["十分钟前", "第3笔", "20号", "12345678", "2个人"])
def test_numbers_in_passing_are_no_sum(text: str) -> None:
    assert numbers.money(text, asked=False) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("刚才", "2026-11-22 13:20"),
        ("半小时前", "2026-11-22 12:50"),
        ("一个半小时前", "2026-11-22 11:50"),
        ("昨天下午三点", "2026-11-21 15:00"),
        ("昨晚8点半", "2026-11-21 20:30"),
        ("11月20号", "2026-11-20 12:00"),
        ("今早", "2026-11-22 09:00"),
        ("晚上11点", "2026-11-21 23:00"),
        ("2025-3-5 14:05", "2025-03-05 14:05"),
        ("20 minutes ago", "2026-11-22 13:00"),
        ("上午十点一刻", "2026-11-22 10:15"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    found = times.read(text, NOW, asked=True)
    assert found is not None
    assert datetime.fromtimestamp(found["at"], times.CHINA).strftime("%Y-%m-%d %H:%M") == expected


@pytest.mark.parametrize("text", ["有一点", "早上好", "现在还在通话", "三点建议"])
def test_words_in_passing_are_no_moment(text: str) -> None:
    assert times.read(text, NOW, asked=False) is None


AMOUNT = Question(id="amount", name="金额", ask="多少？", kind="amount")
WHEN = Question(id="when", name="时间", ask="何时？", kind="time")
BANK = Question(id="bank", name="银行", ask="哪家？", kind="bank")


@pytest.mark.parametrize(
    ("question", "text", "trouble"),
    [
        (AMOUNT, "0", "amount_not_positive"),
        (AMOUNT, "-5", "amount_not_positive"),
        (AMOUNT, "1000000000000", "amount_too_big"),
        (AMOUNT, "很多", "no_amount"),
        (WHEN, "明天", "time_in_future"),
        (WHEN, "12月1号", "time_in_future"),
        (WHEN, "1900-1-1", "no_time"),
        (WHEN, "不好说", "no_time"),
        (BANK, "一笔", "no_bank"),
    ],
)
def test_what_cannot_be_is_named(question: Question, text: str, trouble: str) -> None:
    assert answers.read(question, text, NOW).trouble == trouble


def test_a_bank_is_found_by_its_short_name_and_an_unlisted_one_is_kept() -> None:
    assert answers.read(BANK, "我用工行的卡", NOW).value == {"name": "工商银行", "contact": "bank_icbc"}
    assert answers.read(BANK, "桂林银行", NOW).value["contact"] is None
    first = answers.read(BANK, "工行卡转到对方建设银行", NOW).value
    assert first["name"] == "工商银行", "the first one named is the person's own"


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text: str) -> None:
    for question in (AMOUNT, WHEN, BANK):
        answers.read(question, text, NOW)
        answers.read(question, text, NOW, asked=False)
