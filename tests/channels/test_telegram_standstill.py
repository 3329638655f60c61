"""A process that stands still longer than a request may take: under load, or on a machine that was put to sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import enable_socket
from telegram_street import opener
from wechat_street import Slow

from channels.base import Reply
from channels.dialogue import Answer

STANDSTILL = 3.6  # seconds; a request on this street may take three


async def test_what_telegram_took_meanwhile_counts_as_unknown_and_the_next_message_leaves_at_once(
    open_gateway: Callable[..., Any],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Telegram's answer lies on the line when time is up. Nothing comes twice, and the rest of the answer is not held."""
    enable_socket()
    two = Answer((Reply("先别转账"), Reply("再打96110问问")))
    async with opener(open_gateway, tmp_path)(Slow(0, two)) as street:
        note, stood = street.fake.world.note, []

        def stand_still(way: str, *about: Any, **more: Any) -> None:
            note(way, *about, **more)
            if way == "custom" and not stood:
                stood.append(time.monotonic())
                time.sleep(STANDSTILL)  # the whole process: gateway, Telegram and this test

        monkeypatch.setattr(street.fake.world, "note", stand_still)
        street.say("他让我转账")
        await street.until(lambda: len(street.seen()) == 2)
        assert time.monotonic() - stood[0] < STANDSTILL + 2
        await street.until(lambda: ("sent",) in street.rows("SELECT state FROM outbox"))
        assert street.rows("SELECT state FROM outbox ORDER BY id") == [("unknown",), ("sent",)]
        assert street.seen() == ["先别转账", "再打96110问问"]
    assert "a message is unknown, channel=telegram cause=timeout" in caplog.text
