"""Checks: positions in the text as sent, the cache, and a queue that does not grow without end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.model import Assessment, Entity, RedFlag, Verdict
from bot.assessment.placeholders import mask
from channels import checks
from channels.base import Refuse
from channels.checks import Checks
from channels.positions import put_back

PHONE = "13912345678"
Open = Callable[..., Any]
words = st.lists(st.sampled_from(["转账", PHONE, "138 0013 8000", "给", "<手机号#1>", "好\n"]), max_size=8)


def flag(text: str, start: int, end: int) -> RedFlag:
    return RedFlag("x", "x", text[start:end], start, end)


@given(words.map("".join), st.data())
def test_quotes_are_exact_in_the_text_as_sent(text: str, data: st.DataObject) -> None:
    masked = mask(text).text
    start = data.draw(st.integers(0, len(masked)))
    end = data.draw(st.integers(start, len(masked)))
    entity = Entity("x", masked[start:end], start, end, "")
    given_ = Assessment(Verdict.SCAM, 1, None, red_flags=(flag(masked, start, end),), entities=(entity,))
    result = put_back(given_, text, masked)
    for found in (result.red_flags[0], result.entities[0]):
        assert 0 <= found.start <= found.end <= len(text)
    assert text[result.red_flags[0].start : result.red_flags[0].end] == result.red_flags[0].quote
    for at in (at for at in range(len(masked)) if masked.startswith("转账", at)):
        moved = put_back(
            Assessment(Verdict.SCAM, 1, None, red_flags=(flag(masked, at, at + 2),)), text, masked
        )
        assert moved.red_flags[0].quote == "转账"


@pytest.mark.asyncio
async def test_the_api_answers_the_documented_fields_with_exact_quotes(open_gateway: Open) -> None:
    text = f"打 {PHONE} 再转账"
    async with open_gateway() as gateway:
        answer = (await gateway.check(text)).json()
        described = (await gateway.client.get("/openapi.json")).json()["components"]["schemas"]["Assessment"]
        assert gateway.assessor.history == [mask(text).text]
    assert set(answer) == set(described["properties"])
    found = answer["red_flags"][0]
    assert text[found["start"] : found["end"]] == found["quote"] == "转账"
    assert answer["entities"][0]["text"] == text


@pytest.mark.asyncio
async def test_a_viral_text_is_assessed_once_even_with_other_numbers_in_it(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        first = (await gateway.check(f"打 {PHONE} 再转账")).json()
        second = (await gateway.check("打 13700001111 再转账")).json()
        figures = (await gateway.client.get("/metrics")).text
        assert len(gateway.assessor.history) == 1
    assert PHONE in first["entities"][0]["text"] and PHONE not in str(second)
    assert "13700001111" in second["entities"][0]["text"]
    assert 'fanzha_checks_total{source="cache",verdict="scam"} 1.0' in figures


def test_very_long_texts_do_not_crowd_the_cache() -> None:
    class Counting:
        asked = 0

        def assess(self, text: str) -> Assessment:
            self.asked += 1
            return Assessment(Verdict.UNCLEAR, 0.1, None)

    assessor = Counting()
    service = Checks(assessor)
    for _ in range(2):
        service.check_now("长" * (checks.LONGEST_CACHED + 1))
    assert assessor.asked == 2
    service.close()


@pytest.mark.asyncio
async def test_a_full_queue_is_told_so_with_the_hotlines(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "MOST_QUEUED", 2)

    async with open_gateway() as gateway:
        plain = gateway.assessor.assess

        def slow(text: str) -> Assessment:
            time.sleep(0.2)
            return plain(text)

        gateway.assessor.assess = slow
        answers = await asyncio.gather(*(gateway.check(f"转账 {word}") for word in "甲乙丙丁"))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 2
    assert "96110" in refused[0].json()["error"]["message"] and refused[0].headers["Retry-After"]


@pytest.mark.asyncio
async def test_check_raises_refuse_for_library_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MOST_QUEUED", 0)
    with pytest.raises(Refuse, match="busy"):
        await Checks(None).check("x")  # type: ignore[arg-type]
