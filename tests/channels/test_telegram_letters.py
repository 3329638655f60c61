"""What is sent: its length, its buttons, and what can be tapped."""

from __future__ import annotations

from typing import Any

import pytest
import telegram_requests as tg
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.guided.desk import flows
from bot.actions.guided.present import buttons as shown_buttons
from channels.base import Button, Reply, Turn
from channels.payloads import load_allow_list
from channels.sizes import cut, utf16
from channels.telegram import buttons
from channels.telegram.letters import MOST_UNITS, fitting, keyboard, shown, split

SHORT = tg.WORDS.short


def texts(*replies: Reply) -> list[str]:
    return [part.text for part in split(Turn(replies), tg.WORDS)]


@pytest.mark.parametrize(("length", "parts"), [(4095, 1), (4096, 1), (4097, 2), (8192, 2), (8193, 3)])
@pytest.mark.parametrize("sign", ["a", "长"])
def test_4096_characters_are_one_message(sign: str, length: int, parts: int) -> None:
    found = texts(Reply(sign * length))
    assert len(found) == parts and "".join(found) == sign * length
    assert all(utf16(text) <= MOST_UNITS for text in found)


@pytest.mark.parametrize(("count", "parts"), [(2048, 1), (2049, 2)])
def test_signs_of_two_units_count_as_two_and_are_never_cut(count: int, parts: int) -> None:
    found = texts(Reply("😀" * count))
    assert len(found) == parts and "".join(found) == "😀" * count
    assert [utf16(text) for text in texts(Reply("a" + "😀" * 2048))] == [4095, 2]


def test_it_is_cut_between_sentences() -> None:
    found = texts(Reply("先别转账，打96110。" * 500))
    assert len(found) > 1 and all(text.endswith("。") for text in found)


@given(st.text(max_size=700), st.integers(200, 400))
def test_cutting_by_units_loses_nothing(text: str, limit: int) -> None:
    pieces = cut(text, limit, utf16)
    assert "".join(pieces) == text
    assert all(
        utf16(piece) <= limit or len(piece.rstrip("\ufe0f\u200d\u0300\u036f")) <= 1 for piece in pieces
    )


def test_the_last_net_cuts_on_the_border_of_a_character() -> None:
    assert fitting("a" + "😀" * 2048) == "a" + "😀" * 2047
    assert utf16(shown("长" * 5000)) == 4096


@pytest.mark.parametrize("text", ["", "  \n", "\u200b\u2060", "\x00\x07", "\u202e", "\u3164"])
def test_nothing_to_see_is_nothing_to_send(text: str) -> None:
    assert shown(text) == "" and texts(Reply(text)) == []


def test_signs_that_would_be_refused_or_turn_the_text_are_dropped() -> None:
    assert texts(Reply("a\x00\ud800\u202eb\u2066c\nd")) == ["abc\nd"]
    assert texts(Reply("<b>&amp; *x* _y_ [z](http")) == ["<b>&amp; *x* _y_ [z](http"], "no markup, no escape"


# Buttons ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "fits"), [(63, True), (64, True), (65, False)])
def test_64_bytes_fit_into_a_button(length: int, fits: bool) -> None:
    payload = "/" + "x" * (length - 1)
    assert buttons.packed(payload, SHORT) == (payload if fits else None)
    assert buttons.packed("/" + "长" * 21, SHORT) == "/" + "长" * 21  # 64 bytes
    assert buttons.packed("/ab" + "长" * 21, SHORT) is None


@given(st.from_regex(r"[a-z0-9_:]{1,70}", fullmatch=True), st.sampled_from(sorted(SHORT)))
def test_the_short_form_is_read_back(rest: str, letter: str) -> None:
    payload = f"{SHORT[letter][0]}{rest}{SHORT[letter][1]}"
    data = buttons.packed(payload, SHORT)
    assert (data is None) == (len(rest) > 62)
    if data is not None:
        assert 1 <= len(data.encode()) <= 64 and buttons.unpacked(data, SHORT) == payload


