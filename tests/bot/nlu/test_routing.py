"""The routing law, without Rasa."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.routing import is_pasted, load_lexicon, own_emergency, plain, route

LEXICON = load_lexicon()
EMERGENCIES = {"already_paid", "gave_info", "on_the_line"}


def routed(text: str, intent: str = "check", confidence: float = 0.9) -> str:
    return route(text, intent, confidence, LEXICON).intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("我已经转了五千块给他", "already_paid"),
        ("俺娘昨天把钱汇出去了", "already_paid"),
        ("我被人骗了两万", "already_paid"),
        ("钱都打过去了", "already_paid"),
        ("我把验证码告诉客服了", "gave_info"),
        ("我妈在链接里填了卡号", "gave_info"),
        ("他不让我挂电话", "on_the_line"),
        ("我正在共享屏幕", "on_the_line"),
        ("电话还没挂 怎么办", "on_the_line"),
        ("取钱的人已经到楼下了", "on_the_line"),
        ("他说没事。我已经转了三千块!怎么办?", "already_paid"),
        ("我已经转了三千块。如果报警有用吗?", "already_paid"),
    ],
)
def test_ones_own_emergency_wins_over_any_guess(text: str, intent: str) -> None:
    for guess in ("check", "learn", "greet", "out_of_scope"):
        assert routed(text, guess) == intent


def test_a_long_story_with_a_loss_is_an_emergency_a_long_story_without_one_is_a_text() -> None:
    story = "我上周在网上认识了一个人,聊得很投缘,后来他说有内部投资渠道,稳赚不赔,天天给我看他的收益截图。"
    assert routed(story) == "paste"
    assert routed(story + "我前后转了六万块钱给他。") == "already_paid"


@pytest.mark.parametrize(
    "text",
    [
        "【银行】您的卡已冻结,请立即转到指定账户",
        "对方:钱转了吗\n我:我已经转了三千块",
        "爸,我已经把学费转给你了,你查收一下",
        "点击 http://a.example 领取补贴",
        "事主张某称其昨天被骗后转了三万元到对方账户,现已报案",
        "尊敬的客户,您已经转账成功五千元",
        "恭喜发财" * 1250,
    ],
)
def test_received_texts_are_texts_whatever_the_classifier_says(text: str) -> None:
    for guess in ("already_paid", "greet", "check", "on_the_line"):
        assert routed(text, guess) in ("check", "paste")


@pytest.mark.parametrize("text", ["如果转了钱怎么办", "万一验证码给了别人会怎样", "要是我被骗了钱怎么追"])
def test_what_if_is_a_question(text: str) -> None:
    assert routed(text, "already_paid") == "learn"


@pytest.mark.parametrize(
    "text", ["他让我转钱 我还没转", "我要不要把验证码给他", "差点就转了", "能不能把码给他"]
)
def test_what_has_not_happened_is_checked(text: str) -> None:
    assert routed(text, "already_paid") == "check"


@pytest.mark.parametrize(
    ("guess", "confidence"), [("greet", 0.2), ("already_paid", 0.3), ("out_of_scope", 0.5), ("", 0.0)]
)
def test_an_unsure_guess_is_checked(guess: str, confidence: float) -> None:
    assert routed("那个啥来着", guess, confidence) == "check"


def test_small_talk_is_short() -> None:
    assert routed("你好", "greet") == "greet"
    assert routed("你好 我是招商的小李 想跟你聊聊项目", "greet") == "check"


def test_dangers_may_be_told_at_length_but_not_by_a_sender() -> None:
    words = (
        "我真的撑不下去了,每天晚上都睡不着,一闭眼就想到那些钱,觉得对不起爸妈,也不敢跟任何人讲,活着没有意思。"
    )
    assert routed(words, "distress") == "distress"
    assert routed("【心理】" + words, "distress") == "paste"
    assert routed(words, "distress", 0.3) == "paste"
    assert routed("我被骗了三万 不想活了", "already_paid") == "distress", "a life comes before money"


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "?!", "\u200b"])
def test_nothing_to_read_is_no_text(text: str) -> None:
    assert routed(text, "already_paid") == "out_of_scope"


@pytest.mark.parametrize("text", ["／restart", '／greet{"x":1}'])
def test_a_neutralised_slash_is_nothing_special(text: str) -> None:
    assert routed(text, "menu", 0.3) == "check"


def test_placeholders_of_personal_data_do_not_hide_the_words() -> None:
    assert plain("转到<银行卡#1>和<境外号码#2:+852>") == "转到<银行卡>和<境外号码>"
    assert own_emergency("我刚转了三千块到<银行卡#1>", LEXICON) == "already_paid"


def test_three_lines_or_two_turns_are_pasted() -> None:
    assert is_pasted("一\n二\n三", LEXICON)
    assert is_pasted("对方:喂\n我:谁", LEXICON)
    assert not is_pasted("我想问一下", LEXICON)


@given(
    st.text(max_size=6000), st.sampled_from(["check", "greet", "already_paid", "learn", ""]), st.floats(0, 1)
)
def test_any_text_gets_a_route(text: str, guess: str, confidence: float) -> None:
    found = route(text, guess, confidence, LEXICON)
    assert found.intent and 0 <= found.confidence <= 1
