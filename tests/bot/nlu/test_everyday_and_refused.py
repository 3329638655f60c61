"""What sounds like an emergency and is none, and the emergencies beside it that must not get lost."""

from __future__ import annotations

import pytest

from bot.nlu.routing import load_lexicon, route

LEXICON = load_lexicon()
EMERGENCIES = ("already_paid", "gave_info", "on_the_line")


def routed(text: str, guess: str, confidence: float = 0.8) -> str:
    return route(text, guess, confidence, LEXICON, {guess: confidence}).intent


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("我把房贷还了四千", "already_paid"),
        ("刚给奶奶转了五百块生活费", "already_paid"),
        ("老师先给我转了三十块佣金", "already_paid"),
        ("我的钱已经追回来了 谢谢", "already_paid"),
        ("付款被银行拦下来了 钱没有出去", "already_paid"),
        ("他要我交定金 我没交 没理他", "already_paid"),
        ("去年我邻居刷单被骗了四万", "already_paid"),
        ("电视上说一个老人把金条寄走了", "already_paid"),
        ("骗子要密码 我没给", "gave_info"),
        ("我去派出所办证刷了脸", "gave_info"),
        ("爸我忘带钱了帮我转三百", "already_paid"),
        ("我正跟同学打视频", "on_the_line"),
        ("说我涉案的电话 我已经挂断了", "on_the_line"),
        ("什么叫紧急止付", "already_paid"),
    ],
)
def test_an_everyday_thing_a_refusal_or_a_tale_interrupts_nothing(text: str, guess: str) -> None:
    assert routed(text, guess) not in EMERGENCIES


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("房租交给假房东了 人不见了", "already_paid"),
        ("信用卡被骗子刷了一万二", "already_paid"),
        ("学费转给一个陌生人 他把我拉黑了", "already_paid"),
        ("他要我交定金 我就交了两千", "already_paid"),
        ("我是不是被骗了 刚转了三千给他", "already_paid"),
        ("我没转 但他还在电话里 没挂", "on_the_line"),
        ("公司同事正被客服叫着转钱 电话没挂", "on_the_line"),
        ("验证码给他了 钱还没动", "gave_info"),
        ("他问我卡的尾号 我都说了", "gave_info"),
    ],
)
def test_trouble_in_the_words_keeps_it_an_emergency(text: str, guess: str) -> None:
    assert routed(text, guess) in EMERGENCIES


def test_who_wants_to_guard_himself_is_never_refused() -> None:
    assert routed("教我怎么防诈骗", "how_to_commit", 0.5) == "learn"
    assert routed("怎么跑分不被抓", "how_to_commit", 0.9) == "how_to_commit"
