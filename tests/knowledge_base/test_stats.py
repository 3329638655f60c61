"""Counts, floors, doubles and variety of the knowledge, on small shelves with known answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from knowledge_base import doubles, stats, stats_page, variety
from knowledge_base.shelf import Phrase, Shelf

RULES: dict[str, Any] = {
    "floors": {"bulletins": 0, "sayings": 3, "per_type_and_register": 1, "look_alikes": 1, "kinds": 0},
    "near_double_at": 0.4,
    "near_double_share": 0.5,
}
PHRASES = (
    Phrase("您的快递丢了,加客服微信理赔", "a.x", "received", True, "a"),
    Phrase("他让我把钱转到安全账户里面去", "a.x", "story", True, "a"),
    Phrase("对方:在吗\n我:在的", "a.x", "transcript", True, "a"),
    Phrase("您的快递已到驿站,取件码1234", "lookalike:k", "received", False, None),
)


def shelf_of(*phrases: Phrase) -> Shelf:
    made = Shelf({}, {}, {}, "v1")
    made.__dict__["phrases"] = phrases  # the cached property
    return made


def broken(rules: dict[str, Any], *phrases: Phrase) -> list[str]:
    return [floor.what for floor in stats.measure(shelf_of(*phrases), rules).floors if not floor.holds]


def test_a_shelf_above_every_floor_passes() -> None:
    figures = stats.measure(shelf_of(*PHRASES), RULES)
    assert figures.passes and broken(RULES, *PHRASES) == []
    assert figures.sayings() == {("a", "received"): 1, ("a", "story"): 1, ("a", "transcript"): 1}
    assert figures.kinds() == {"k": 1} and figures.types() == ["a"]


@pytest.mark.parametrize(
    ("name", "least", "what"),
    [
        ("bulletins", 1, "bulletins"),
        ("sayings", 4, "sayings"),
        ("per_type_and_register", 2, "sayings of each type in each register"),
        ("look_alikes", 2, "honest look-alikes"),
        ("kinds", 1, "kinds of look-alikes"),
    ],
)
def test_each_floor_can_break(name: str, least: int, what: str) -> None:
    assert broken({**RULES, "floors": {**RULES["floors"], name: least}}, *PHRASES) == [what]


def test_a_type_without_a_register_breaks_the_floor_and_is_named() -> None:
    (floor,) = [
        each for each in stats.measure(shelf_of(*PHRASES[1:]), RULES).floors if "each type" in each.what
    ]
    assert not floor.holds and "a/received 0" in floor.found


def test_too_many_doubles_break_the_floor() -> None:
    twins = [Phrase("您的快递丢了,加客服微信理赔吧", "a.x", "received", True, "a"), *PHRASES]
    rules = {**RULES, "near_double_share": 0.3}
    assert broken(rules, *twins) == ["texts with a twin (3-gram Jaccard ≥ 0.4)"]
    assert broken({**RULES, "near_double_share": 0.4}, *twins) == []


def test_similarity_against_a_count_by_hand() -> None:
    # abcde: abc bcd cde; abcdf: abc bcd cdf; two of four are shared.
    found = doubles.likeness(["abcde", "ab, CDF!", "xyz", "xyz", "q"], 0.5)
    assert [(pair.first, pair.second, pair.similarity) for pair in found.pairs] == [(2, 3, 1.0), (0, 1, 0.5)]
    assert found.nearest.tolist() == [0.5, 0.5, 1.0, 1.0, 0.0]
    assert doubles.exact(["a b", "AB", "!", "?"]) == 1


def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{at % 7}abc{at % 5}def{at % 3}" for at in range(40)]
    whole = doubles.likeness(texts, 0.5)
    monkeypatch.setattr(doubles, "BLOCK", 7)
    parts = doubles.likeness(texts, 0.5)
    assert parts.nearest.tolist() == whole.nearest.tolist()
    assert set(parts.pairs) == set(whole.pairs) and whole.pairs


def test_distinct_and_lengths() -> None:
    assert variety.distinct(["abab"], 2) == pytest.approx(2 / 3)
    assert variety.distinct([], 2) == 0.0
    assert variety.distinct(["ab" * 100], 2, sample=10) <= 0.2
    assert variety.histogram(["字" * 9, "字" * 10, "字" * 600]) == [1, 1, 0, 0, 0, 0, 0, 1]
    assert (variety.classes()[0], variety.classes()[-1]) == ("0–9", "600+")
    assert len(variety.classes()) == len(variety.EDGES)


@pytest.mark.parametrize(
    ("form", "yes", "no"),
    [
        ("no punctuation", "你好在吗加我一下", "你好，在吗"),
        ("segmented by spaces", "您 的 包裹 到 了", "您的包裹 到了"),
        ("masked (****, XX, 某)", "尾号****的卡", "尾号一二三四的卡"),
        ("a date or hour", "11月2日14:22支出", "支出一笔"),
        ("a sum of money", "转了３０００元", "转了很多次"),
        ("only a link", "http://a.example/x", "看http://a.example/x"),
        ("only numbers", "138 0000 1111", "打138 0000 1111"),
        ("traditional characters", "轉賬到這個賬戶", "转账到这个账户"),
        ("hidden or abbreviated words", "加V.X聊", "加微信聊"),
    ],
)
def test_forms_of_writing(form: str, yes: str, no: str) -> None:
    assert (variety.shares([yes])[form], variety.shares([no])[form]) == (1.0, 0.0)


def test_the_command_writes_the_page_and_fails_below_a_floor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = stats.measure(shelf_of(*PHRASES), RULES)
    poor = stats.measure(shelf_of(*PHRASES), {**RULES, "floors": {**RULES["floors"], "sayings": 9}})
    monkeypatch.setattr(stats, "measure", lambda: measured)
    assert stats.main(tmp_path / "page.md") == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == capsys.readouterr().out
    monkeypatch.setattr(stats, "measure", lambda: poor)
    assert stats.main() == 1
    assert "floor broken: sayings" in capsys.readouterr().err


def test_the_real_shelf_has_a_page(shelf: Shelf) -> None:
    figures = stats.measure(shelf)
    page = stats_page.page(figures)
    assert all(
        f"\n## {part}" in page for part in ("Floors", "Sayings", "Look-alikes", "Repetition", "Variety")
    )
    assert all(f"| {name} |" in page for name in figures.types())
    assert f"`{shelf.version}`" in page
