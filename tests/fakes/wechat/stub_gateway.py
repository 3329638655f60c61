"""The real gateway with WeChat as its only channel and an engine that echoes: to be killed by ``kill.py``.

Its leases are short, so that what a dead process held is taken up soon. Settings come from the environment.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace

import httpx
import uvicorn

from bot.assessment.model import Assessment, Verdict
from channels import desk, house, inbox, outbox, transitions
from channels.base import Reply
from channels.dialogue import Answer
from channels.gateway import create_app
from channels.settings import load_settings
from channels.wechat import build

LEASE_SECONDS = 2.0
PASSIVE_SECONDS = 1.2
LATE_SECONDS = 1.6  # so that some answers come too late to ride and are pushed


class Echo:
    """Answers with what it was told; every fourth text takes longer than WeChat waits for."""

    async def ask(self, sender_id: str, message: str) -> Answer:
        """Return the echo; the card says that the actions are up."""
        late = zlib.crc32(message.encode()) % 4 == 0
        await asyncio.sleep(LATE_SECONDS if late else 0.02)
        return Answer((Reply(f"答：{message}", card={"kind": "echo"}),))


class Unclear:
    """An assessor that is there at once."""

    def assess(self, text: str) -> Assessment:
        """Return that nothing can be said."""
        return Assessment(Verdict.UNCLEAR, 0.2, None)


def main() -> None:
    """Serve until killed."""
    inbox.LEASE_SECONDS = outbox.LEASE_SECONDS = transitions.LEASE_SECONDS = LEASE_SECONDS  # type: ignore[misc,attr-defined]
    house.TEND_SECONDS = desk.LOOK_SECONDS = 0.3  # type: ignore[misc]
    desk.PASSIVE_SLACK_SECONDS = 0.2  # type: ignore[misc]
    settings = load_settings(None)
    client = httpx.AsyncClient(trust_env=False)
    channel = build(settings, client)
    assert channel is not None
    channel.capabilities = replace(channel.capabilities, passive_seconds=PASSIVE_SECONDS)
    app = create_app(settings, Unclear(), Echo(), client, None, [channel])
    uvicorn.run(app, host="127.0.0.1", port=settings.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
