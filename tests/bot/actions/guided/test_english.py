"""Everything an English-speaking person can meet in an emergency, and the hotlines, stands in English."""

from __future__ import annotations

import re
import string

from english_needs import FLOWS, HAN, needed

from bot.actions import content
from bot.actions.guided import flow as flows
from bot.actions.language import CHINESE, ENGLISH, language_of, speak
from knowledge_base import contacts

# Chinese kept on purpose: what is to be said to the police, and names to look for on the screen.
KEPT = re.compile(
    r"[(（\"'][^()\"']*[\u4e00-\u9fff][^()\"']*[)）\"']|[\u4e00-\u9fff]+ \(please stop the payment\)|云闪付"
)


def test_nothing_is_missing() -> None:
    assert [words for words in needed() if words not in content.load("english")] == []


def test_the_braces_are_the_same_and_no_chinese_is_left() -> None:
    for chinese, english in content.load("english").items():
        fields = [
            sorted(f for _, f, _, _ in string.Formatter().parse(text) if f) for text in (chinese, english)
        ]
        if "title" not in fields[0]:
            assert fields[0] == fields[1], chinese
        assert not HAN.search(KEPT.sub("", english)), english
        assert len(english) <= 300


def test_the_flows_load_and_fit_in_english() -> None:
    with speak(ENGLISH):
        for flow_id in FLOWS:
            flow = flows.load()[flow_id]
            assert all(not HAN.search(question.ask) for question in flow.questions)


def test_the_hotlines_of_the_card_have_english_names() -> None:
    table, book = content.load("english"), contacts.load()
    for contact_id in content.load("guides")["hotlines"]["contacts"]:
        assert book.by_id(contact_id).name in table and book.by_id(contact_id).purpose in table


def test_which_language_a_text_shows() -> None:
    assert language_of("I sent him money", CHINESE) == ENGLISH
    assert language_of("我转了usdt给他", ENGLISH) == CHINESE
    assert language_of("ok", CHINESE) == CHINESE and language_of("5000", ENGLISH) == ENGLISH
    assert language_of("<银行卡#1> http://a.top", ENGLISH) == ENGLISH
