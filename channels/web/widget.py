"""The widget: a button on a school's page that opens the chat in a frame. A channel of its own, so that figures are.

The page and its files are those of the web channel. What differs: who may frame it, and the code of a school.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml
from pydantic import Field

from channels.base import Asset, Contract, Hook, Inbound, Kind, OurBug, Refuse
from channels.school_codes import known_schools
from channels.settings import Settings
from channels.web.adapter import STATIC, WebChannel
from channels.web.messages import ChatAnswer, ChatRequest, dedupe_key, message_of, read_chat

PATH = Path(__file__).with_name("widget.yml")
ROOT = "/api/v1/widget"
PLACE = b'<html lang="zh-CN">'
FRAME = b'<script type="module" src="/chat/chat.js"></script>'
WORDS = b"{/* words */}"


class WidgetRequest(ChatRequest):
    """As on the page; or, when somebody opens the chat on a school's page, the ``school``'s code alone."""

    school: str | None = Field(default=None, min_length=1, max_length=16)


@dataclass(frozen=True, slots=True)
class Words:
    """``button``: what the school's page shows. ``code``: how a student gives the code. ``guest``: a button pressed."""

    button: dict[str, str]
    code: str
    guest: str


class WidgetChannel(WebChannel):
    """The chat in a frame on the pages of ``origins``; ``known`` are the codes of schools that take part."""

    name = "widget"
    path = f"{ROOT}/chat"

    def __init__(self, origins: Sequence[str], known: Collection[str], words: Words) -> None:
        super().__init__()
        self.contract = Contract(
            "Send one message of a conversation in a school's page",
            WidgetRequest.model_json_schema(),
            ChatAnswer.model_json_schema(),
        )
        self._origins = tuple(origins)
        self._known = known
        self._words = words

    def parse(self, hook: Hook) -> Sequence[Inbound]:
        """Return the message. A code counts as typed when it is known, else nobody hears of it. Raises ``Refuse``."""
        request = read_chat(WidgetRequest, hook.headers, hook.body)
        if request.school is None:
            return [message_of(self.name, request)]
        if request.text is not None or request.payload is not None:
            raise Refuse("field_unknown")
        sender, key, school = request.session_id, dedupe_key(request), request.school
        if school not in self._known:
            return [Inbound(self.name, sender, payload=self._words.guest, dedupe_key=key, kind=Kind.BUTTON)]
        typed = self._words.code.format(code=school)
        return [Inbound(self.name, sender, typed, dedupe_key=key, scene=f"sch:{school}")]

    def assets(self) -> Sequence[Asset]:
        """Return the script for the school's page, the page in the frame, and what that page needs more."""
        words = json.dumps(self._words.button, ensure_ascii=False).encode()
        script = _filled((STATIC / "widget.js").read_bytes(), WORDS, words)
        page = (STATIC / "index.html").read_bytes()
        place = f'<html lang="zh-CN" data-api="{ROOT}" data-origins="{" ".join(self._origins)}">'
        page = _filled(page, PLACE, place.encode())
        page = _filled(page, FRAME, FRAME + b'\n<script type="module" src="/widget/frame.js"></script>')
        return [
            Asset("/widget.js", "text/javascript", script, shared=True),
            Asset("/widget", "text/html", page, framed_by=self._origins),
            Asset("/widget/frame.js", "text/javascript", (STATIC / "frame.js").read_bytes()),
        ]


def build(settings: Settings, client: httpx.AsyncClient) -> WidgetChannel | None:
    """Return the channel, None when no site may show it. Raises ``SettingsError``."""
    if not settings.widget_origins:
        return None
    data = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return WidgetChannel(settings.widget_origins.split(","), known_schools(settings), Words(**data))


def _filled(body: bytes, mark: bytes, value: bytes) -> bytes:
    """Return ``body`` with ``value`` in the place of ``mark``. Raises ``OurBug`` when it is not there once."""
    if body.count(mark) != 1:
        raise OurBug("a file of the page has lost the place that the widget fills")
    return body.replace(mark, value)
