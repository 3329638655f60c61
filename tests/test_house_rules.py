"""Rules about the code itself (design.md section 3)."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("knowledge_base", "bot", "channels", "campaigns", "storage", "deploy", "bench", "tests")
SHIPPED = ("knowledge_base", "bot", "channels", "campaigns", "storage", "deploy")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LINE_BUDGET, MEDIAN_BUDGET = 300, 120
GRAB_BAGS = {"utils.py", "helpers.py", "common.py", "misc.py", "strings.py"}


def python_files(rooms: tuple[str, ...]) -> list[Path]:
    """Python files of the rooms, generated migrations aside."""
    found = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in (*found, ROOT / "fanzha.py") if "versions" not in path.parts]


def docstrings(tree: ast.AST) -> set[int]:
    """Ids of the constants that are docstrings."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, owners) and node.body]
    return {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}


def chinese_constants(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    exempt = docstrings(tree)
    for node in ast.walk(tree):
        sentence = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in exempt
        if sentence and CHINESE.search(node.value):
            yield node.lineno, node.value[:40]


def test_no_chinese_sentence_in_python() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in python_files(SHIPPED)
        for line, text in chinese_constants(path)
    ]
    assert offenders == []


def test_the_chinese_rule_sees_a_sentence(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text('"""可以."""\nWORD = "不可以"\nF = f"{WORD}转账"\n', encoding="utf-8")
    assert [line for line, _ in chinese_constants(bad)] == [2, 3]


def test_files_are_small_and_named_for_one_thing() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(ROOMS)}
    assert {str(path) for path in sizes if path.name in GRAB_BAGS} == set()
    assert {str(path): size for path, size in sizes.items() if size > LINE_BUDGET} == {}
    shipped = [size for path, size in sizes.items() if size > 2 and "tests" not in path.parts]
    assert statistics.median(shipped) < MEDIAN_BUDGET


def test_environment_is_read_in_settings_only() -> None:
    reads = re.compile(r"os\.environ|os\.getenv")
    allowed = {"settings.py", "bootstrap.py", "rasa_model.py", "fanzha.py", "rasa_server.py"}
    # the last four hand the environment on to a child process, or set a switch before Rasa is imported
    offenders = [
        str(path.relative_to(ROOT))
        for path in python_files(SHIPPED)
        if path.name not in allowed and reads.search(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


@pytest.mark.parametrize("path", python_files(SHIPPED), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_happens_at_import(path: Path) -> None:
    """At module level: definitions, constants, compiled patterns; no open(), read, load, connect or run."""
    forbidden = re.compile(
        r"^(open|read|load|connect|run|get|post|create_engine|Client|AsyncClient|read_text|read_bytes)$"
    )
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for statement in tree.body:
        if isinstance(
            statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        ):
            continue
        if isinstance(statement, ast.If):  # `if __name__ == "__main__"` and TYPE_CHECKING
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                assert not forbidden.match(name), f"{path.name}:{node.lineno} calls {name}() at import"


def test_numbers_in_wording_come_from_contacts() -> None:
    """Every hotline in the sentences that citizens read is a shown entry of contacts.yml."""
    from knowledge_base import contacts
    from knowledge_base.lint import _diallable

    files = [
        ROOT / "domain.yml",
        *sorted((ROOT / "bot" / "actions").glob("*.yml")),
        ROOT / "bot" / "assessment" / "assessment.yml",
        *sorted((ROOT / "channels").rglob("*.yml")),
        *sorted((ROOT / "channels").rglob("*.html")),
    ]
    unknown = [
        f"{path.relative_to(ROOT)}: {found.group(0)}"
        for path in files
        for found in _diallable().finditer(path.read_text(encoding="utf-8"))
        if contacts.load().by_number(found.group(0)) is None
    ]
    assert len(files) > 5
    assert unknown == []


def test_nobody_calls_a_thing_safe() -> None:
    """Nothing is called safe in what the assistant says of a text (design.md section 4)."""
    said = re.compile(r"(?:这|它|很|是|请)?(?:放心|安全的|绝对安全|没有问题|没问题|可以相信|不是诈骗)")
    words = yaml.safe_load((ROOT / "bot" / "assessment" / "assessment.yml").read_text(encoding="utf-8"))
    lines = [line for verdict in words["verdicts"].values() for line in verdict["advice"]]
    assert lines
    assert [line for line in lines if said.search(line.replace("这不等于没有问题", ""))] == []
