"""Each aim is measured slice by slice, and is not reached by a hair."""

from __future__ import annotations

import pytest

from bench.aims import aims, by_folder, by_kind
from bench.robustness import compare, lines
from bench.scores import Judged
from bench.section import Aim


def row(label: str, verdict: str, p: float = 0.5, kind: str = "k", asked: int = 0, text: str = "t") -> Judged:
    return Judged(text, label, kind, None, verdict, p, (), None, (), asked)


def found(slices: dict[str, list[Judged]], words: str) -> Aim:
    (aim,) = [aim for aim in aims(slices, []) if aim.what.startswith(words)]
    return aim


@pytest.mark.parametrize(("missed", "met"), [(3, True), (4, False)])
def test_stories_need_97_of_100(missed: int, met: bool) -> None:
    rows = [row("scam", "suspicious")] * (100 - missed) + [row("scam", "unclear")] * missed
    assert found({"eval/stories": rows}, "scam recall, victim stories").met is met


def test_messages_need_93_of_100() -> None:
    rows = [row("scam", "scam")] * 93 + [row("scam", "no_known_risk")] * 7
    aim = found({"eval/received": rows}, "scam recall, messages")
    assert aim.met and "93/100" in aim.reached and "(0.863-0.966)" in aim.reached


def test_a_bad_kind_shows_although_the_slice_is_good() -> None:
    rows = [row("benign", "no_known_risk", kind="many")] * 99 + [row("benign", "scam", kind="one_time_code")]
    slices = {"eval/honest": rows}
    assert found(slices, "false alarm `scam`: eval/honest").met
    assert found(slices, "false alarm `scam` or `suspicious`").met
    kinds = found(slices, "both limits in every kind")
    assert not kinds.met and kinds.reached == "1 of 2 kinds; above: one_time_code 1/1"
    assert list(by_kind([*rows, row("scam", "scam")])) == ["many", "one_time_code"]


def test_unclear_counts_only_with_questions() -> None:
    rows = [row("too_little", "unclear", asked=3)] * 4 + [row("too_little", "unclear", asked=1)]
    aim = found({"eval/too_little": rows}, "`unclear` with 2")
    assert aim.met and "4/5" in aim.reached
    assert not found({"eval/too_little": rows[1:]}, "`unclear` with 2").met


def test_calibration_is_taken_over_a_folder_that_has_both_labels() -> None:
    slices = {
        "a/x": [row("scam", "scam", 0.9)],
        "a/y": [row("benign", "x", 0.1)],
        "b/z": [row("scam", "scam", 1)],
    }
    assert list(by_folder(slices)) == ["a"]
    aim = found(slices, "expected calibration error")
    assert not aim.met and aim.reached == "0.100 (n 2)"


def test_what_a_perturbation_costs() -> None:
    before = [row("scam", "scam")] * 9 + [
        row("scam", "unclear"),
        row("benign", "no_known_risk"),
        row("benign", "scam"),
    ]
    after = [row("scam", "scam", text="u")] * 6 + [row("scam", "unclear", text="u")] * 4
    after += [row("benign", "suspicious"), row("benign", "scam")]
    change = compare("typos", "eval/x", before, after)
    assert change.cost == pytest.approx(30) and change.unclear == pytest.approx(0.4)
    assert (change.alarm_rise, change.warned_rise) == (0, pytest.approx(50))
    assert change.changed == pytest.approx(10 / 12)
    (aim,) = [aim for aim in aims({}, [change]) if aim.what.startswith("cost")]
    assert (aim.met, aim.reached) == (False, "x +30.0")
    page = "\n".join(lines([change]))
    assert "| typos | 83% | +30.0 (0.600); unclear 0.400 |" in page
    assert "0.500 (+0.0); 1.000 (+50.0)" in page
