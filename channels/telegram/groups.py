"""Groups: nothing said there is stored, judged or answered in the open.

Who calls the bot by a command or its name is told, at most once a minute in each group, to come to a talk of their own,
and the hotlines. Everything else is not even looked at.
"""

from __future__ import annotations

from telegram import Message, MessageEntity

from channels.telegram.content import command_of
from channels.telegram.heard import NOTHING, Heard, Notice, Ourselves
from channels.telegram.words import Words


def asked(message: Message, who: Ourselves, words: Words) -> Heard:
    """Return the notice when ``message`` calls the bot, else nothing."""
    text = message.text or message.caption
    if not isinstance(text, str) or message.forward_origin is not None:
        return NOTHING
    if not _commands(text, who, words) and not _names(message, who):
        return NOTHING
    chat, number = message.chat.id, message.message_id
    if not isinstance(chat, int) or not isinstance(number, int):
        return NOTHING
    return Heard(None, (Notice(chat, "group", number),))


def _commands(text: str, who: Ourselves, words: Words) -> bool:
    found = command_of(text)
    if found is None:
        return False
    name, bot, _ = found
    return bot == who.name.lower() if bot else name in words.commands


def _names(message: Message, who: Ourselves) -> bool:
    for mark in (*message.entities, *message.caption_entities):
        if mark.type == MessageEntity.TEXT_MENTION and mark.user and str(mark.user.id) == who.number:
            return True
        if mark.type == MessageEntity.MENTION and who.name:
            parse = message.parse_entity if message.text else message.parse_caption_entity
            if parse(mark).lower() == f"@{who.name.lower()}":
                return True
    return False
