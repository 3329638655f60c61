"""A page of which each command writes its own part."""

from __future__ import annotations

import re
from pathlib import Path

from bench import page_part


def test_each_part_is_replaced_by_itself_and_they_keep_their_order(tmp_path: Path) -> None:
    page = tmp_path / "load.md"
    page_part.put("kill", "## Kills\n\none", page)
    page_part.put("webhooks", "## Webhooks\n\ntwo", page)
    page_part.put("kill", "## Kills\n\nthree", page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(page_part.INTRO.strip())
    assert "one" not in text.split("<!-- kill -->")[1]
    assert text.index("two") < text.index("three")
    page_part.put("kill", "## Kills\n\nthree", page)
    assert page.read_text(encoding="utf-8") == text


def test_the_page_is_there_and_of_today() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "load.md"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(page_part.INTRO.strip())
    written = re.findall(r"<!-- (\w+) -->\n## ", text)
    assert written == [part for part in page_part.PARTS if part in written] != []
