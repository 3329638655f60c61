"""What the command line shows of a running assistant: its addresses, and its replies as lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any


def addresses(port: int, data_dir: Path, seconds: float) -> Iterator[str]:
    """Yield where everything is found, after a start that took ``seconds``."""
    yield f"ready after {seconds:.0f} s; Ctrl-C ends everything"
    yield f"  page    http://127.0.0.1:{port}/chat"
    yield f"  API     http://127.0.0.1:{port}/docs"
    yield f"  state   http://127.0.0.1:{port}/readyz"
    yield f"  logs    {data_dir / 'log'}"


def reply_lines(reply: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of one reply of the chat API: text, card, advice, numbered buttons."""
    card = reply.get("card") or {}
    yield from filter(
        None, (reply.get("text"), card.get("headline"), card.get("action"), card.get("first_line"))
    )
    for step in (*card.get("steps", ()), *card.get("advice", ())):
        yield f"  · {step}"
    for number, button in enumerate(reply.get("buttons") or (), 1):
        yield f"  [{number}] {button['title']}"
