"""kill -9 between any two steps: the message is answered, and never twice. Real processes, real databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).with_name("kill_driver.py")
MESSAGE = {"id": "m1", "from": "openid-1", "text": "他让我转账"}
SURE = [
    "before:take",
    "after:take",
    "after:claim",
    "after:waiting",
    "after:answer",
    "after:write",
    "after:claim_push",
    "after:settle",
]
pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]


@dataclass
class Run:
    """What a driver left behind."""

    code: int
    states: dict[str, int]
    taken: list[str]  # by the platform, pushed
    rode: list[str]  # on answers to requests
    asked: int  # questions to the dialogue engine


class Driver:
    """The process that forks gateways."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{DRIVER.parent}"}
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def __call__(self, folder: Path, url: str, point: str, mode: str, message: object) -> Run:
        assert self._process.stdin and self._process.stdout
        job = {"folder": str(folder), "url": url, "point": point, "mode": mode, "message": message}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        result = json.loads(self._process.stdout.readline())
        assert result["code"] in {0, -9}
        ledger, answers, asked = (read(folder / name) for name in ("ledger", "answers", "asked"))
        rode = [answer for answer in answers if answer != "success"]
        return Run(result["code"], result["states"], ledger, rode, len(asked))

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


@pytest.fixture(scope="module")
def drive() -> Iterator[Driver]:
    driver = Driver()
    yield driver
    driver.close()


def read(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def died_and_began_again(drive: Driver, folder: Path, url: str, point: str, mode: str = "push") -> Run:
    """The process dies at ``point``; the platform, which got no answer, sends the message again to the next one."""
    first = drive(folder, url, point, mode, MESSAGE)
    assert first.code == -9, "the point was not reached"
    return drive(folder, url, "none", mode, None if read(folder / "answers") else MESSAGE)


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'kill.db'}"


@pytest.mark.parametrize("point", SURE)
def test_it_is_answered_exactly_once(drive: Driver, tmp_path: Path, sqlite: str, point: str) -> None:
    run = died_and_began_again(drive, tmp_path, sqlite, point)
    assert (run.taken, run.states) == (["答：他让我转账"], {"sent": 1})
    assert run.asked <= 2


@pytest.mark.parametrize(("point", "taken"), [("after:start", 0), ("after:deliver", 1)])
def test_what_the_platform_may_have_taken_is_told_apart_and_not_repeated(
    drive: Driver, tmp_path: Path, sqlite: str, point: str, taken: int
) -> None:
    run = died_and_began_again(drive, tmp_path, sqlite, point)
    assert (len(run.taken), run.states) == (taken, {"unknown": 1})


@pytest.mark.parametrize("point", ["after:take", "after:write", "after:claim_passive"])
def test_a_ridden_answer_comes_once_too(drive: Driver, tmp_path: Path, sqlite: str, point: str) -> None:
    run = died_and_began_again(drive, tmp_path, sqlite, point, "passive")
    assert len(run.taken) + len(run.rode) == 1
    assert run.states == {"sent": 1}


@pytest.mark.parametrize("point", ["after:take", "after:answer", "after:claim_push", "after:deliver"])
def test_the_same_on_postgresql(drive: Driver, tmp_path: Path, postgres_url: str, point: str) -> None:
    base, _, name = postgres_url.rpartition("/")
    database = point.replace(":", "_")
    import psycopg  # a database of its own for each point

    with psycopg.connect(f"{base}/{name}".replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    run = died_and_began_again(drive, tmp_path, f"{base}/{database}", point)
    assert run.taken == ["答：他让我转账"]
    assert run.states == ({"unknown": 1} if point == "after:deliver" else {"sent": 1})
