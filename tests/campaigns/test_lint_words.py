"""Words that must not stand in a warning: each has examples, and some that come near and may stand."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns import lint
from tests.campaigns.lint_house import codes, document, world


@pytest.mark.parametrize(
    "number",
    [
        "13800000000",
        "138 0000 0000",
        "1390000-0000",
        "400-800-1234",
        "12399",
        "95580",
        "12337",
        "010-12345678",
        "＋86 13800000000",
        "１３８００００００００",
        "6222020000000000000",
        "QQ：123456",
        "一三八〇〇〇〇〇〇〇〇",
    ],
)
def test_a_number_that_contacts_do_not_show_is_an_error(number: str) -> None:
    for field in ("message", "banner", "robot"):
        assert "number_unknown" in codes(document({field: f"有事打{number}。"})), field
    assert "number_unknown" in codes(document(title=f"有事打{number}"))
    picture = {"template": "calm", "headline": "先停手", "footer": number}
    assert "number_unknown" in codes(document(picture=picture))


@pytest.mark.parametrize("number", ["110", "96110", "12306", "+86-10-12308", "12315", "95588", "10086"])
def test_a_number_that_contacts_show_is_none(number: str) -> None:
    assert codes(document({"message": f"有事打{number}。", "sms": f"【反诈提醒】打{number}。"})) == set()


@pytest.mark.parametrize(
    "link",
    [
        "https://a.example/x",
        "http://96110.syjbsc.cn",
        "www.nhsa.gov.cn.top",
        "usa110.com",
        "t.cn/abc",
        "http://1.2.3.4/",
        "https://nhsa.gov.cn@evil.top/",
        "weixin://dl/x",
        "kkaa110@126.com",
        "反诈.中国",
        "HTTPS://EVIL.TOP",
        "ｔ．ｃｎ/x",
        "http://[::1",
        "javascript://nhsa.gov.cn/%0a",
    ],
)
def test_a_link_that_is_not_official_is_an_error(link: str) -> None:
    assert "link_unknown" in codes(document({"message": f"看 {link} 。"}))


def test_an_official_link_may_stand_in_a_message_and_never_in_an_sms() -> None:
    for link in ("nhsa.gov.cn", "https://www.nhsa.gov.cn/", "12321.cn"):
        assert codes(document({"message": f"自己输入 {link} 。"})) == set()
        assert codes(document({"sms": f"【反诈提醒】看{link}"})) == {"link_in_sms"}


@pytest.mark.parametrize(
    "text",
    [
        "点击链接领取补贴",
        "请加我微信详谈",
        "扫码领鸡蛋",
        "日赚两百不是梦",
        "您没有看错，点击链接就能领",
        "马上转账到这里",
        "不要错过，扫码进群",
        "回复1领取礼品",
        "说到做到，稳赚的机会",
    ],
)
def test_scammers_words_unmarked_are_an_error(text: str) -> None:
    assert codes(document({"message": text})) == {"scam_words_unmarked"}


@pytest.mark.parametrize(
    "text",
    [
        "“点击链接领取补贴”，这样的话别信。",
        "「加我微信」的，挂断。",
        "别点击链接。",
        "凡是让您扫码领鸡蛋的，别扫。",
        "骗子说能日赚两百。",
        "有人叫您马上转账，先停手。",
    ],
)
def test_scammers_words_marked_or_warned_of_are_none(text: str) -> None:
    assert codes(document({"message": text})) == set()


def test_a_quotation_that_was_listed_must_be_marked_everywhere() -> None:
    listed: dict[str, Any] = {"quotes": ["补一笔就能提"]}
    good = document({"message": "说“补一笔就能提”的，别补。"}, **listed)
    assert lint.check(good, world()) == ()
    bad = document({"message": "说“补一笔就能提”的，别补。", "banner": "补一笔就能提？别补。"}, **listed)
    found = lint.check(bad, world())
    assert [(one.code, one.field) for one in found] == [("quote_unmarked", "variants.a.banner")]
    assert codes(document(**listed), level="warning") == {"quote_unused"}


@pytest.mark.parametrize(
    "text",
    [
        "一定能追回被骗的钱",
        "保证追回",
        "我们帮您全额追回",
        "钱能追回全部",
        "百分之百有效",
        "万无一失",
        "绝对安全",
        "这个平台是安全的",
        "放心转账",
        "请放心点开",
        "这不是诈骗",
    ],
)
def test_a_promise_is_an_error(text: str) -> None:
    assert "promise" in codes(document({"message": text}))


@pytest.mark.parametrize(
    "text", ["没人能保证追回，越早打110越好。", "说“保证追回”的，是第二次骗。", "世上没有“安全账户”。"]
)
def test_to_refuse_a_promise_is_none(text: str) -> None:
    assert codes(document({"message": text})) == set()


@pytest.mark.parametrize(
    "text",
    [
        "@all 看这里",
        "@所有人",
        "＠所有人",
        "<@user>",
        "=HYPERLINK(1)",
        "+cmd",
        "@SUM(A1)",
        "-2+3",
        "<script>x</script>",
        "＜b＞粗",
        "[看](这里)",
        "![图](x)",
        "```x```",
        "{{ name }}",
        "${HOME}",
        "{% if %}",
        "]]>",
        "&#106;",
        "javascript:x",
    ],
)
def test_a_command_in_a_text_is_an_error(text: str) -> None:
    for field in ("message", "robot", "banner"):
        assert "injection" in codes(document({field: text})), field


def test_items_of_articles_and_robots_are_no_formulas() -> None:
    assert codes(document({"robot": "**先停手**\n\n- 停手\n- 打96110"})) == set()


@pytest.mark.parametrize(
    "sign", ["\u200b", "\u202e", "\x00", "\x1b", "\u2066", "\ue000", "\t", "\ufeff", "\r"]
)
def test_a_character_that_nobody_sees_is_an_error(sign: str) -> None:
    assert "hidden_characters" in codes(document({"message": f"先别{sign}转账"}))
