"""A group robot: what campaigns and the outbox know of one, and what both platforms have in common."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
import yaml

from channels.base import Delivery, Outcome, Reply
from channels.transport import failed
from channels.wechat.api import read_json
from channels.wechat.errors import UNKNOWN, ApiError, BadAnswer, Meaning, Table
from channels.wechat.letters import CONTROLS, fitting

TEXT_BYTES, MARKDOWN_BYTES = 2048, 4096  # WeCom's limits (platform-rules 4.1); DingTalk's are no smaller
MOST_ANSWER = 64 * 1024
SECONDS = 3.0
LATER = {429, 503}
PATH = Path(__file__).with_name("errors.yml")
log = logging.getLogger("fanzha.robots")


@dataclass(frozen=True, slots=True)
class Notice:
    """What a robot says in its group. ``title`` is shown by platforms that have one; ``text`` must say all."""

    text: str
    title: str = ""
    markdown: bool = False

    @property
    def most(self) -> int:
        """Return how many bytes of text one message takes."""
        return MARKDOWN_BYTES if self.markdown else TEXT_BYTES

    def reply(self) -> Reply:
        """Return the notice as the outbox keeps it."""
        return Reply(self.text, card={"kind": "notice", "title": self.title, "markdown": self.markdown})


def notice_of(reply: Reply) -> Notice:
    """Return the notice that ``reply`` came from; of any other reply, its text."""
    card = reply.card or {}
    return Notice(reply.text, str(card.get("title") or ""), card.get("markdown") is True)


class Robot(Protocol):
    """One robot in one group."""

    @property
    def name(self) -> str:
        """Return the name that operators gave it."""

    @property
    def kind(self) -> str:
        """Return its platform: wecom or dingtalk."""

    async def send(self, notice: Notice) -> Delivery:
        """Send one message. Never raises for what the platform or the network does.

        It sends at once and counts nothing: whoever wants the pace kept and nothing lost uses ``channels/robots/post.py``.
        """


@dataclass(frozen=True, slots=True)
class Line:
    """One POST to a platform; its address holds the robot's key, so it stays out of ``repr``, logs and errors."""

    client: httpx.AsyncClient = field(repr=False)
    table: Table = field(repr=False)
    silent: Callable[[str], str] = field(repr=False)
    seconds: float = SECONDS

    def shown(self, notice: Notice) -> str:
        """Return the notice's text as a group may see it: no mentions, no control characters, not too long."""
        return fitting(self.silent(CONTROLS.sub("", notice.text)), notice.most)

    async def send(self, address: str, query: Mapping[str, str], body: object) -> Delivery:
        """Send ``body`` and return what the platform's answer means."""
        data = json.dumps(body, ensure_ascii=False).encode()
        timeout = httpx.Timeout(self.seconds, connect=min(2.0, self.seconds))
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            async with self.client.stream(
                "POST",
                address,
                params=query,
                content=data,
                headers=headers,
                timeout=timeout,
                follow_redirects=False,
            ) as found:
                content = bytearray()
                async for piece in found.aiter_bytes():
                    content += piece
                    if len(content) > MOST_ANSWER:
                        return Delivery(Outcome.UNKNOWN, "answer too long")
            read_json(found, bytes(content))
        except ApiError as error:
            meaning = self.table.get(error.code, UNKNOWN)
            if meaning.tell:
                log.error("a robot was answered %d: %s", error.code, meaning.tell)
            return meaning.delivery()
        except BadAnswer as error:
            later = error.status in LATER
            return Delivery(Outcome.RETRY if later else Outcome.UNKNOWN, f"status {error.status}")
        except httpx.HTTPError as error:
            return failed(error)
        return Delivery(Outcome.SENT)


def load_tables(path: Path = PATH) -> Mapping[str, Table]:
    """Return the error codes by platform."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {kind: {int(code): Meaning(**row) for code, row in rows.items()} for kind, rows in data.items()}
