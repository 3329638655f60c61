"""Leaving by exact words: always by those, in any width and case, and never by a pasted message."""

from __future__ import annotations

import unicodedata

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Inbound, Kind, Media
from channels.opt_out import Leaving
from channels.subscribing import PATH, load_words

FORMS = load_words().forms
FILE = yaml.safe_load(PATH.read_text(encoding="utf-8"))["leave"]
ALONE, ALSO = FILE["alone"], FILE["also_words"]
ENDS = st.text(st.sampled_from(' 　\n。.！!～~？…\u200b”"'), max_size=4)
# What a message may hold besides: words, digits, names; nothing that is only a mark.
WORDS = st.text(st.sampled_from("回复的您好银行尾号1069abkTD退订【】，。 请"), min_size=1, max_size=20)


def wide(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


def says(text: str) -> Leaving:
    return FORMS.leaving(Inbound("wechat", "x", text))


@given(st.sampled_from([*ALONE, *ALSO]), ENDS, ENDS, st.sampled_from([str, str.upper, str.title, wide]))
def test_every_form_leaves_however_it_is_written(form, before, after, change) -> None:
    assert says(f"{before}{change(form)}{after}")


@given(st.sampled_from([*ALONE, *ALSO]), WORDS, WORDS)
def test_a_text_that_holds_a_form_never_leaves(form, before, after) -> None:
    known = {unicodedata.normalize("NFKC", one).casefold() for one in (*ALONE, *ALSO)}
    for text in (f"{before}{form}{after}", f"{before}\n{form}", f"{form} {after}", f"{before} {form}"):
        bare = unicodedata.normalize("NFKC", text).casefold().strip(FILE["marks"])
        assert bool(says(text)) == (bare in known), text


@given(st.text(max_size=40))
def test_no_random_text_leaves(text) -> None:
    bare = unicodedata.normalize("NFKC", text).casefold().strip(FILE["marks"])
    assert not says(text) or bare in {*map(str.casefold, ALONE), *ALSO}


@pytest.mark.parametrize(
    "text",
    [
        "【某某商城】双十一狂欢，退订回T",
        "【移动】您的积分即将到期，点击领取，回T退订",
        "回复TD退订",
        "拒收请回复R",
        "回T退订",
        "怎么退订这个短信",
        "退订短信是不是骗子",
        "他让我回复TD",
        "不想收预警了 退订",
        "【转来的消息】\n退订",
        "退订退订",
        "TD1",
        "stop it",
        "别再发了行不行",
        "",
    ],
)
def test_pasted_texts_and_questions_do_not(text) -> None:
    assert not says(text)


def test_only_typed_words_and_the_button_leave() -> None:
    assert FORMS.leaving(Inbound("web", "x", payload="/unsubscribe", kind=Kind.BUTTON)) is Leaving.ALONE
    assert not FORMS.leaving(Inbound("web", "x", payload="/subscribe", kind=Kind.BUTTON))
    picture = Inbound("web", "x", "退订", kind=Kind.MEDIA, media=(Media("picture", "1"),))
    assert not FORMS.leaving(picture)
    assert says("STOP") is Leaving.ALSO_A_WORD and says("ＴＤ。") is Leaving.ALONE


def test_every_sentence_fits_a_phone_in_both_languages() -> None:
    data = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    for name, entry in data["says"].items():
        assert entry["zh"] and entry["en"], name
        assert max(len(entry["zh"]), len(entry["en"])) <= 200, name
        assert all(one["zh"] and one["en"] and one["payload"] for one in entry.get("buttons", ()))
