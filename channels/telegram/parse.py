"""Telegram's updates as ``Heard``. Whatever is not as it should be is nothing; no update makes an error.

Whoever sent the request knew the secret, or we fetched it ourselves: an update that cannot be read now cannot be read
the next time, and refusing it would only make Telegram send it again.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace

from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update

from channels.base import Inbound, JsonObject, Kind
from channels.telegram import buttons, groups
from channels.telegram.content import Content, content_of
from channels.telegram.heard import NAME, NOTHING, Heard, Notice, Ourselves, Press, Typing
from channels.telegram.words import Words

# Of an update. A text of 4096 UTF-16 units has 24 KiB in JSON (every one may be written \uXXXX) and up to 100 marks of up to
# 250 bytes; the message it answers may have as much, and both may carry the buttons of another bot: about 200 KiB.
MOST_BYTES = 256 * 1024
LOOKED_AT = frozenset(
    (
        "message_id",
        "date",
        "chat",
        "from",
        "forward_origin",
        "text",
        "entities",
        "caption",
        "caption_entities",
    )
) | {"photo", "document"}
log = logging.getLogger("fanzha.telegram")


def read_body(body: bytes, who: Ourselves, words: Words) -> Heard:
    """Return what the JSON of an update holds."""
    if len(body) > MOST_BYTES:
        log.warning("an update was dropped: too large")
        return NOTHING
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        log.warning("an update was dropped: %s", type(error).__name__)
        return NOTHING
    return read(data, who, words)


def read(data: object, who: Ourselves, words: Words) -> Heard:
    """Return what an update holds."""
    if not isinstance(data, dict):
        log.warning("an update was dropped: no object")
        return NOTHING
    try:
        return _read(data, who, words)
    except Exception as error:  # the library checks no types, so anything can come of a wrong one
        first = type(error).__name__
    try:
        # Telegram's newest addition, somewhere in the message, may be what the library does not know yet.
        return _read(_reduced(data), who, words)
    except Exception:  # as above
        log.warning("an update was dropped: %s", first)
        return NOTHING


def _read(data: JsonObject, who: Ourselves, words: Words) -> Heard:
    update = Update.de_json(dict(data), None)
    number = update.update_id
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise TypeError
    heard = _heard(update, who, words)
    if heard.message is None:
        return heard
    return replace(heard, message=replace(heard.message, dedupe_key=f"u:{number}"))


def _reduced(data: JsonObject) -> JsonObject:
    """Return the update with the fields of its message that we look at."""
    return {
        name: {key: one for key, one in value.items() if key in LOOKED_AT}
        if isinstance(value, dict)
        else value
        for name, value in data.items()
        if name in {"update_id", "message", "edited_message"}
    }


def _heard(update: Update, who: Ourselves, words: Words) -> Heard:
    if update.message is not None:
        return _message(update.message, who, words, edited=False)
    if update.edited_message is not None:
        return _message(update.edited_message, who, words, edited=True)
    if update.callback_query is not None:
        return _pressed(update.callback_query, who, words)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, who)
    return NOTHING


def _message(message: Message, who: Ourselves, words: Words, edited: bool) -> Heard:
    sender = message.from_user
    if sender is None or sender.is_bot:
        return NOTHING
    if message.chat.type in {Chat.GROUP, Chat.SUPERGROUP}:
        return NOTHING if edited else groups.asked(message, who, words)
    chat = _private(message.chat)
    found = content_of(message, who, words, edited) if chat else None
    if found is None:
        return NOTHING
    notices = (Notice(chat, found.notice),) if found.notice else ()
    if not found.says:
        return Heard(None, notices)
    waits = () if found.kind is Kind.LEAVE else (Typing(chat),)
    return Heard(_inbound(chat, who, found, message), (*waits, *notices))


def _pressed(query: CallbackQuery, who: Ourselves, words: Words) -> Heard:
    if not isinstance(query.id, str):
        return NOTHING
    press = Press(query.id)
    sender, data = query.from_user, query.data
    elsewhere = query.message is not None and query.message.chat.type != Chat.PRIVATE
    if elsewhere or sender.is_bot or not isinstance(data, str) or not _is_number(sender.id):
        return Heard(None, (press,))
    payload = buttons.unpacked(data[: buttons.MOST_BYTES], words.short)
    found = Inbound(NAME, str(sender.id), payload=payload, account=who.number, kind=Kind.BUTTON)
    return Heard(found, (press, Typing(sender.id)))


def _membership(change: ChatMemberUpdated, who: Ourselves) -> Heard:
    chat = _private(change.chat)
    if not chat or change.new_chat_member.status != ChatMember.BANNED:
        return NOTHING
    return Heard(Inbound(NAME, str(chat), account=who.number, kind=Kind.LEAVE))


def _inbound(chat: int, who: Ourselves, found: Content, message: Message) -> Inbound:
    return Inbound(
        NAME,
        str(chat),
        found.text,
        found.payload,
        account=who.number,
        kind=found.kind,
        media=found.media,
        scene=found.scene,
        sent_at=message.date.timestamp(),
    )


def _private(chat: Chat) -> int:
    """Return the number of a talk with one person, which is also the person's; 0 for any other."""
    return chat.id if chat.type == Chat.PRIVATE and _is_number(chat.id) else 0


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53