def test_every_button_of_every_guided_conversation_fits() -> None:
    """The longest are of 74 bytes as they are."""
    longest = 0
    for flow in flows.load().values():
        for question in flow.questions:
            for option in question.options:
                payload = f'/answer{{"guided_answer":"{flow.id}:{question.id}:{option.id}"}}'
                longest = max(longest, len(payload))
                data = buttons.packed(payload, SHORT)
                assert data is not None, payload
                assert load_allow_list().accept(buttons.unpacked(data, SHORT)) == payload
    assert longest > 64 and shown_buttons


def test_a_letter_keeps_its_meaning() -> None:
    """Buttons stay in people's chats: never change these two, only add others."""
    assert SHORT["a"] == ('/answer{"guided_answer":"', '"}')
    assert SHORT["b"] == ('/begin{"guided_flow":"', '"}')


def test_a_button_that_does_not_fit_is_a_numbered_line() -> None:
    long = "/" + "x" * 64
    found = split(
        Turn((Reply("选", (Button("甲", "/check"), Button("乙", long), Button("丙", "/menu"))),)), tg.WORDS
    )
    assert [part.text for part in found] == ["选\n回 2：乙"]
    assert [button.title for button in found[0].buttons] == ["甲", "丙"]


def test_buttons_stand_below_the_last_piece() -> None:
    found = split(Turn((Reply("长" * 5000, (Button("甲", "/check"),)), Reply("完"))), tg.WORDS)
    assert [len(part.buttons) for part in found] == [0, 1, 0]
    alone = split(Turn((Reply("", (Button("甲", "/check"),)),)), tg.WORDS)
    assert (alone[0].text, len(alone[0].buttons)) == ("请选一个：", 1)


def test_short_titles_share_a_row() -> None:
    titles = ["甲", "乙", "这个标题相当长了呀", "丙", "丁", "戊"]
    made = keyboard(tuple(Button(title, "/check") for title in titles), tg.WORDS)
    assert made is not None
    rows = [[button.text for button in row] for row in made.inline_keyboard]
    assert rows == [["甲", "乙"], ["这个标题相当长了呀"], ["丙", "丁"], ["戊"]]
    assert keyboard((), tg.WORDS) is None


# Cards and addresses ---------------------------------------------------------------------------------------------


def card(**more: Any) -> dict[str, Any]:
    return {"kind": "verdict", **more}


def test_a_card_is_said_in_lines() -> None:
    said = card(
        steps=["先挂电话", "打110"],
        dont=["再转一分钱"],
        contacts=[{"name": "反诈热线", "number": "96110"}, {"name": "报警110", "number": "110"}],
        bulletins=[{"title": "冒充客服", "issuer": "公安部"}, {"title": "x", "issuer": "y"}],
    )
    assert texts(Reply("先挂电话。", card=said)) == [
        "先挂电话。\n2. 打110\n不要：再转一分钱\n反诈热线：96110\n报警110\n参考：冒充客服（公安部）"
    ]


def test_what_is_quoted_cannot_be_tapped() -> None:
    said = card(segments=[{"text": "点 http://evil-bank.top/x 加 @scammer_01 或 10.0.0.8"}])
    found = texts(
        Reply("“点 http://evil-bank.top/lo…” 找 @scammer_01 也别开10.0.0.8，官网 www.12377.cn", card=said)
    )
    assert found == [
        "“点 hxxp://evil-bank[.]top/lo…” 找 ＠scammer_01 也别开10[.]0[.]0[.]8，官网 www.12377.cn"
    ]


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "picture", "text": "登录 evil.top"},
        {"codes": [{"text": "https://evil.top/pay"}]},
        {"entities": [{"kind": "link", "text": "evil.top"}]},
        {"flags": [{"quote": "evil.top"}]},
        {"facts": [{"name": "网址", "value": "evil.top", "own": True}]},
    ],
)
def test_nor_what_a_picture_a_code_or_a_fact_says(told: dict[str, Any]) -> None:
    assert texts(Reply("在 evil.top 上", card=told)) == ["在 evil[.]top 上"]


def test_an_article_is_its_title_and_address() -> None:
    article = {"kind": "article", "title": "预警", "description": "", "url": "https://fanzha.example/a"}
    assert texts(Reply("", card=article)) == ["预警\nhttps://fanzha.example/a"]
    assert texts(Reply("文字", card={**article, "url": "javascript:alert(1)"})) == ["文字"]
