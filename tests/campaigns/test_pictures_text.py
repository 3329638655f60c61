"""Line breaking, and the scrolling line of LED screens."""

from __future__ import annotations

import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from campaigns.pictures import ticker
from campaigns.pictures.breaking import NO_END, NO_START, TooLong, phrases, wrap


def wide(text: str) -> float:
    return sum(0.5 if char.isascii() else 1.0 for char in text)


def test_phrases_end_at_blanks_and_marks() -> None:
    assert phrases("先停一下，别转账 打110") == ["先停一下，", "别转账", "打110"]


def test_lines_are_even_and_break_at_blanks_first() -> None:
    assert wrap("老板群里催打款 先打他老号码", 9, wide, 2) == ["老板群里催打款", "先打他老号码"]
    assert wrap("一二三四五六七八九十", 6, wide, 2) == ["一二三四五", "六七八九十"]


def test_numbers_stay_whole() -> None:
    assert wrap("拿不准就先打96110问", 6.5, wide, 3) == ["拿不准就先", "打96110问"]
    assert wrap("打96110", 2, wide, 5) is None


def test_what_needs_more_rows_is_none() -> None:
    assert wrap("一二三四五六七", 3, wide, 2) is None
    assert wrap("一二三四五六七", 0.5, wide, 20) is None


@given(st.text("一二三四，。、“”（）9a ", min_size=1, max_size=30).filter(str.strip), st.integers(5, 12))
@settings(max_examples=100, deadline=None)
def test_no_mark_begins_a_line_and_nothing_is_lost(text: str, room: int) -> None:
    rows = wrap(text, room, wide, 12)
    if rows is None:
        return
    assert "".join("".join(rows).split()) == "".join(text.split())
    for before, row in itertools.pairwise(rows):
        gap_there = f"{before} " in text or f" {row}" in text
        assert gap_there or (row[0] not in NO_START and before[-1] not in NO_END)
    assert all(wide(row) <= room for row in rows)


def test_the_line_runs_from_right_to_left_in_two_colours() -> None:
    data = ticker.gif("过年好 红包要填卡号的别点")
    found = Image.open(io.BytesIO(data))
    assert len(data) < ticker.MOST_BYTES and found.size == (512, 64)
    assert found.n_frames > 100 and found.info["loop"] == 0
    colours, lefts = set(), []
    for number in (3, 10, 20):
        found.seek(number)
        frame = found.convert("RGB")
        colours |= {colour for _, colour in frame.getcolors(1000)}
        lefts.append(frame.getbbox()[0])
    assert colours == {ticker.BLACK, ticker.RED}
    assert lefts[0] > lefts[1] > lefts[2]


def test_twenty_characters_fit_and_one_more_does_not() -> None:
    assert len(ticker.gif("过" * 20)) < ticker.MOST_BYTES
    assert ticker.plain(" 过年好\n 别点 ") == "过年好 别点\r\n"
    for text in ("过" * 21, "", "  "):
        with pytest.raises(TooLong):
            ticker.gif(text)
