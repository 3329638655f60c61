"""Nothing that is read can run code: no pickles in any form, and the one release of Rasa whose models carry none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("knowledge_base", "bot", "channels", "campaigns", "storage", "deploy", "bench")
UNSAFE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "skops"}
CALLS = {"read_index", "unsafe_load", "full_load", "eval", "exec", "torch.load"}


def faults(source: str) -> Iterator[str]:
    """Name what can run code while it reads: modules, calls, and numpy's switch."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (name for name in names if name.split(".")[0] in UNSAFE)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in CALLS or called.split(".")[-1] in CALLS - {"eval", "exec"}:
                yield called
            switches = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if switches.get("allow_pickle") == "True":
                yield "allow_pickle=True"


def test_no_room_reads_anything_that_can_run_code() -> None:
    files = [*(path for room in SHIPPED for path in (ROOT / room).rglob("*.py")), ROOT / "fanzha.py"]
    found = {str(path.relative_to(ROOT)): list(faults(path.read_text(encoding="utf-8"))) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "np.load(path, allow_pickle=True)",
        "faiss.read_index(path)",
        "torch.load(path)",
        "yaml.unsafe_load(text)",
        "eval(text)",
    ],
)
def test_the_look_sees(source: str) -> None:
    assert list(faults(source))


def test_rasa_is_the_release_without_pickled_models() -> None:
    """CVE-2024-49375: every release before 3.6.21 runs what a model holds."""
    (version,) = re.findall(r"^rasa==([\d.]+)", (ROOT / "locks" / "rasa.txt").read_text(), re.MULTILINE)
    assert tuple(map(int, version.split("."))) >= (3, 6, 21)
