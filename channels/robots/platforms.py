"""The two kinds of group robots. Their keys let anybody write in their group: they are in no ``repr`` and no log."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from channels.base import Delivery
from channels.dingtalk.signature import sign
from channels.robots.robot import Line, Notice


@dataclass(frozen=True, slots=True)
class WeComRobot:
    """A robot in a WeCom group (群机器人)."""

    name: str
    line: Line
    base: str
    key: str = field(repr=False)
    kind: str = "wecom"

    async def send(self, notice: Notice) -> Delivery:
        """Send one message."""
        kind = "markdown" if notice.markdown else "text"
        body = {"msgtype": kind, kind: {"content": self.line.shown(notice)}}
        return await self.line.send(f"{self.base}/cgi-bin/webhook/send", {"key": self.key}, body)


@dataclass(frozen=True, slots=True)
class DingTalkRobot:
    """A robot in a DingTalk group (自定义机器人), signed when it has a secret."""

    name: str
    line: Line
    base: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    title: str
    kind: str = "dingtalk"
    clock: Callable[[], float] = time.time

    async def send(self, notice: Notice) -> Delivery:
        """Send one message, signed for this very moment: a signature lasts an hour, a retry may come later."""
        text = self.line.shown(notice)
        body: dict[str, object]
        if notice.markdown:
            title = self.line.silent(notice.title or self.title)
            body = {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
        else:
            body = {"msgtype": "text", "text": {"content": text}}
        body["at"] = {"isAtAll": False}
        query = {"access_token": self.key}
        if self.secret:
            now = str(int(self.clock() * 1000))
            query |= {"timestamp": now, "sign": sign(self.secret, now)}
        return await self.line.send(f"{self.base}/robot/send", query, body)
