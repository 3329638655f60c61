"""docs/acceptance.md names tests that exist, for each of the promises."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "acceptance.md").read_text(encoding="utf-8")
NAME = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PROMISES = 28


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the tests in a file, those in classes as well; none when there is no such file."""
    if not (ROOT / path).exists():
        return frozenset()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in found if node.name.startswith("test_"))


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, without its head."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def missing(page: str) -> list[str]:
    return [f"{path}::{name}" for path, name in NAME.findall(page) if name not in names_in(path)]


def test_every_test_named_there_exists() -> None:
    assert missing(PAGE) == []


def test_every_number_is_there_in_order_with_a_test() -> None:
    table = rows("Acceptance")
    assert [cells[0] for cells in table] == [str(number) for number in range(1, PROMISES + 1)]
    assert [cells[0] for cells in table if not NAME.search(cells[2])] == []


def test_every_kind_of_bad_input_has_a_test() -> None:
    table = rows("Bad input")
    assert len(table) >= 15
    assert [cells[0] for cells in table if not NAME.search(cells[2])] == []


def test_nothing_stands_in_a_cell_of_tests_but_tests() -> None:
    cells = [row[2] for heading in ("Acceptance", "Bad input") for row in rows(heading)]
    assert [cell for cell in cells if NAME.sub("", cell).strip()] == []


@pytest.mark.parametrize(
    "name", ["tests/test_acceptance.py::test_no_such_thing", "tests/no_such_file.py::test_anything"]
)
def test_the_comparison_sees_what_is_not_there(name: str) -> None:
    assert missing(f"`{name}`") == [name]
