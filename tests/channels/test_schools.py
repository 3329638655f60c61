"""What a school sees: monthly figures of topics, small ones withheld, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from channels import schools
from channels.base import Reply
from channels.dialogue import Answer
from channels.schools import Figure, Schools
from storage.engine import default_url, open_engine
from storage.migrate import upgrade
from storage.tables import school_topic

Open = Callable[..., Any]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(default_url(tmp_path))
    upgrade(engine)
    return engine


def test_figures_below_five_and_the_running_month_are_withheld(engine: Engine) -> None:
    october = Schools(engine, lambda: "2026-10")
    for _ in range(5):
        assert october.count("HDSF01", "student_loan")
    for _ in range(4):
        assert october.count("HDSF01", "student_game")
    assert october.count("ABCD12", "student_loan")
    assert october.figures("HDSF01") == []
    november = Schools(engine, lambda: "2026-11")
    for _ in range(9):
        november.count("HDSF01", "student_loan")
    assert november.figures("HDSF01") == [
        Figure("2026-10", "student_game", None),
        Figure("2026-10", "student_loan", 5),
    ]
    assert november.figures("ABCD12") == [Figure("2026-10", "student_loan", None)]
    assert november.figures("NOBODY99") == []


@pytest.mark.parametrize(
    ("school", "topic"),
    [
        ("", "x1"),
        ("hdsf01", "student_loan"),
        ("HDSF01'--", "student_loan"),
        ("HDSF01", "13800001111"),
        ("HDSF01", "x" * 60),
    ],
)
def test_nothing_but_codes_and_topics_is_counted(engine: Engine, school: str, topic: str) -> None:
    assert not Schools(engine).count(school, topic)
    with engine.connect() as connection:
        assert connection.execute(select(school_topic)).all() == []


def test_two_processes_may_make_the_same_row(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Schools(engine, lambda: "2026-10")
    book.count("HDSF01", "student_loan")
    real, calls = book._add, []

    def blind(*key: str) -> bool:
        calls.append(key)
        return len(calls) > 1 and real(*key)

    monkeypatch.setattr(book, "_add", blind)
    assert book.count("HDSF01", "student_loan")
    with engine.connect() as connection:
        assert connection.execute(select(school_topic.c.count)).scalar() == 2


def test_the_command_line_prints_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FANZHA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    engine = open_engine(default_url(tmp_path))
    upgrade(engine)
    for _ in range(7):
        Schools(engine, lambda: "2020-01").count("HDSF01", "student_loan")
    Schools(engine, lambda: "2020-01").count("HDSF01", "student_exam")
    assert schools.main(["hdsf01"]) == 0
    printed = capsys.readouterr().out
    assert "2020-01  student_loan" in printed and "7" in printed and "fewer than 5" in printed
    assert schools.main(["1; drop"]) == 1


@pytest.mark.asyncio
async def test_the_gateway_obeys_the_counter_and_shows_nothing_of_it(
    open_gateway: Open, tmp_path: Path
) -> None:
    good = {"command": "school_topic", "school": "HDSF01", "topic": "student_loan"}
    bad = {"command": "school_topic", "school": 5, "topic": "student_loan"}
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(Answer((Reply("好"),), (good, bad)))
        shown = (await gateway.say("校园贷")).json()
    assert [reply["text"] for reply in shown["replies"]] == ["好"]
    with open_engine(default_url(tmp_path)).connect() as connection:
        row = connection.execute(select(school_topic)).one()
    assert (row.school, row.topic, row.count) == ("HDSF01", "student_loan", 1)
