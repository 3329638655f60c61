"""Every button fits the list by which the gateway lets payloads through; every sentence is short enough."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
ALLOWED: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (ROOT / "bot/button_intents.yml").read_text("utf-8")
)
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))


def buttons(node: Any) -> Iterator[dict[str, str]]:
    if isinstance(node, dict):
        if set(node) == {"title", "payload"}:
            yield node
        for value in node.values():
            yield from buttons(value)
    elif isinstance(node, list):
        for value in node:
            yield from buttons(value)


def fits(payload: str) -> bool:
    found = re.fullmatch(r"/([a-z_]+)(\{.*\})?", payload)
    if not found or found[1] not in ALLOWED:
        return False
    values = json.loads(found[2] or "{}")
    return all(allowed(ALLOWED[found[1]].get(slot, ()), value) for slot, value in values.items())


def allowed(listed: Any, value: str) -> bool:
    """A list of values, or a pattern that the whole value must match."""
    return bool(re.fullmatch(listed["pattern"], value)) if isinstance(listed, dict) else value in listed


def files() -> list[Path]:
    return [ROOT / "domain.yml", *sorted((ROOT / "bot/actions").glob("*.yml"))]


def test_every_button_fits_the_allow_list() -> None:
    seen = [button for path in files() for button in buttons(yaml.safe_load(path.read_text("utf-8")))]
    assert len(seen) > 60
    assert [button for button in seen if not fits(button["payload"])] == []
    assert all(0 < len(button["title"]) <= 12 for button in seen)


def test_the_list_names_only_intents_and_slots_of_the_domain() -> None:
    intents = {name if isinstance(name, str) else next(iter(name)) for name in DOMAIN["intents"]}
    assert set(ALLOWED) <= intents
    assert {slot for slots in ALLOWED.values() for slot in slots} <= set(DOMAIN["entities"])


def test_every_answer_button_is_an_option_of_the_questions() -> None:
    options = yaml.safe_load((ROOT / "bot/actions/clarify.yml").read_text("utf-8"))["slots"]
    listed = {slot: values for slot, values in ALLOWED["answer"].items() if slot != "guided_answer"}
    assert {slot: set(values) for slot, values in listed.items()} == {
        slot: set(question["options"]) for slot, question in options.items()
    }


def test_the_menus_of_the_roles_say_the_same_in_both_files() -> None:
    menus = yaml.safe_load((ROOT / "bot/actions/menus.yml").read_text("utf-8"))
    spoken = DOMAIN["responses"]["utter_menu"]
    for role, response in zip(("student", "driver", "resident"), spoken, strict=True):
        assert menus[role] == {"text": response["text"], "buttons": response["buttons"]}


def test_spoken_texts_are_short() -> None:
    for name, variants in DOMAIN["responses"].items():
        assert all(len(variant["text"]) <= 300 for variant in variants), name


def test_no_answer_calls_anything_safe() -> None:
    verdicts = yaml.safe_load((ROOT / "bot/actions/verdict.yml").read_text("utf-8"))
    assert "安全" not in json.dumps(verdicts, ensure_ascii=False)
