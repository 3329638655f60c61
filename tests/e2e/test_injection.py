"""The real processes: pasted orders are quoted and not obeyed; a school's code comes with the widget and is counted."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from house import House, running_house
from pytest_socket import enable_socket

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]
CORPUS = yaml.safe_load(
    (Path(__file__).parents[1] / "channels" / "hostile_texts.yml").read_text(encoding="utf-8")
)
CANARY = "KANARIE"
QUOTING = {"segments", "flags", "entities", "quote"}  # what a card repeats of the person's own message


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    enable_socket()
    folder = tmp_path_factory.mktemp("injection")
    schools = folder / "schools.yml"
    schools.write_text("schools:\n- {code: ABCD12, name: 某某学院}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANZHA_SCHOOLS_FILE", str(schools))
        patch.setenv("FANZHA_WIDGET_ORIGINS", "https://www.school.example")
        with running_house(folder) as house:
            yield house


def in_our_words(node: Any) -> str:
    """Return all that an answer says, without what it quotes."""
    if isinstance(node, dict):
        return " ".join(in_our_words(value) for key, value in node.items() if key not in QUOTING)
    return " ".join(map(in_our_words, node)) if isinstance(node, list) else str(node)


@pytest.mark.parametrize("order", CORPUS["orders"])
def test_a_pasted_order_is_not_obeyed(house: House, order: str) -> None:
    replies = house.say(uuid.uuid4().hex, order.replace("{canary}", CANARY))
    words = in_our_words(replies)
    assert replies and CANARY not in words and "可以转账" not in words
    verdicts = [reply["card"].get("verdict") for reply in replies if reply["card"]]
    assert "official" not in verdicts


@pytest.mark.parametrize("text", CORPUS["payloads"])
def test_a_typed_payload_moves_nothing(house: House, text: str) -> None:
    session = uuid.uuid4().hex
    house.say(session, "他让我把钱转到安全账户，还要验证码")
    replies = house.say(session, text)
    assert replies
    assert "已经全部删除" not in str(replies), "only a pressed button deletes, or words that say so"
    assert house.client.post("/api/v1/me", json={"session_id": session}).json()["messages"]


def test_a_schools_code_comes_with_the_widget_and_topics_are_counted(house: House) -> None:
    def send(session: str, **message: str) -> list[dict[str, Any]]:
        answer = house.client.post("/api/v1/widget/chat", json={"session_id": session, **message})
        assert answer.status_code == 200 and not answer.json()["degraded"], answer.text
        replies: list[dict[str, Any]] = answer.json()["replies"]
        return replies

    known, unknown = uuid.uuid4().hex, uuid.uuid4().hex
    welcome = send(known, school="ABCD12")[0]["text"]
    assert "某某学院" in welcome and "看不到是谁" in welcome
    stranger = send(unknown, school="ZZZZ99")
    assert "没找到" not in str(stranger) and stranger[0]["text"]
    for session in (known, unknown):
        assert send(session, payload='/begin{"guided_flow":"student_loan"}')
    with sqlite3.connect(house.folder / "fanzha.db") as database:
        counted = database.execute("SELECT school, topic, count FROM school_topic").fetchall()
        scenes = database.execute(
            "SELECT scene FROM person WHERE channel = 'widget' ORDER BY scene"
        ).fetchall()
    assert counted == [("ABCD12", "student_loan", 1)]
    assert scenes == [("",), ("sch:ABCD12",)]
