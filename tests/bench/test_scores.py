"""The evaluation's arithmetic, and that the trainer cannot see the measuring set."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bench.scores import (
    Judged,
    Rate,
    calibration_error,
    confusions,
    macro_f1,
    official,
    reliability,
    top,
    verdicts,
)
from bench.slices import SLICES, SliceError, read_slice
from knowledge_base.shelf import Shelf

ROOT = Path(__file__).resolve().parents[2]


def row(label: str, verdict: str, p: float, wanted: str | None = None, types: tuple[str, ...] = ()) -> Judged:
    return Judged("t", label, "k", wanted, verdict, p, types)


def test_wilson_interval_against_a_known_value() -> None:
    low, high = Rate(8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert Rate(0, 50).interval[0] == 0.0


def test_rates_and_types() -> None:
    rows = [
        row("scam", "scam", 0.9, "a", ("a", "b")),
        row("scam", "unclear", 0.4, "a", ("b", "a")),
        row("scam", "suspicious", 0.6, "b", ("b",)),
        row("scam", "scam", 0.9, None, ("b",)),
    ]
    assert verdicts(rows, frozenset({"scam"})).hits == 2
    assert (top(rows, 1).hits, top(rows, 2).hits, top(rows, 1).total) == (2, 3, 3)
    assert macro_f1(rows) == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert confusions(rows) == [("a", "b", 1)]


def test_calibration_error() -> None:
    sure_and_right = [row("scam", "scam", 1.0), row("benign", "no_known_risk", 0.0)]
    assert calibration_error(sure_and_right) == 0
    assert calibration_error([row("benign", "scam", 1.0), row("benign", "scam", 1.0)]) == pytest.approx(1.0)


def test_bins_of_the_reliability_curve() -> None:
    rows = [
        row("scam", "scam", 1.0),
        row("scam", "scam", 0.95),
        row("benign", "scam", 0.9),
        row("benign", "x", 0.1),
    ]
    low, high = reliability([*rows, row("too_little", "unclear", 0.5)])
    assert (low.count, low.mean, low.share) == (1, 0.1, 0.0)
    assert (high.count, high.mean, high.share) == (3, pytest.approx(0.95), pytest.approx(2 / 3))
    assert reliability([]) == [] and calibration_error([]) == 0


def test_official_classes_rank_each_class_once_and_leave_out_what_has_none() -> None:
    known = Judged("t", "scam", "k", "b", "scam", 0.9, ("a1", "a2", "b"), "B", ("A", "A", "B"))
    (mapped,) = official([known, row("scam", "scam", 0.9, "nfc_tap", ("nfc_tap",))])
    assert (mapped.wanted_type, mapped.types) == ("B", ("A", "B"))
    assert (top([known], 2).hits, top([mapped], 2).hits) == (0, 1)


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"text":"x"}', '{"text":1,"label":"scam"}', '{"text":"x","label":"spam"}']
)
def test_a_broken_slice_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text":"好","label":"benign"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(SliceError, match=r"bad\.jsonl:2"):
        read_slice(path)


def test_the_trainer_cannot_read_the_measuring_set() -> None:
    """No module of the rooms names the folder, and none of its texts stands on the shelf."""
    for room in ("knowledge_base", "bot", "deploy"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                named = isinstance(node, ast.Constant) and isinstance(node.value, str)
                assert not (named and "tests/eval" in node.value), path


def test_no_measured_text_stands_on_the_shelf(shelf: Shelf) -> None:
    known = {"".join(phrase.text.split()) for phrase in shelf.phrases}
    rows = [row for path in SLICES.glob("*.jsonl") for row in read_slice(path)]
    assert len(rows) >= 600
    assert [
        row["text"] for row in rows if len(row["text"]) > 12 and "".join(row["text"].split()) in known
    ] == []
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids))
