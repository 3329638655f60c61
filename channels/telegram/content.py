"""What a message of one person says: words, a command, a picture, or something that cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from telegram import Message, MessageEntity, Update
from telegram.ext import filters

from channels.base import MOST_PICTURE_BYTES, Kind, Media
from channels.telegram.heard import Ourselves
from channels.telegram.words import Command, Words, scene_of

LONGEST = 5000  # characters; Telegram's own limit is 4096, and hidden addresses are added
MOST_LINKS = 10  # hidden addresses told of one message
COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?:\s+(.*))?", re.DOTALL)
FILE_ID = re.compile(r"[A-Za-z0-9_-]{1,256}")
PICTURE_TYPES = re.compile(r"image/[a-z0-9.+-]{1,40}")
# What Telegram calls it → which sentence of channels/wording.yml says that it cannot be read. Order matters: an
# animation is a document as well.
UNREADABLE = {
    "animation": "video",
    "video": "video",
    "video_note": "video",
    "voice": "voice",
    "audio": "voice",
    "venue": "location",
    "location": "location",
    "document": "file",
}


@dataclass(frozen=True, slots=True)
class Content:
    """``notice``: a text of the channel's own to be sent; ``says``: there is something for the gateway too."""

    kind: Kind = Kind.TEXT
    text: str | None = field(default=None, repr=False)
    payload: str | None = None
    media: tuple[Media, ...] = ()
    scene: str = ""
    notice: str = ""
    says: bool = True


def content_of(message: Message, who: Ourselves, words: Words, edited: bool) -> Content | None:
    """Return what ``message`` says, None when it says nothing to us (somebody joined, a place that moves)."""
    text = _text(message.text) or _text(message.caption)
    forwarded = message.forward_origin is not None
    if message.text and not forwarded:  # below a picture it is only a word
        command = _command(text, who, words)
        if command is not None:
            return command
    media = _media(message)
    if not text and not media:
        if edited or filters.StatusUpdate.ALL.check_update(Update(0, message=message)):
            return None
        media = (Media("other", ""),)
    if edited and not text and media[0].kind != "picture":
        return None
    said = _said(message, text, forwarded, words)
    return Content(Kind.MEDIA if media else Kind.TEXT, said, media=media)


def command_of(text: str) -> tuple[str, str, str] | None:
    """Return the command's name, the bot it is for (empty: any) and what stands behind it; None for no command."""
    found = COMMAND.fullmatch(text.strip())
    if found is None:
        return None
    return found.group(1).lower(), (found.group(2) or "").lower(), (found.group(3) or "").strip()


def _command(text: str, who: Ourselves, words: Words) -> Content | None:
    """Return what a command does; None for one that is not ours, which is a text like any other."""
    found = command_of(text)
    if found is None:
        return None
    name, bot, rest = found
    command = words.commands.get(name)
    if command is None or (bot and who.name and bot != who.name.lower()):
        return None
    if name == "start":
        scene = scene_of(rest)
        return Content(Kind.BUTTON, payload=words.greeting(scene), scene=scene)
    if command.payload and rest:  # "/check …": the words are what matters
        return Content(text=rest[:LONGEST])
    return _done(command)


def _done(command: Command) -> Content:
    if command.payload:
        return Content(Kind.BUTTON, payload=command.payload)
    kind = Kind.LEAVE if command.leave else Kind.TEXT
    return Content(kind, notice=command.notice, says=command.leave)


def _said(message: Message, text: str, forwarded: bool, words: Words) -> str | None:
    """Return the words with the addresses hidden behind some of them; marked when they are somebody else's."""
    for url in _hidden(message, text)[:MOST_LINKS]:
        text = words.hidden_link.format(text=text, url=url)
    if forwarded and text:
        text = words.forwarded.format(text=text)
    quoted = _text(message.quote.text) if message.quote and message.external_reply else ""
    if quoted:  # an answer, here, to something in another chat
        text = f"{text}\n{words.forwarded.format(text=quoted)}"
    return text[:LONGEST] or None


def _hidden(message: Message, text: str) -> list[str]:
    marks = (*message.entities, *message.caption_entities)
    urls = [str(mark.url) for mark in marks if mark.type == MessageEntity.TEXT_LINK and mark.url]
    return [url for url in dict.fromkeys(urls) if url not in text and len(url) <= 2048]


def _media(message: Message) -> tuple[Media, ...]:
    if message.photo:
        sizes = [(size.width * size.height, size.file_size or 0, size.file_id) for size in message.photo]
        fits = [(area, file_id) for area, size, file_id in sizes if size <= MOST_PICTURE_BYTES]
        return (_picture(max(fits)[1]) if fits else Media("picture", ""),)
    document = message.document
    if document and not message.animation and PICTURE_TYPES.fullmatch(document.mime_type or ""):
        fits_in = (document.file_size or 0) <= MOST_PICTURE_BYTES
        return (_picture(document.file_id) if fits_in else Media("picture", ""),)
    kind = next((kind for name, kind in UNREADABLE.items() if getattr(message, name, None)), "")
    return (Media(kind, ""),) if kind else ()


def _picture(file_id: str) -> Media:
    """Return what ``fetch`` finds; an empty reference is a picture that is too large."""
    if not FILE_ID.fullmatch(file_id):
        raise ValueError("not a file id")
    return Media("picture", file_id)


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.strip() else ""
