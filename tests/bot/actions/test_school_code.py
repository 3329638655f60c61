"""A school's code: known, unknown, missing; the file of schools; what is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from bot import schools
from bot.actions.guided.state import Desk, State, dump
from bot.actions.guided_form import ActionBeginGuided
from bot.actions.school_code import ActionSchoolCode, code_in
from bot.actions.school_count import count_topic
from bot.settings import SettingsError

KNOWN = {"HDSF01": "某某师范大学"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("学校代码 HDSF01", "HDSF01"),
        ("hdsf01", "HDSF01"),
        ("我的代码是hdsf-01，谢谢", "HDSF01"),
        ("ＨＤＳＦ01", None),
        ("学校代码", None),
        ("AB123456789", None),
        ("' OR 1=1 --", None),
    ],
)
def test_the_code_is_found_in_what_is_typed(text: str, code: str | None) -> None:
    assert code_in(text) == code


def test_a_known_code_is_remembered_and_the_person_told_what_the_school_sees(talk: Any) -> None:
    (reply,), slots = talk.run(ActionSchoolCode(lambda: KNOWN), "学校代码 hdsf01", "school_code")
    assert slots["school"] == "HDSF01" and slots["role"] == "student"
    assert "某某师范大学" in reply["text"] and "看不到是谁" in reply["text"]


@pytest.mark.parametrize("text", ["学校代码 ZZZZ99", "我有学校代码", "/school_code"])
def test_an_unknown_or_missing_code_is_refused_kindly(talk: Any, text: str) -> None:
    (reply,), slots = talk.run(ActionSchoolCode(lambda: KNOWN), text, "school_code")
    assert "school" not in slots and "一样能用" in reply["text"] and reply["buttons"]


def test_without_a_file_no_school_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FANZHA_SCHOOLS_FILE", raising=False)
    schools.load.cache_clear()
    assert schools.load() == {}


def test_the_file_of_schools_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "schools.yml"
    path.write_text("schools:\n- {code: HDSF01, name: 某某师范大学}\n", encoding="utf-8")
    monkeypatch.setenv("FANZHA_SCHOOLS_FILE", str(path))
    schools.load.cache_clear()
    assert schools.load() == KNOWN
    schools.load.cache_clear()


@pytest.mark.parametrize(
    "content",
    [
        "schools: 5",
        "[]",
        "schools:\n- {code: HDSF01}",
        "schools:\n- {code: hdsf01, name: x}",
        "schools:\n- {code: HDSF01, name: x}\n- {code: HDSF01, name: y}",
        "{",
    ],
)
def test_a_broken_file_names_the_variable(tmp_path: Path, content: str) -> None:
    path = tmp_path / "schools.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="FANZHA_SCHOOLS_FILE"):
        schools.read(path)
    with pytest.raises(SettingsError, match="FANZHA_SCHOOLS_FILE"):
        schools.read(tmp_path / "missing.yml")


def commands(talk: Any, slots: dict[str, Any], desk: Desk) -> list[dict[str, Any]]:
    talk.slots = slots
    dispatcher = CollectingDispatcher()
    count_topic(dispatcher, talk.tracker("x"), desk)
    return [message["custom"] for message in dispatcher.messages]


def test_a_topic_counts_once_when_it_begins_and_only_with_a_code(talk: Any) -> None:
    begun = Desk(State("student_loan", 1.0, 1.0))
    school = {"school": "HDSF01"}
    (sent,) = commands(talk, school, begun)
    assert (sent["command"], sent["school"], sent["topic"]) == ("school_topic", "HDSF01", "student_loan")
    assert sent["text"] == "" and sent["card"] is None
    assert commands(talk, {**school, "guided": dump(begun)}, begun) == []
    assert commands(talk, {}, begun) == []
    assert commands(talk, school, Desk(State("stop_payment", 1.0, 1.0))) == []
    assert commands(talk, school, Desk()) == []


def test_opening_a_topic_sends_the_counter(talk: Any) -> None:
    talk.slots = {"school": "HDSF01"}
    dispatcher = CollectingDispatcher()
    import asyncio

    asyncio.run(ActionBeginGuided().run(dispatcher, talk.tracker("关于注销校园贷", "student_topic"), {}))
    sent = [message["custom"] for message in dispatcher.messages]
    assert [one.get("topic") for one in sent if "command" in one] == ["student_loan"]
