"""Small things the channel does by itself: confirm a pressed button, show that we write, send its own notices.

None is stored: after a crash nobody misses them, and a notice is asked for again by the same command. All other texts
go through the outbox.
"""

from __future__ import annotations

import asyncio
import logging

from cachetools import TTLCache
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ChatAction
from telegram.error import TelegramError

from channels.telegram import buttons
from channels.telegram.bot import Bot
from channels.telegram.heard import Courtesy, Notice, Ourselves, Press, Typing
from channels.telegram.words import NoticeButton, Words

MOST_WAITING = 200
BUSY = 40  # with so many waiting, nobody is shown that we write: answers need the limit more
WORKERS = 8
TYPING_SECONDS = 4.5  # Telegram shows it for five
PENDING_SECONDS = 14.0  # then it is shown no more, whatever became of the answer
PEOPLE = 20_000
NOTICE_SECONDS = (
    10.0  # the same notice to the same person not sooner: a repetition of the update, or impatience
)
GROUP_SECONDS = 60.0  # the same in a group, so that nobody makes us flood it
log = logging.getLogger("fanzha.telegram")


class Courtesies:
    """A queue, and those who work it off."""

    def __init__(self, bot: Bot, who: Ourselves, words: Words) -> None:
        self._bot = bot
        self._who = who
        self._words = words
        self._queue: asyncio.Queue[Courtesy] = asyncio.Queue(MOST_WAITING)
        self._pending: TTLCache[int, bool] = TTLCache(PEOPLE, PENDING_SECONDS)
        self._noticed: TTLCache[tuple[int, str], bool] = TTLCache(PEOPLE, NOTICE_SECONDS)
        self._noticed_groups: TTLCache[tuple[int, str], bool] = TTLCache(PEOPLE, GROUP_SECONDS)

    def put(self, courtesies: tuple[Courtesy, ...]) -> None:
        """Do these soon; what is too much is left out."""
        for courtesy in courtesies:
            if isinstance(courtesy, Typing):
                self._pending[courtesy.chat] = True
                if self._queue.qsize() > BUSY:
                    continue
            if isinstance(courtesy, Notice) and self._told(courtesy):
                continue
            if not self._queue.full():
                self._queue.put_nowait(courtesy)

    def answered(self, chat: int) -> None:
        """Note that ``chat`` has its answer: no more signs that we write."""
        self._pending.pop(chat, None)

    async def work(self) -> None:
        """Work for ever."""
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._worker())

    async def _worker(self) -> None:
        while True:
            courtesy = await self._queue.get()
            try:
                await self._do(courtesy)
            except TelegramError as error:
                log.info("a courtesy was not done: %s", type(error).__name__)

    async def _do(self, courtesy: Courtesy) -> None:
        if isinstance(courtesy, Press):
            await self._bot.answer_callback_query(courtesy.query)
        elif isinstance(courtesy, Notice):
            await self._notify(courtesy)
        elif courtesy.chat in self._pending:
            asyncio.get_running_loop().call_later(TYPING_SECONDS, self._still, courtesy)
            await self._bot.send_chat_action(courtesy.chat, ChatAction.TYPING)

    def _still(self, typing: Typing) -> None:
        if typing.chat in self._pending and self._queue.qsize() <= BUSY:
            self._queue.put_nowait(typing)

    async def _notify(self, notice: Notice) -> None:
        words = self._words.notices[notice.name]
        rows = [[made] for button in words.buttons if (made := self._button(button))]
        answers = notice.answers
        await self._bot.send_message(
            notice.chat,
            words.text,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_markup=InlineKeyboardMarkup(rows) if rows else None,
            reply_parameters=None
            if answers is None
            else ReplyParameters(answers, allow_sending_without_reply=True),
        )

    def _button(self, button: NoticeButton) -> InlineKeyboardButton | None:
        if button.chat:
            known = self._who.name
            return InlineKeyboardButton(button.title, url=f"https://t.me/{known}") if known else None
        data = buttons.packed(button.payload, self._words.short)
        return InlineKeyboardButton(button.title, callback_data=data) if data else None

    def _told(self, notice: Notice) -> bool:
        """Return True when the notice went there a moment ago; else note that it goes now."""
        known = self._noticed if notice.answers is None else self._noticed_groups
        key = (notice.chat, notice.name)
        if key in known:
            return True
        known[key] = True
        return False
