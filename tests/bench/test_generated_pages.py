"""The pages that commands write are there, come from today's writers, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import ablation, evaluate
from knowledge_base import stats_page

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {
    "evaluation.md": (evaluate.INTRO, ("Aims", "Scams", "Calibration", "Robustness", "The dialogue engine")),
    "ablation.md": (ablation.INTRO, ("By bulletin", "By register")),
    "knowledge_base.md": (stats_page.INTRO, ("Floors", "Repetition", "Variety")),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_of_today(name: str) -> None:
    intro, parts = PAGES[name]
    text = (DOCS / name).read_text(encoding="utf-8")
    assert text.startswith(intro), f"write {name} anew: its introduction says how"
    assert [part for part in parts if f"\n## {part}\n" not in text] == []


@pytest.mark.parametrize("name", [*PAGES, "evaluation-notes.md"])
def test_links_and_pictures_are_there(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    links = {link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
    assert {link for link in links if not (DOCS / link).exists()} == set()


def test_every_slice_has_its_place_in_the_discussion() -> None:
    notes = (DOCS / "evaluation-notes.md").read_text(encoding="utf-8")
    slices = re.findall(
        r"^### (eval/\w+)$", (DOCS / "evaluation.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert slices
    assert [name for name in slices if f"\n## {name}\n" not in notes] == []
