"""What people on WeChat read: byte limits, numbered buttons, cards as lines, nothing that breaks out."""

from __future__ import annotations

import pytest
import wechat_requests as wx
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from channels.base import Button, Outgoing, Reply, Turn
from channels.sizes import size
from channels.wechat.adapter import WeChatChannel, custom
from channels.wechat.letters import fitting

REQUEST = wx.text("1", "你好")
BREAKOUT = "]]></Content><Content>b ]]]]>>]]]>"


def shown(*replies: Reply, **changes: str) -> list[str]:
    return [part.text for part in wx.channel(**changes).split(Turn(replies))]


@pytest.mark.parametrize("length", [2047, 2048, 2049, 6000])
@pytest.mark.parametrize("letter", ["a", "长", "😀"])
@pytest.mark.parametrize("account", ["service", "unverified"])
def test_long_answers_are_cut_between_characters_and_nothing_is_lost(
    length: int, letter: str, account: str
) -> None:
    text = "b" + letter * ((length - 1) // len(letter.encode())) + "b" * ((length - 1) % len(letter.encode()))
    assert len(text.encode()) == length
    parts = shown(Reply(text), wechat_account=account)
    assert all(len(part.encode()) <= 2048 for part in parts)
    assert (len(parts) == 1) == (length <= 2048)
    more = "\n\n【还有，回 0 接着看】"
    assert "".join(part.removesuffix(more) for part in parts) == text
    if account == "unverified":
        assert all(part.endswith(more) for part in parts[:-1]) and not parts[-1].endswith(more)
    fields = wx.said(wx.channel().answer(REQUEST, Turn((Reply(parts[0]),))))
    assert fields["Content"] == parts[0]


def test_short_answers_share_a_message_and_buttons_are_counted_through() -> None:
    first = Reply("钱转出去了吗？", (Button("转了", "/a"), Button("没有", "/b")))
    (text,) = shown(first, Reply("很像诈骗", (Button("有用", "/c"),)))
    assert text == "钱转出去了吗？\n回 1：转了\n回 2：没有\n\n很像诈骗\n回 3：有用"
    many = Reply("选", tuple(Button(f"第{n}", "/x") for n in range(11)))
    assert "回 9：第8\n· 第9\n· 第10" in shown(many)[0]


def test_a_long_reply_does_not_swallow_the_next_one() -> None:
    parts = shown(Reply("长" * 600), Reply("短"), Reply("长" * 600))
    assert [len(part.encode()) for part in parts] == [1800 + 2 + 3, 1800]
    assert shown() == [] and shown(Reply("")) == []


def test_cards_become_lines() -> None:
    guide = {
        "kind": "guide",
        "steps": ["先别转账", "打电话", "留证据"],
        "dont": ["删聊天记录"],
        "contacts": [
            {"number": "110", "name": "报警"},
            {"number": "96110", "name": "反诈专线"},
            {"number": "", "name": "x"},
            {"number": "95188", "name": "支付宝95188"},
        ],
    }
    (text,) = shown(Reply("1. 先别转账\n2. 打电话\n拨 110", card=guide))
    assert text == "1. 先别转账\n2. 打电话\n拨 110\n3. 留证据\n不要：删聊天记录\n反诈专线：96110\n支付宝95188"
    odd = {"kind": "guide", "steps": "no list", "contacts": [1, None], "dont": [3]}
    assert shown(Reply("a", card=odd)) == ["a"]


def test_addresses_of_the_message_cannot_be_tapped() -> None:
    card = {
        "kind": "verdict",
        "segments": [{"text": "点 http://evil-bank.top/login 或 10.0.0.8"}],
        "bulletins": [],
    }
    (text,) = shown(Reply("“点 http://evil-bank.top/lo…” 像诈骗，也别开 10.0.0.8", card=card))
    assert text == "“点 hxxp://evil-bank[.]top/lo…” 像诈骗，也别开 10[.]0[.]0[.]8"


@pytest.mark.parametrize(
    "said", [BREAKOUT, "<a href='http://evil.example'>点</a>", "a\x00b\x0bc\ud800", "&lt;&amp;<b>"]
)
def test_nothing_breaks_out_of_a_passive_reply(said: str) -> None:
    fields = wx.said(wx.channel().answer(REQUEST, Turn((Reply(said),))))
    assert (
        list(fields) == ["MsgType", "ToUserName", "FromUserName", "CreateTime", "Content"] or len(fields) == 5
    )
    assert (fields["ToUserName"], fields["FromUserName"], fields["MsgType"]) == (wx.OPENID, "gh_fake", "text")
    assert "<a" not in fields["Content"] and "\x00" not in fields["Content"]
    if said == BREAKOUT:
        assert fields["Content"].replace("＜", "<") == said


@pytest.fixture(scope="module")
def wechat() -> WeChatChannel:
    """One channel for all examples."""
    return wx.channel()


@limits(max_examples=150, deadline=None)
@given(st.text(max_size=900))
def test_any_answer_is_whole_xml_within_the_limit(wechat: WeChatChannel, said: str) -> None:
    for part in wechat.split(Turn((Reply(said),))):
        assert size(part.text) <= 2048
        assert len(wx.said(wechat.answer(REQUEST, Turn((part,))))["Content"].encode()) <= 2048
        assert custom(Outgoing("0" * 32, "a", "p", part))["text"] == {"content": part.text}


@pytest.mark.parametrize("text", ["a" * 2047 + "长", "a" * 2046 + "😀", "长" * 683])
def test_the_last_guard_cuts_on_the_border_of_a_character(text: str) -> None:
    short = fitting(text)
    assert 2045 <= len(short.encode()) <= 2048 and text.startswith(short)


def test_an_article_is_news() -> None:
    card = {
        "kind": "article",
        "title": "国庆防骗]]>",
        "description": "三招",
        "url": "https://a.example/1",
        "image": "https://a.example/1.jpg",
    }
    channel = wx.channel()
    parts = channel.split(Turn((Reply("前"), Reply("国庆防骗", card=card), Reply("后"))))
    assert [part.text for part in parts] == ["前", "国庆防骗", "后"]
    assert wx.said(channel.answer(REQUEST, Turn((parts[1],))))["ArticleCount"] == "1"
    assert wx.said(channel.answer(REQUEST, Turn((parts[1],))))["MsgType"] == "news"
    assert custom(Outgoing("0" * 32, "a", "p", parts[1]))["msgtype"] == "news"
    (plain,) = channel.split(Turn((Reply("t", card={**card, "url": "javascript:alert(1)"}),)))
    assert plain == Reply("t")


def test_no_answer_is_success_and_an_answer_to_come_is_announced_where_nothing_can_be_pushed() -> None:
    assert wx.channel().answer(REQUEST, Turn(())).body == b"success"
    assert wx.channel().answer(REQUEST, Turn((), pending=True)).body == b"success"
    alone = wx.channel(wechat_account="unverified")
    assert "回 0" in wx.said(alone.answer(REQUEST, Turn((), pending=True)))["Content"]
    assert alone.answer(REQUEST, Turn(())).body == b"success"
    assert "没有更多" in wx.said(alone.answer(wx.text("2", "0"), Turn(())))["Content"]
