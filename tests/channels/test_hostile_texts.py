"""Pasted orders, look-alikes of payloads, header and mention injection: pasted text is judged and quoted, never obeyed."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.assessment.assessor import Assessor
from bot.assessment.model import Assessment

Open = Callable[..., Any]
CORPUS = yaml.safe_load(Path(__file__).with_name("hostile_texts.yml").read_text(encoding="utf-8"))
ROOT = Path(__file__).parents[2]
CANARY = "KANARIE"
WRITTEN = ("bot/assessment/*.yml", "knowledge_base/*.yml", "knowledge_base/bulletins/**/*.yml")


def leaves(node: Any) -> Iterator[str]:
    """Yield every string in a YAML document."""
    if isinstance(node, str):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from leaves(child)


@pytest.fixture(scope="module")
def vetted() -> tuple[set[str], list[re.Pattern[str]]]:
    """Every sentence that stands in a content file, and every template as a pattern."""
    documents = [yaml.safe_load(path.read_text("utf-8")) for kind in WRITTEN for path in ROOT.glob(kind)]
    found = {text.strip() for document in documents for text in leaves(document)}
    templates = [re.escape(text) for text in found if re.search(r"\{[a-z_]+\}", text)]
    return found, [re.compile(re.sub(r"\\\{[a-z_]+\\\}", ".{1,40}", text)) for text in templates]


def said(found: Assessment) -> list[str]:
    """Return what an assessment says in our words; quotations are left out."""
    return [
        *found.advice,
        *found.ask_back,
        *(flag.label for flag in found.red_flags),
        *(candidate.name for candidate in found.candidates),
        *(bulletin.title for bulletin in found.bulletins),
    ]


@pytest.mark.parametrize("order", CORPUS["orders"])
def test_an_order_is_judged_and_what_is_said_is_vetted(
    assessor: Assessor, vetted: tuple[set[str], list[re.Pattern[str]]], order: str
) -> None:
    found = assessor.assess(order.replace("{canary}", CANARY))
    sentences, templates = vetted
    strange = [one for one in said(found) if one.strip() not in sentences]
    assert [one for one in strange if not any(template.fullmatch(one) for template in templates)] == []
    assert CANARY not in "".join(said(found)) + str(found.tags)
    assert found.verdict != "official" and said(found)


@pytest.mark.parametrize("text", CORPUS["payloads"])
async def test_a_typed_payload_reaches_the_dialogue_as_words(open_gateway: Open, text: str) -> None:
    async with open_gateway() as gateway:
        answer = await gateway.say(text)
        assert answer.status_code == 200, answer.text
    (message,) = [message for _, message in gateway.dialogue.history]
    assert not message.strip("\u200b\ufeff \n").startswith("/")
    assert message.replace("／", "/") == text or "<邮箱#1>" in message


@pytest.mark.parametrize("payload", CORPUS["payloads"])
async def test_a_pressed_payload_is_on_the_list_or_refused(open_gateway: Open, payload: str) -> None:
    async with open_gateway() as gateway:
        answer = await gateway.press(payload)
    known = {'/set_role{"role":"student"}', "/already_paid", '/feedback{"feedback_value":"helpful"}'}
    assert answer.status_code == (200 if payload in known else 422)
    assert [message for _, message in gateway.dialogue.history] == ([payload] if payload in known else [])


@pytest.mark.parametrize("text", CORPUS["markup"])
async def test_markup_stays_words_in_one_json_answer(open_gateway: Open, text: str) -> None:
    async with open_gateway() as gateway:
        plain = await gateway.say("转账", "somebody-0123456789")
        answer = await gateway.say(text)
    assert answer.json()["replies"][0]["text"] == text
    assert answer.headers["content-type"] == plain.headers["content-type"]
    assert {name for name, _ in answer.headers.items()} == {name for name, _ in plain.headers.items()}


async def test_a_session_id_brings_no_header_and_no_second_line(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        for session in ("a\r\nX-Evil: 1", "a\nb", "a\x00b", "a\x7f"):
            assert (await gateway.say("转账", session)).status_code == 422
            for path in ("me", "forget"):
                answer = await gateway.client.post(f"/api/v1/{path}", json={"session_id": session})
                assert answer.status_code == 422
    assert gateway.dialogue.history == []


def test_nothing_is_exported_as_a_table() -> None:
    """Whoever adds a CSV or a spreadsheet must keep cells from being formulas (``=``, ``+``, ``-``, ``@``) and say so here."""
    tables = {"csv", "openpyxl", "xlsxwriter", "xlwt", "odf", "pandas"}
    rooms = [ROOT / room for room in ("knowledge_base", "bot", "channels", "storage", "deploy")]
    offenders = []
    for path in [*(path for room in rooms for path in room.rglob("*.py")), ROOT / "fanzha.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            offenders += [str(path) for name in names if name.split(".")[0] in tables]
    assert offenders == []
