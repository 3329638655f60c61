"""Lint finds each kind of mistake and says where; our own shelf has none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from knowledge_base import content, taxonomy
from knowledge_base.lint import lint
from knowledge_base.shelf import Shelf

TODAY = date(2026, 11, 22)
BULLETIN = "bulletins/nfc_tap/card_on_phone.yml"


@pytest.fixture
def shelf_copy(tmp_path: Path) -> Path:
    (tmp_path / "bulletins" / "nfc_tap").mkdir(parents=True)
    (tmp_path / "lookalikes").mkdir()
    shutil.copy(content.ROOT / BULLETIN, tmp_path / BULLETIN)
    shutil.copy(content.ROOT / "lookalikes" / "courier_pickup.yml", tmp_path / "lookalikes")
    shutil.copy(content.ROOT / "sources.yml", tmp_path)
    return tmp_path


def changed(root: Path, old: str, new: str) -> list[str]:
    path = root / BULLETIN
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [str(finding) for finding in lint(root, TODAY)]


def test_a_good_shelf_is_silent(shelf_copy: Path) -> None:
    assert lint(shelf_copy, TODAY) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("scam_type: nfc_tap", "scam_type: nfc_top", "scam_type nfc_top"),
        ("id: nfc_tap.card_on_phone", "id: nfc_tap.other", "expected nfc_tap.card_on_phone"),
        ("review_by: 2027-06-30", "review_by: 2026-01-01", "review was due"),
        ("summary:", "sumary:", "sumary"),
        ("confidence:", "confidence: D\nx:", "x:"),
        ("title:", "title: [", "not valid YAML"),
        ("sources:", "sources: [W99]\nold:", "old"),
    ],
)
def test_each_mistake_is_named_with_its_line(shelf_copy: Path, old: str, new: str, message: str) -> None:
    findings = changed(shelf_copy, old, new)
    assert any(message in finding and BULLETIN in finding for finding in findings), findings
    assert all(":0:" not in finding for finding in findings)


def test_a_number_outside_contacts_is_found(shelf_copy: Path) -> None:
    findings = changed(shelf_copy, "summary: ", "summary: 拨打95999;")
    assert any("95999" in finding and "contacts.yml" in finding for finding in findings)


def test_near_doubles_are_found(shelf_copy: Path) -> None:
    path = shelf_copy / "lookalikes" / "courier_pickup.yml"
    text = path.read_text(encoding="utf-8").rstrip()
    path.write_text(
        text + "\n  - 这是一条专门用来检查重复的取件通知,请在今晚八点前来领\n"
        "  - 这是一条专门用来检查重复的取件通知,请在今晚九点前来领\n",
        encoding="utf-8",
    )
    assert any("near-double" in str(finding) for finding in lint(shelf_copy, TODAY))


def test_our_shelf_is_clean_and_whole(shelf: Shelf) -> None:
    assert [str(finding) for finding in lint()] == []
    assert {bulletin.scam_type for bulletin in shelf.bulletins.values()} == set(taxonomy.load().types)
    techniques = {name.rstrip("abc") for bulletin in shelf.bulletins.values() for name in bulletin.techniques}
    assert techniques == {f"T{number}" for number in range(1, 22)}


def test_each_bulletin_has_twenty_sayings_of_its_own(shelf: Shelf) -> None:
    count: Callable[[str], int] = lambda key: sum(  # noqa: E731
        len(texts) for texts in shelf.bulletins[key].sayings.by_register().values()
    )
    assert {key: count(key) for key in shelf.bulletins if count(key) < 20} == {}
