"""Callbacks to the server under test: signed, encrypted, repeated at 5 and 10 seconds, passive replies checked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any
from xml.etree import ElementTree

import httpx

from tests.fakes.wechat.sealing import Unsealable, envelope, opened
from tests.fakes.wechat.world import World

DELIVERIES = 3
GIVE_UP_SECONDS = 5.0
UNAVAILABLE = "该公众号暂时无法提供服务，请稍后再试"
MOST_BYTES = 2048
# httpx looks through all lines of a client for each request: in one client a crowd is work squared.
CLIENTS = 50


class Pusher:
    """``scale`` shortens WeChat's five seconds for quick tests."""

    def __init__(self, world: World, callback: str, scale: float = 1.0) -> None:
        self.world = world
        self.callback = callback
        self.scale = scale
        self.drop_answers = 0  # so many answers get lost on their way to WeChat
        limits = httpx.Limits(max_connections=100)
        self.clients: Iterator[httpx.AsyncClient] = cycle(
            httpx.AsyncClient(trust_env=False, verify=False, limits=limits) for _ in range(CLIENTS)
        )
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, openid: str, kind: str, fields: Mapping[str, Any]) -> None:
        """Push without waiting for the end."""
        task = asyncio.create_task(self._push(openid, kind, fields))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def push(self, openid: str, kind: str, fields: Mapping[str, Any]) -> str:
        """Push and return how it ended: "replied", "success" or "unavailable"."""
        plain = self._xml(openid, kind, fields)
        account = self.world.account
        number = str(fields.get("MsgId", ""))
        for delivery in range(1, DELIVERIES + 1):
            query, body = envelope(plain, account.token, account.aes_key, account.app_id, self.world.now())
            self.world.note("callback", openid, kind=kind, number=number, delivery=delivery)
            try:
                async with asyncio.timeout(GIVE_UP_SECONDS * self.scale):
                    answer = await next(self.clients).post(
                        self.callback,
                        params=query,
                        content=body,
                        timeout=None,
                        headers={"Content-Type": "text/xml"},
                    )
            except TimeoutError:
                continue
            except (httpx.HTTPError, AttributeError):
                # httpx raises AttributeError when the line breaks in the moment in which it was made.
                await asyncio.sleep(GIVE_UP_SECONDS * self.scale)
                continue
            if self.drop_answers:
                self.drop_answers -= 1
                await asyncio.sleep(GIVE_UP_SECONDS * self.scale)
                continue
            if answer.status_code != 200:
                await asyncio.sleep(GIVE_UP_SECONDS * self.scale)
                continue
            self.world.note("ended", openid, number=number)
            return self._take(openid, number, answer.text)
        return self._unavailable(openid, number, "no answer")

    async def _push(self, openid: str, kind: str, fields: Mapping[str, Any]) -> None:
        await self.push(openid, kind, fields)

    def _take(self, openid: str, number: str, answer: str) -> str:
        if answer in {"", "success"}:
            return "success"
        account = self.world.account
        try:
            inner = opened(answer, account.token, account.aes_key, account.app_id)
            root = ElementTree.fromstring(inner)
        except (Unsealable, ValueError, ElementTree.ParseError) as error:
            return self._unavailable(openid, number, f"unreadable: {type(error).__name__}")
        fields = {child.tag: child.text or "" for child in root}
        faults = [
            name for name in ("ToUserName", "FromUserName", "CreateTime", "MsgType") if not fields.get(name)
        ]
        if faults or fields["ToUserName"] != openid or fields["FromUserName"] != account.name:
            return self._unavailable(openid, number, "wrong head")
        if fields["MsgType"] == "text" and not 0 < len(fields.get("Content", "").encode()) <= MOST_BYTES:
            return self._unavailable(openid, number, "empty or too long")
        text = fields.get("Content") or f"[{fields['MsgType']}]"
        self.world.person(openid).phone.append({"from": "passive", "text": text})
        self.world.note("passive", openid, number=number, text=text)
        return "replied"

    def _unavailable(self, openid: str, number: str, why: str) -> str:
        self.world.person(openid).phone.append({"from": "wechat", "text": UNAVAILABLE})
        self.world.note("unavailable", openid, number=number, why=why)
        return "unavailable"

    def _xml(self, openid: str, kind: str, fields: Mapping[str, Any]) -> str:
        root = ElementTree.Element("xml")
        head = {
            "ToUserName": self.world.account.name,
            "FromUserName": openid,
            "CreateTime": int(self.world.now()),
            "MsgType": kind,
        }
        _fill(root, {**head, **fields})
        return ElementTree.tostring(root, encoding="unicode")


def _fill(parent: ElementTree.Element, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        child = ElementTree.SubElement(parent, name)
        if isinstance(value, Mapping):
            _fill(child, value)
        else:
            child.text = str(value)
