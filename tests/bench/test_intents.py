"""The classifier's guess and the routed intent are told apart; no rows, no training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import intents


class FakeAgent:
    """Takes everything for a payment."""

    async def parse_message(self, text: str) -> dict[str, Any]:
        return {"intent": {"name": "already_paid", "confidence": 0.9}}


async def test_the_routing_law_has_the_last_word() -> None:
    texts = ["我已经转了五千块给他", "如果转了钱怎么办", "【银行】您的卡已冻结,请立即转到指定账户"]
    found = await intents.answers(FakeAgent(), texts)
    assert found == [
        ("already_paid", "already_paid", False),
        ("already_paid", "learn", False),
        ("already_paid", "check", False),
    ]


def test_without_rows_nothing_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intents, "trained", lambda *_: pytest.fail("trained"))
    assert intents.held_out([], tmp_path / "none") == {}


def test_held_out_rows_are_read_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intents, "trained", lambda *_: FakeAgent())
    (tmp_path / "paid.jsonl").write_text(
        '{"text": "我已经转了五千块给他", "intent": "already_paid"}\n\n{"text": "在吗", "intent": "paste"}\n',
        encoding="utf-8",
    )
    found = intents.held_out([], tmp_path)
    assert found["paid"][0] == ("already_paid", "already_paid", "already_paid", False)
    assert found["paid"][1][0] == "check"


def test_the_halves_of_a_file_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intents, "trained", lambda *_: FakeAgent())
    rows = [
        f'{{"text": "转了五千", "intent": "already_paid", "half": "{half}"}}' for half in ("tune", "test")
    ]
    (tmp_path / "paid.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "fresh.jsonl").write_text('{"text": "转了五千", "intent": "already_paid"}', encoding="utf-8")
    assert set(intents.held_out([], tmp_path)) == {"paid, tune", "paid, test", "fresh"}
    assert set(intents.held_out([], tmp_path, "fresh*")) == {"fresh"}
