"""Cutting long answers: nothing lost, nothing torn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sizes import PLACEHOLDER_BYTES, cut, size

texts = st.lists(st.sampled_from([*"先别转账。，\n a😀é", "<手机号#1>"]), max_size=400).map("".join)


@given(texts, st.integers(PLACEHOLDER_BYTES, 600))
def test_pieces_fit_and_make_the_text_again(text: str, limit: int) -> None:
    pieces = cut(text, limit)
    assert "".join(pieces) == text
    assert all(size(piece) <= limit and piece for piece in pieces)
    assert sum(piece.count("<手机号#1>") for piece in pieces) == text.count("<手机号#1>")


@pytest.mark.parametrize("length", [2047, 2048, 2049, 6000])
def test_borders(length: int) -> None:
    text = ("诈" * (length // 3)) + "a" * (length % 3)
    pieces = cut(text, 2048)
    assert len(text.encode()) == length and len(pieces) == -(-length // 2048)
    assert [len(piece.encode()) <= 2048 for piece in pieces] == [True] * len(pieces)


def test_it_prefers_the_end_of_a_sentence() -> None:
    text = "先别转账。" * 30 + "打96110问一问"
    assert all(piece.endswith("。") for piece in cut(text, 200)[:-1])
    # What is left after a good end may be too long still for the piece that comes next.
    assert cut("先先先\n<手机号#1><手机号#1>", 202) == ["先先先\n", "<手机号#1>", "<手机号#1>"]
    assert cut("", 200) == [] and cut("好", 0) == ["好"]
    with pytest.raises(ValueError, match="192"):
        cut("好", 100)
