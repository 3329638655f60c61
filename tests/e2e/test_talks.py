"""Recorded conversations through the real gateway, Rasa and actions: tests/conversations/talks/*.yml.

One file is a list of talks::

    - talk: what it shows
      turns:
        - {say: "words"}                  # or {press: "a button's title"} of the last answer
          expect: ["…"]                   # each stands in a text or a card of the answer
          first: "…"                      # stands in the first message
          buttons: ["title"]              # among the buttons
          card: card_110                  # kind of one of the cards
          never: ["…"]                    # stands nowhere in the answer

Every answer has at most two messages of at most 300 characters, and is not the fallback.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from house import House, running_house

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]
FOLDER = Path(__file__).parent.parent / "conversations" / "talks"
FALLBACK = ("对话系统暂时连不上", "我没接住这句", "这里出了点小问题")
KEYS = {"say", "press", "expect", "first", "buttons", "card", "never"}


def talks() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        for talk in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
            found.append(pytest.param(talk, id=f"{path.stem}: {talk['talk']}"))
    return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    from pytest_socket import enable_socket

    enable_socket()
    with running_house(tmp_path_factory.mktemp("talks")) as house:
        yield house


@pytest.mark.parametrize("talk", talks())
def test_talk(house: House, talk: dict[str, Any]) -> None:
    session = uuid.uuid4().hex
    shown: list[dict[str, str]] = []
    for number, turn in enumerate(talk["turns"], 1):
        assert set(turn) <= KEYS, f"turn {number}: unknown keys {set(turn) - KEYS}"
        replies = send(house, session, turn, shown)
        shown = [button for reply in replies for button in reply["buttons"]]
        check(turn, replies, f"turn {number} ({turn.get('say') or turn.get('press')})")


def send(
    house: House, session: str, turn: dict[str, Any], shown: list[dict[str, str]]
) -> list[dict[str, Any]]:
    if "say" in turn:
        return house.say(session, str(turn["say"]))
    payload = next((b["payload"] for b in shown if b["title"] == turn["press"]), None)
    assert payload, f"no button {turn['press']!r} among {[b['title'] for b in shown]}"
    return house.press(session, payload)


def check(turn: dict[str, Any], replies: list[dict[str, Any]], where: str) -> None:
    said = "\n".join(
        [*(r["text"] for r in replies), json.dumps([r["card"] for r in replies], ensure_ascii=False)]
    )
    assert 1 <= len(replies) <= 2, f"{where}: {len(replies)} messages"
    assert all(len(reply["text"]) <= 300 for reply in replies), where
    for words in (*turn.get("never", ()), *FALLBACK):
        assert words not in said, f"{where}: {words!r} in {said[:600]}"
    for words in turn.get("expect", ()):
        assert words in said, f"{where}: no {words!r} in {said[:900]}"
    assert turn.get("first", "") in replies[0]["text"], f"{where}: {replies[0]['text']}"
    titles = [button["title"] for reply in replies for button in reply["buttons"]]
    assert set(turn.get("buttons", ())) <= set(titles), f"{where}: buttons {titles}"
    if "card" in turn:
        assert turn["card"] in [r["card"]["kind"] for r in replies if r["card"]], f"{where}: {said[:300]}"
