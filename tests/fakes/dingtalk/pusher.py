"""DingTalk's callbacks: a JSON message, signed by its headers."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.fakes.dingtalk.world import World, sign


class Pusher:
    """``base``: the address by which the fake says that sessions are answered."""

    def __init__(self, world: World, callback: str, base: str) -> None:
        self.world = world
        self.callback = callback
        self.base = base
        self.client = httpx.AsyncClient(trust_env=False)

    def message(self, staff: str, group: str = "", **fields: Any) -> dict[str, Any]:
        """Return a message of ``staff``, alone or in ``group``; ``fields`` replace or add."""
        conversation = group or f"cid-{staff}"
        session, until = self.world.open_session(conversation)
        now = int(self.world.now() * 1000)
        return {
            "conversationId": conversation,
            "conversationType": "2" if group else "1",
            "isInAtList": bool(group),
            "chatbotCorpId": self.world.app.corp_id,
            "chatbotUserId": "$:LWCP_v1:$robot",
            "robotCode": self.world.app.key,
            "msgId": self.world.number(),
            "senderNick": "某某",
            "senderId": f"$:LWCP_v1:${staff}",
            "senderStaffId": staff,
            "createAt": now,
            "sessionWebhook": f"{self.base}/robot/sendBySession?session={session}",
            "sessionWebhookExpiredTime": int(until * 1000),
            **fields,
        }

    async def push(self, message: dict[str, Any], skew: float = 0.0, secret: str = "") -> int:
        """Send the message and return the status."""
        milliseconds = str(int((self.world.now() + skew) * 1000))
        headers = {
            "timestamp": milliseconds,
            "sign": sign(secret or self.world.app.secret, milliseconds),
            "Content-Type": "application/json; charset=utf-8",
        }
        body = json.dumps(message, ensure_ascii=False).encode()
        answer = await self.client.post(self.callback, content=body, headers=headers)
        self.world.note("callback", status=answer.status_code)
        return answer.status_code

    async def say(self, staff: str, text: str, group: str = "", **fields: Any) -> int:
        """Write a text."""
        content = {"content": f" {text}" if group else text}
        return await self.push(self.message(staff, group, msgtype="text", text=content, **fields))
