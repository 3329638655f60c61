"""A gateway without its web server, which kills itself at a given step. Run by test_kill.py as its own process.

Reads jobs from standard input, one JSON object a line: ``folder``, ``url``, ``point``, ``mode``, ``message``. Each runs
in a child of its own (forked, so that the imports are paid once): it hears the message as the platform sends it, and
works until there is nothing left to do or it dies. Writes ``{"code", "states"}`` for each. What the platform took
stands in the folder's ``ledger``, what rode on answers in ``answers``, what the engine was asked in ``asked``.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
from push_channel import SECRET, PushChannel

from channels import chat, desk, house, inbox, outbox
from channels.base import Delivery, Hook, Outcome, Outgoing, Reply
from channels.dialogue import Answer
from channels.fallback import Fallback
from channels.house import House, Yard
from channels.metrics import Metrics
from channels.payloads import AllowList
from channels.pictures.reader import PictureReader
from channels.settings import Settings
from channels.sight import Sight
from channels.wording import load_wording
from storage.engine import open_engine
from storage.migrate import upgrade

MOST_SECONDS = 12.0
STEPS: dict[str, tuple[Any, str]] = {
    "take": (inbox.Inbox, "take_all"),
    "claim": (inbox.Inbox, "claim"),
    "waiting": (inbox.Inbox, "waiting"),
    "answer": (chat.Chat, "answer"),
    "write": (desk.Desk, "_write"),
    "claim_push": (outbox.Outbox, "claim_push"),
    "start": (outbox.Outbox, "start"),
    "deliver": (PushChannel, "deliver"),
    "settle": (outbox.Outbox, "settle"),
    "claim_passive": (outbox.Outbox, "claim_passive"),
    "sent": (outbox.Outbox, "sent"),
}


def die() -> None:
    """End as by ``kill -9``: nothing is flushed, nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Make the step ``before:NAME`` or ``after:NAME`` the last thing this process does."""
    when, _, name = point.partition(":")
    owner, method = STEPS[name]
    real = getattr(owner, method)

    @functools.wraps(real)
    def step(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            die()
        result = real(*args, **kwargs)
        if result != []:  # a claim that found nothing is no step
            die()
        return result

    @functools.wraps(real)
    async def async_step(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            die()
        result = await real(*args, **kwargs)
        die()
        return result

    setattr(owner, method, async_step if asyncio.iscoroutinefunction(real) else step)


class Ledger(PushChannel):
    """Writes what the platform took into a file, in one write that survives the process."""

    folder: Path

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Take the message."""
        note(self.folder / "ledger", outgoing.reply.text)
        return Delivery(Outcome.SENT)


class Engine:
    """Answers everything and notes what it was asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def ask(self, sender_id: str, message: str) -> Answer:
        note(self._folder / "asked", message)
        return Answer((Reply(f"答：{message}"),))


def note(path: Path, line: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


async def up() -> bool:
    return True


async def main(folder: Path, url: str, point: str, mode: str, message: object) -> dict[str, int]:
    inbox.LEASE_SECONDS = outbox.LEASE_SECONDS = 1.0  # type: ignore[attr-defined]
    house.TEND_SECONDS = desk.LOOK_SECONDS = 0.1
    # A passive answer is pushed when the request did not take it within 1.5 s; the first step of a process is slow.
    channel = Ledger(passive_seconds=1.5, repeats=2) if mode == "passive" else Ledger()
    desk.PASSIVE_SLACK_SECONDS = 0.2
    channel.folder = folder
    STEPS["deliver"] = (Ledger, "deliver")
    if point != "none":
        arm(point)
    engine = open_engine(url)
    upgrade(engine)
    wording, settings = load_wording(), Settings(_env_file=None, data_dir=folder, database_url=url)
    metrics = Metrics()
    yard = Yard(
        settings,
        engine,
        httpx.AsyncClient(),
        Engine(folder),
        Fallback(wording, None),
        AllowList({}),
        up,
        metrics,
        wording,
        [channel],
        Sight(PictureReader(1, 1, 1, 1.0), wording, metrics),
    )
    the_house = House(yard)
    async with the_house.open():
        if message:
            body = json.dumps(message).encode()
            heard = await the_house.door.hear(channel, Hook("POST", {"x-secret": SECRET}, {}, body))
            note(folder / "answers", heard.answer.body.decode())
            await the_house.door.sent(heard.letters)
        async with asyncio.timeout(MOST_SECONDS):
            while (states := settled(engine)) is None:
                await asyncio.sleep(0.05)
    return states


def settled(engine: Any) -> dict[str, int] | None:
    """Return how many answers are in which state once nothing is on its way any more, None before."""
    with engine.connect() as connection:
        new = connection.exec_driver_sql("SELECT count(*) FROM inbox WHERE state = 'new'").scalar()
        states = connection.exec_driver_sql("SELECT state, count(*) FROM outbox GROUP BY state").all()
    counts = {str(state): int(count) for state, count in states}
    return None if new or counts.keys() - {"sent", "dead", "unknown"} else counts


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run a job in a child; returns how that ended."""
    result = Path(job["folder"]) / "result"
    result.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        states = asyncio.run(main(Path(job["folder"]), job["url"], job["point"], job["mode"], job["message"]))
        result.write_text(json.dumps(states), encoding="utf-8")
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {"code": code, "states": json.loads(result.read_text()) if result.exists() else {}}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()
