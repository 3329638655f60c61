"""The page from hand-made judgements: everything is on it, foreign texts are not, pictures are drawn."""

from __future__ import annotations

from pathlib import Path

from bench import intents_page
from bench.evaluate import Results, draw, page
from bench.plots import confusion_counts, type_pairs
from bench.robustness import compare
from bench.scores import Judged
from bench.slices import judge, read
from bot.assessment.assessor import Assessor

SCAMS = [
    Judged(
        "转账到安全账户", "scam", "k", "fake_loan", "scam", 0.95, ("fake_loan", "nfc_tap"), "L", ("L", "")
    ),
    Judged("漏掉的", "scam", "k", "nfc_tap", "no_known_risk", 0.1, ("fake_loan",), None, ("L",)),
]
HONEST = [Judged("取件码|\n1234", "benign", "courier", None, "suspicious", 0.7, ())]
FOREIGN = [Judged("别人的短信", "benign", "personal", None, "scam", 0.9, ())]
SLICES = {"eval/received": SCAMS, "eval/honest": HONEST, "other/sms": FOREIGN}
UNDERSTOOD = intents_page.read({"folds": 5, "own": [["greet", "greet", "check"]], "held_out": {}})


def results() -> Results:
    changes = [compare("spaces", "eval/received", SCAMS, SCAMS)]
    return Results("abc", SLICES, changes, UNDERSTOOD)


def test_every_part_is_there() -> None:
    text = page(results())
    for heading in (
        "Aims",
        "Scams",
        "Honest texts",
        "Calibration",
        "Types taken",
        "Robustness",
        "The dialogue",
    ):
        assert f"\n## {heading}" in text, heading
    assert (
        "| eval/received | taxonomy | 2 | 0.500" in text and "| eval/received | official | 1 | 1.000" in text
    )
    assert "- nfc_tap → fake_loan: 1" in text
    assert "| eval/honest | courier | 1 |" in text
    assert "- scam (k) judged `no_known_risk` (0.10): 漏掉的" in text
    assert "- benign (courier) judged `suspicious` (0.70): 取件码| / 1234" in text


def test_texts_of_other_collections_are_not_quoted() -> None:
    text = page(results())
    assert "别人的短信" not in text and "| other/sms | personal | 1 |" in text


def test_without_the_long_measurements_their_parts_are_left_out() -> None:
    text = page(Results("abc", {"eval/received": SCAMS}))
    assert (
        "## Robustness" not in text and "## The dialogue engine" not in text and "cost in recall" not in text
    )


def test_pictures_are_drawn_and_are_the_same_each_time(tmp_path: Path) -> None:
    draw(results(), tmp_path / "one")
    draw(results(), tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["intents.png", "reliability.png", "types.png"]
    for name in names:
        first = (tmp_path / "one" / name).read_bytes()
        assert first.startswith(b"\x89PNG") and first == (tmp_path / "two" / name).read_bytes()


def test_counts_of_the_heat_map() -> None:
    names, counts = confusion_counts(type_pairs(SCAMS))
    assert names == ["fake_loan", "nfc_tap"]
    assert counts.tolist() == [[1, 0], [1, 0]]


def test_a_real_judgement_has_classes_and_questions(assessor: Assessor, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "rows.jsonl").write_text(
        '{"text": "客服说贷款放款前要先交三千保证金到个人账户,我已经交了", "label": "scam", "type": "fake_loan"}\n'
        '{"text": "有人给我打电话", "label": "too_little"}\n',
        encoding="utf-8",
    )
    ((name, rows),) = read([folder]).items()
    scam, little = judge(assessor, rows)
    assert name == "mine/rows"
    assert scam.wanted_class and scam.classes and scam.asked == 0
    assert little.verdict == "unclear" and little.asked >= 2
