"""What the documents say is there is there: commands, paths, settings, addresses, fields, limits."""

from __future__ import annotations

import dataclasses
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import fanzha
from bot.assessment import placeholders
from bot.assessment.model import Assessment, Verdict
from channels.gateway import create_app
from channels.guard import MOST_BODY_BYTES
from channels.privacy import MOST_KEPT
from channels.requests import CHECK_LIMIT
from channels.settings import Settings
from channels.web.messages import CHAT_LIMIT
from knowledge_base.settings import KnowledgeSettings

ROOT = Path(__file__).resolve().parent.parent
DOCS = (
    "README.md",
    "README.zh-CN.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/architecture.md",
    "docs/campaigns.md",
    "docs/operations.md",
    "docs/privacy.md",
    "docs/schools.md",
    "docs/wechat.md",
)
# Made by commands, not kept in the repository.
MADE = (".venv/", ".venv-rasa/", ".var/", "docs/benchmarks.md")
NETWORK = re.compile(r"[\d.]+/\d+")
documents = pytest.mark.parametrize("name", DOCS)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code(text: str) -> Iterator[str]:
    """The contents of fenced blocks and of inline code."""
    yield from re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", prose)


def make_targets(text: str) -> set[str]:
    return {target for part in code(text) for target in re.findall(r"\bmake ([a-z-]+)", part)}


def commands(text: str) -> set[tuple[str, ...]]:
    """``("kb", "lint")`` for `fanzha kb lint`; words that are arguments are left out."""
    found: set[tuple[str, ...]] = set()
    for part in code(text):
        for first, second in re.findall(r"\bfanzha ([a-z]+)(?: ([a-z]+))?", part):
            found.add((first, second) if first in groups() else (first,))
    return found


def paths(text: str) -> set[str]:
    """Paths written as code, cut before the first part that stands for something (``<slug>``, ``*``)."""
    found = set()
    for part in code(text):
        for path in re.findall(r"(?<![\w/.:<>{}@-])\.?\w[\w.-]*(?:/[\w.<>*-]*)+", part):
            if path != "application/json" and not NETWORK.fullmatch(path):
                found.add(re.split(r"[^/]*[<*]", path)[0])
    return found


def links(text: str) -> set[str]:
    return {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}


def groups() -> dict[str, typer.Typer]:
    """``fanzha kb …`` and the like."""
    return {group.name: group.typer_instance for group in fanzha.app.registered_groups}


def command_names(app: typer.Typer) -> set[str]:
    return {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }


@documents
def test_every_make_target_exists(name: str) -> None:
    known = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert make_targets(read(name)) <= known


@documents
def test_every_command_exists(name: str) -> None:
    document = read(name)
    known: set[tuple[str, ...]] = {(command,) for command in command_names(fanzha.app)}
    for name, group in groups().items():
        known |= {(name, command) for command in command_names(group)}
    assert commands(document) <= known


@documents
def test_every_link_and_path_leads_somewhere(name: str) -> None:
    text = read(name)
    linked = {link for link in links(text) if not ((ROOT / name).parent / link).exists()}
    named = {path for path in paths(text) if not path.startswith(MADE) and not (ROOT / path).exists()}
    assert (linked, named) == (set(), set())


@documents
def test_every_setting_is_one(name: str) -> None:
    known = set(re.findall(r"^(FANZHA_\w+)=", read(".env.example"), re.MULTILINE))
    known |= {f"FANZHA_{field.upper()}" for field in KnowledgeSettings.model_fields}
    known |= set(re.findall(r'"(FANZHA_\w+)"', read("bot/settings.py") + read("deploy/bootstrap.py")))
    assert set(re.findall(r"FANZHA_\w*\w", read(name))) - {"FANZHA_"} <= known


