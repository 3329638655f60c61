"""Fetching updates where no webhook can reach us.

Telegram itself keeps how far we are: an update is confirmed by asking for the next one, and that is done only once the
gateway has stored it. After a crash the unconfirmed ones come again, and the inbox knows them by their number.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from channels.base import Retry, Take
from channels.telegram.bot import RETRIES, Bot
from channels.telegram.courtesy import Courtesies
from channels.telegram.heard import Heard
from channels.telegram.refusals import seconds_of

WAIT_SECONDS = 25.0  # for the first update of a request
MOST_UPDATES = 20  # of one request
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
log = logging.getLogger("fanzha.telegram")


class Polling:
    """Fetches, hands over, confirms."""

    def __init__(
        self,
        bot: Bot,
        read: Callable[[object], Heard],
        courtesies: Courtesies,
        wait: float = WAIT_SECONDS,
        pause: float = FIRST_PAUSE,
    ) -> None:
        self._bot = bot
        self._read = read
        self._courtesies = courtesies
        self._wait = wait
        self._first_pause = self._pause = pause

    async def run(self, take: Take) -> None:
        """Fetch for ever; whatever Telegram, the network or the database does."""
        ready = False
        offset: int | None = None
        while True:
            try:
                if not ready:
                    # While a webhook is set, Telegram refuses to give updates to anybody else.
                    await self._bot.delete_webhook(drop_pending_updates=False, rate_limit_args=RETRIES)
                    ready = True
                offset = await self._round(offset, take)
                self._pause = self._first_pause
            except Retry as error:
                await asyncio.sleep(error.after)
            except TelegramError as error:
                await asyncio.sleep(self._after(error))

    async def _round(self, offset: int | None, take: Take) -> int | None:
        updates = await self._bot.raw_updates(offset, self._wait, MOST_UPDATES)
        heard = [self._read(update) for update in updates]
        await take([one.message for one in heard if one.message is not None])
        for one in heard:
            self._courtesies.put(one.courtesies)
        return max([offset or 0, *(number + 1 for number in _numbers(updates))]) or None

    def _after(self, error: TelegramError) -> float:
        """Return how long to wait after ``error``, and say what the operator must mend."""
        if isinstance(error, RetryAfter):
            return seconds_of(error)
        if isinstance(error, Conflict):
            log.error(
                "another process fetches the updates of this bot: a second gateway, or a webhook that was set"
            )
        elif isinstance(error, InvalidToken):
            log.error("Telegram refuses the token; make a new one with BotFather")
        else:
            log.warning("updates could not be fetched: %s", type(error).__name__)
        now, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        return now


def _numbers(updates: Sequence[object]) -> list[int]:
    found = [update.get("update_id") for update in updates if isinstance(update, dict)]
    return [number for number in found if isinstance(number, int) and not isinstance(number, bool)]
