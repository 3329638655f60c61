"""Cards waiting to be drawn: in memory only, a quarter of an hour, under a name nobody can guess."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cachetools import TTLCache

from channels.base import Reply
from channels.pictures_out.card_picture import KINDS, render
from channels.pictures_out.fonts import chinese_font

SECONDS, MOST = 900.0, 1000
PATH = "/chat/picture/"


class Shelf:
    """Name of a picture -> (whose it is, the card). Drawn when it is fetched, by one thread at a time."""

    def __init__(self, headings: Mapping[str, str]) -> None:
        self._headings = headings
        self._cards: TTLCache[str, tuple[str, Mapping[str, Any]]] = TTLCache(MOST, SECONDS)
        self._one = asyncio.Semaphore(1)

    def offer(self, owner: str, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
        """Return the replies with the address of a picture in each card that has one."""
        if chinese_font() is None:
            return replies
        return tuple(self._with_picture(owner, reply) for reply in replies)

    async def draw(self, name: str) -> bytes | None:
        """Return the PNG, None when the name is unknown or its time is over."""
        found = self._cards.get(name)
        if found is None:
            return None
        async with self._one:
            return await asyncio.to_thread(render, found[1], self._headings)

    def forget(self, owner: str) -> None:
        """Drop all cards of a person."""
        for name in [name for name, (whose, _) in self._cards.items() if whose == owner]:
            self._cards.pop(name, None)

    def _with_picture(self, owner: str, reply: Reply) -> Reply:
        if reply.card is None or reply.card.get("kind") not in KINDS:
            return reply
        name = secrets.token_urlsafe(24)
        self._cards[name] = (owner, reply.card)
        return replace(reply, card={**reply.card, "picture": f"{PATH}{name}.png"})