@documents
def test_every_address_is_served(name: str, tmp_path: Path) -> None:
    served = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "channels").rglob("*.py"))
    asked = {
        found for part in code(read(name)) for found in re.findall(r"^(?:POST |GET )?(/[a-z0-9/]+)$", part)
    }
    described = create_app(
        Settings(
            _env_file=None,
            data_dir=tmp_path,
            widget_origins="https://school.example",
            campaign_operators=f"li:approver:{'0' * 64}",
        )
    ).openapi()["paths"]
    assert {path for path in asked if f'"{path}"' not in served and path not in described} == set()


def test_the_finders_find() -> None:
    text = "Say `make run`, see [x](a/b.md#c), `bot/<x>/y.py`:\n```sh\npython -m fanzha kb lint\nfanzha check 'make'\n```\n"
    assert make_targets(text) == {"run"}
    assert commands(text) == {("kb", "lint"), ("check",)}
    assert (links(text), paths(text)) == ({"a/b.md"}, {"bot/"})
    assert (
        make_targets(read("README.md"))
        and commands(read("README.md"))
        and len(paths(read("CONTRIBUTING.md"))) > 20
    )


def test_both_readmes_have_the_same_parts_and_commands() -> None:
    english, chinese = read("README.md"), read("README.zh-CN.md")

    def outline(text: str) -> list[str]:
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        return re.findall(r"^#+(?= )", prose, re.MULTILINE)

    def blocks(text: str) -> list[str]:
        return re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)

    assert outline(english) == outline(chinese)
    assert blocks(english) == blocks(chinese)
    assert (make_targets(english), commands(english)) == (make_targets(chinese), commands(chinese))
    assert links(english) - {"README.zh-CN.md"} == links(chinese) - {"README.md"}
    assert english.count("\n|") == chinese.count("\n|")


def test_every_field_verdict_and_placeholder_is_explained() -> None:
    text = read("docs/architecture.md")
    fields = {field.name for field in dataclasses.fields(Assessment)}
    assert {name for name in fields if f"| `{name}` |" not in text} == set()
    assert {verdict for verdict in Verdict if f"| `{verdict}` |" not in text} == set()
    assert {label for label in placeholders.labels() if f"<{label}#1" not in text} == set()


def test_the_limits_are_those_of_the_code() -> None:
    text = read("docs/architecture.md")
    for limit in (
        f"{CHAT_LIMIT:,}",
        f"{CHECK_LIMIT:,}",
        f"{MOST_BODY_BYTES // 1024} KiB",
        f"most {MOST_KEPT} for",
    ):
        assert limit in text


def run_ci(folder: Path, said: str, status: int) -> subprocess.CompletedProcess[str]:
    """Run .ci/run with a ``make`` that only says ``said``."""
    fake = folder / "make"
    fake.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\nexit {status}\n", encoding="utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "CI": "true"}
    return subprocess.run(
        [str(ROOT / ".ci" / "run")],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("said", "status", "good", "last"),
    [
        ("......\n12 passed in 0.12s", 0, True, "12 passed in 0.12s"),
        ("===== 12 passed, 1 warning in 61.00s (0:01:01) =====", 0, True, "12 passed, 1 warning"),
        ("no tests ran in 0.01s\nmake: *** Error 5", 2, False, "no tests ran in 0.01s"),
        ("no tests ran in 0.01s", 0, False, "no tests ran in 0.01s"),
        ("3 skipped in 0.01s", 0, False, "3 skipped in 0.01s"),
        (
            "FAILED tests/x.py::y\n1 failed, 12 passed in 3.00s\nmake: *** Error 1",
            2,
            False,
            "1 failed, 12 passed",
        ),
        ("ruff: 1 error\nmake: *** Error 1", 2, False, "pytest did not get to run"),
    ],
)
def test_ci_ends_with_the_summary_and_fails_when_nothing_passed(
    said: str, status: int, good: bool, last: str, tmp_path: Path
) -> None:
    done = run_ci(tmp_path, said, status)
    assert (done.returncode == 0) is good
    assert last in done.stdout.splitlines()[-1]
