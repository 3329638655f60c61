"""Perturbations: the same every time, bounded, and each does what its name says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.perturb import PERTURBATIONS, SHORT, perturb

TEXT = "对方:您好,我是微信客服,您的百万保障到期了,请下载会议APP转账3000元\n我:好的"
names = pytest.mark.parametrize("name", PERTURBATIONS)


@names
def test_a_text_is_written_the_same_way_every_time_and_differently_at_all(name: str) -> None:
    assert perturb(name, TEXT) == perturb(name, TEXT) != TEXT


@names
@given(text=st.text(max_size=60))
def test_any_text_is_survived_and_stays_bounded(name: str, text: str) -> None:
    written = perturb(name, text)
    assert len(written) <= 4 * len(text) + 80
    written.encode("utf-8", "surrogatepass")


@names
@pytest.mark.parametrize("text", ["", "a", "好", "\n", "😊"])
def test_hardly_any_text_is_survived(name: str, text: str) -> None:
    assert isinstance(perturb(name, text), str)


@pytest.mark.parametrize("name", ["typos: sound", "typos: shape", "typos: swapped"])
def test_typing_errors_are_few_and_keep_the_length(name: str) -> None:
    written = perturb(name, TEXT)
    assert len(written) == len(TEXT)
    wrong = sum(one != other for one, other in zip(written, TEXT, strict=True))
    assert 1 <= wrong <= 2 * (len(TEXT) // 12)


def test_a_swap_only_moves_characters() -> None:
    assert sorted(perturb("typos: swapped", TEXT)) == sorted(TEXT)


def test_errors_of_sound_sound_alike() -> None:
    from pypinyin import lazy_pinyin

    assert lazy_pinyin(perturb("typos: sound", "转账")) == lazy_pinyin("转账")


def test_what_is_added_can_be_taken_away() -> None:
    assert perturb("spaces", TEXT).replace(" ", "") == TEXT
    assert TEXT in perturb("chatter around", TEXT)
    assert perturb("pasted twice", TEXT) == f"{TEXT}\n{TEXT}"
    assert perturb("first 20 characters", TEXT) == TEXT[:SHORT]
    kept = [char for char in perturb("symbols", TEXT) if char in TEXT]
    assert "".join(kept).replace("·", "").startswith("对方:您好")


def test_other_characters() -> None:
    assert "轉賬" in perturb("traditional", TEXT)
    assert "ＡＰＰ" in perturb("full width", TEXT) and "３０００" in perturb("full width", TEXT)
    assert "微信" not in perturb("loan words", TEXT) and "转账" not in perturb("loan words", TEXT)
    assert not set("::,,。") & set(perturb("no punctuation", TEXT))


def test_an_unknown_perturbation_is_an_error() -> None:
    with pytest.raises(KeyError):
        perturb("upside down", TEXT)
