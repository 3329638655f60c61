"""What a button may send, and the list it is checked against."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from channels.payloads import PATH, AllowList, AllowListError, load_allow_list, neutralise

ROOT = Path(__file__).parents[2]
LIST = AllowList({"greet": {}, "set_role": {"role": frozenset({"student"}), "age": frozenset({"18"})}})


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        ("/greet", "/greet"),
        ("/greet{}", "/greet"),
        ('/set_role{ "role" : "student" }', '/set_role{"role":"student"}'),
        ('/set_role{"role":"student","age":"18"}', '/set_role{"role":"student","age":"18"}'),
    ],
)
def test_accepted_in_canonical_form(payload: str, sent: str) -> None:
    assert LIST.accept(payload) == sent


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "/",
        "greet",
        "/restart",
        "/greet@0.9",
        "/greet ",
        "/greet\n",
        '/greet{"role":"student"}',
        '/set_role{"role":"admin"}',
        '/set_role{"role":["student"]}',
        '/set_role{"age":18}',
        '/set_role{"role":"student"',
        "/set_role[]",
        "/set_role{" + "[" * 250 + "}",
        '/set_role{"role":"' + "x" * 400 + '"}',
    ],
)
def test_refused(payload: str) -> None:
    assert LIST.accept(payload) is None


@given(st.text())
def test_whatever_is_typed_is_no_intent_and_loses_nothing(text: str) -> None:
    result = neutralise(text)
    assert not result.strip().startswith("/")
    assert len(result) == len(text)
    assert result.replace("\uff0f", "/") == text.replace("\uff0f", "/")


@pytest.mark.parametrize("content", ["- a", "greet: 5", "greet: {role: 5}", "{", "greet: [a]"])
def test_a_broken_list_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "button_intents.yml"
    path.write_text(content)
    with pytest.raises(AllowListError, match="button_intents"):
        load_allow_list(path)
    with pytest.raises(AllowListError):
        load_allow_list(tmp_path / "none.yml")


def shipped_payloads() -> set[str]:
    """Every payload that the dialogue's files and the page can show."""
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "payload" and isinstance(value, str):
                    found.add(value)
                walk(value)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    for path in [ROOT / "domain.yml", *(ROOT / "bot" / "actions").glob("*.yml")]:
        walk(yaml.safe_load(path.read_text(encoding="utf-8")))
    page = (ROOT / "channels" / "web" / "static" / "index.html").read_text(encoding="utf-8")
    found |= set(re.findall(r'data-payload="([^"]+)"', page)) | set(
        re.findall(r"data-payload='([^']+)'", page)
    )
    return found


def test_every_button_we_ship_may_be_pressed() -> None:
    allowed = load_allow_list(PATH)
    refused = {payload for payload in shipped_payloads() if allowed.accept(payload) is None}
    assert not refused
    assert allowed.accept("/delete_data"), "the gateway tells the dialogue engine to forget by this"


def test_canonical_form_is_json() -> None:
    accepted = LIST.accept('/set_role{"role":"student"}') or ""
    assert json.loads(accepted.removeprefix("/set_role")) == {"role": "student"}


@pytest.mark.parametrize(
    ("payload", "good"),
    [
        ('/answer{"guided_answer":"stop_payment:how:alipay"}', True),
        ('/begin{"guided_flow":"stop_payment"}', True),
        ('/answer{"guided_answer":"stop_payment:how"}', False),
        ('/answer{"guided_answer":"stop_payment:how:ali pay"}', False),
        ('/answer{"guided_answer":"a:b:c\\n/restart"}', False),
        ('/answer{"guided_answer":"停:b:c"}', False),
        ('/begin{"guided_flow":"../etc"}', False),
        ('/begin{"guided_flow":["a"]}', False),
        ('/answer{"guided_answer":"' + "a" * 40 + ':b:c"}', False),
    ],
)
def test_guided_payloads_are_bounded_by_their_shape(payload: str, good: bool) -> None:
    assert (load_allow_list().accept(payload) is not None) is good
