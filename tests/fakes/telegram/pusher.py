"""Updates pushed to the webhook: with the secret, again and again until a 2xx comes, or the update is a day old.

Like the real server (WebhookActor of tdlib/telegram-bot-api), one chat's updates go one after the other, and different
chats' side by side.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.fakes.telegram.world import World

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class Pusher:
    """``scale`` shortens the pauses between repetitions for quick tests."""

    def __init__(self, world: World, scale: float = 1.0) -> None:
        self.world = world
        self.scale = scale
        self.client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=100))
        self.repeat_anyway = 0  # so many 2xx get lost on their way back
        self._going: dict[int, asyncio.Task[None]] = {}

    def go(self) -> None:
        """Push whatever waits, the oldest of each chat."""
        if not self.world.webhook.url:
            return
        for update in self.world.waiting():
            chat = _chat(update)
            if chat not in self._going:
                self._going[chat] = asyncio.create_task(self._push(chat, update))

    async def _push(self, chat: int, update: dict[str, Any]) -> None:
        number, pause, delivery = update["update_id"], FIRST_PAUSE, 0
        while number in self.world.updates and self.world.webhook.url:
            delivery += 1
            self.world.note("callback", number=str(number), delivery=delivery)
            if await self._once(update):
                self.world.updates.pop(number, None)
                break
            await asyncio.sleep(pause * self.scale)
            pause = min(pause * 2, LONGEST_PAUSE)
        self._going.pop(chat, None)
        self.go()

    async def _once(self, update: dict[str, Any]) -> bool:
        hook = self.world.webhook
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            answer = await self.client.post(hook.url, json=update, headers=headers, timeout=20)
        except httpx.HTTPError as error:
            hook.last_error = type(error).__name__
            return False
        if not 200 <= answer.status_code < 300:
            hook.last_error = f"Wrong response from the webhook: {answer.status_code}"
            return False
        if self.repeat_anyway:
            self.repeat_anyway -= 1
            return False
        return True


def _chat(update: dict[str, Any]) -> int:
    (body,) = (one for name, one in update.items() if name != "update_id")
    return int(body["from"]["id"] if "data" in body else body["chat"]["id"])
