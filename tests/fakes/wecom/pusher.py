"""WeCom's callbacks: signed, encrypted, repeated at 5 and 10 seconds, passive replies checked."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import httpx

from tests.fakes.wechat.sealing import Unsealable, opened, seal, sign, unseal
from tests.fakes.wecom.world import Corp, World

DELIVERIES = 3
GIVE_UP_SECONDS = 5.0
MOST_BYTES = 2048


def envelope(plain: str, corp: Corp, now: float) -> tuple[dict[str, str], bytes]:
    """Return query and body of a callback."""
    timestamp, nonce = str(int(now)), secrets.token_hex(5)
    sealed = seal(plain, corp.aes_key, corp.corp_id)
    query = {
        "msg_signature": sign(corp.token, timestamp, nonce, sealed),
        "timestamp": timestamp,
        "nonce": nonce,
    }
    body = (
        f"<xml><ToUserName><![CDATA[{corp.corp_id}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt>"
        f"<AgentID><![CDATA[{corp.agent_id}]]></AgentID></xml>"
    )
    return query, body.encode()


class Pusher:
    """``scale`` shortens WeCom's five seconds for quick tests."""

    def __init__(self, world: World, callback: str, scale: float = 1.0) -> None:
        self.world = world
        self.callback = callback
        self.scale = scale
        self.drop_answers = 0  # so many answers get lost on their way to WeCom
        self.client = httpx.AsyncClient(trust_env=False)

    async def greet(self) -> bool:
        """Check the server's address as the admin page does: the echo must come back decrypted."""
        corp, echo = self.world.corp, self.world.number()
        timestamp, nonce, sealed = str(int(self.world.now())), "n0nce", seal(echo, corp.aes_key, corp.corp_id)
        query = {
            "msg_signature": sign(corp.token, timestamp, nonce, sealed),
            "timestamp": timestamp,
            "nonce": nonce,
            "echostr": sealed,
        }
        answer = await self.client.get(self.callback, params=query)
        assert unseal(sealed, corp.aes_key, corp.corp_id) == echo
        return answer.status_code == 200 and answer.text == echo

    async def push(self, userid: str, kind: str, fields: Mapping[str, Any]) -> str:
        """Push and return how it ended: "replied", "empty" or "lost"."""
        plain = self._xml(userid, kind, fields)
        for delivery in range(1, DELIVERIES + 1):
            query, body = envelope(plain, self.world.corp, self.world.now())
            self.world.note("callback", userid=userid, kind=kind, delivery=delivery)
            try:
                async with asyncio.timeout(GIVE_UP_SECONDS * self.scale):
                    answer = await self.client.post(self.callback, params=query, content=body, timeout=None)
            except TimeoutError:
                continue
            except httpx.HTTPError:
                await asyncio.sleep(GIVE_UP_SECONDS * self.scale)
                continue
            if answer.status_code != 200 or self.drop_answers:
                self.drop_answers = max(0, self.drop_answers - 1)
                await asyncio.sleep(GIVE_UP_SECONDS * self.scale)
                continue
            return self._take(userid, answer.text)
        self.world.note("lost", userid=userid)
        return "lost"

    def _take(self, userid: str, answer: str) -> str:
        if not answer:
            return "empty"
        corp = self.world.corp
        try:
            inner = opened(answer, corp.token, corp.aes_key, corp.corp_id)
            fields = {child.tag: child.text or "" for child in ElementTree.fromstring(inner)}
        except (Unsealable, ValueError, ElementTree.ParseError) as error:
            self.world.note("unreadable", why=type(error).__name__)
            return "lost"
        text = fields.get("Content", "")
        whole = fields.get("ToUserName") == userid and fields.get("FromUserName") == corp.corp_id
        if not whole or not 0 < len(text.encode()) <= MOST_BYTES:
            self.world.note("unreadable", why="head or size")
            return "lost"
        self.world.member(userid).phone.append({"from": "passive", "text": text})
        return "replied"

    def _xml(self, userid: str, kind: str, fields: Mapping[str, Any]) -> str:
        root = ElementTree.Element("xml")
        head = {
            "ToUserName": self.world.corp.corp_id,
            "FromUserName": userid,
            "CreateTime": int(self.world.now()),
            "MsgType": kind,
            "AgentID": self.world.corp.agent_id,
        }
        for name, value in {**head, **fields}.items():
            ElementTree.SubElement(root, name).text = str(value)
        return ElementTree.tostring(root, encoding="unicode")
