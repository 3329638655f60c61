"""WeChat's messages as ``Inbound`` (field names: platform-rules 1.3). Missing fields make an empty message, no error."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from channels.base import Inbound, JsonObject, Kind, Media, Window
from channels.wechat.fence import Fields
from channels.wechat.modes import CLICK, MESSAGE
from channels.wechat.words import Words

LONGEST = 5000  # characters; WeChat's own limit is far below
NAME = "wechat"
log = logging.getLogger("fanzha.wechat")


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says, before it is known who says it."""

    kind: Kind = Kind.TEXT
    text: str | None = field(default=None, repr=False)
    payload: str | None = None
    media: tuple[Media, ...] = ()
    window: Window | None = MESSAGE
    scene: str = ""
    data: JsonObject = field(default_factory=dict, repr=False)


def message(fields: Fields, account: str, words: Words, collects: bool) -> Inbound | None:
    """Return the message of a person. ``collects``: this account cannot push, people ask for the rest.

    None when nobody sent it.
    """
    sender = fields.get("FromUserName")
    if not sender or len(sender) > 128:
        log.warning("a message without a writer was dropped")
        return None
    content = _content(fields, words, collects)
    number = fields.get("MsgId")
    key = f"m:{number}" if number else "|".join(("t", sender, fields.get("CreateTime"), content.kind))
    return inbound(fields, account, content, key)


def inbound(fields: Fields, account: str, content: Content, key: str) -> Inbound:
    """Return ``content`` with the sender, the account and the time."""
    at = fields.get("CreateTime")
    return Inbound(
        NAME,
        fields.get("FromUserName"),
        content.text,
        content.payload,
        account=account,
        dedupe_key=key,
        kind=content.kind,
        media=content.media,
        window=content.window,
        scene=content.scene,
        sent_at=float(at) if at.isascii() and at.isdigit() and len(at) <= 11 else 0.0,
        data=content.data,
    )


def _content(fields: Fields, words: Words, collects: bool) -> Content:
    of = OF_TYPE.get(fields.get("MsgType"))
    if of is None:
        log.warning("a message of a type that is not known yet")
        return _other("other")
    return of(fields, words, collects)


def _text(fields: Fields, words: Words, collects: bool) -> Content:
    text = fields.raw("Content")[:LONGEST]
    if not text.strip() or words.unsupported.match(text):
        return _other("other")
    if collects and words.goes_on.match(text):
        return Content(Kind.COLLECT)
    # The entry of a message menu counts as a click, not as a message (platform-rules 1.5).
    return Content(text=text, window=CLICK if fields.get("bizmsgmenuid") else MESSAGE)


def _voice(fields: Fields, _: Words, __: bool) -> Content:
    heard = fields.get("Recognition")[:LONGEST]
    return Content(text=heard) if heard else _media(fields, "voice")


def _link(fields: Fields, words: Words, _: bool) -> Content:
    title, url = fields.get("Title"), fields.get("Url")
    if not title and not url:
        return _other("other")
    text = words.link.format(title=title, description=fields.get("Description"), url=url)
    return Content(text=text.replace("\n\n", "\n").strip()[:LONGEST])


def _app_page(fields: Fields, words: Words, _: bool) -> Content:
    title = fields.get("Title")
    return Content(text=words.app_page.format(title=title)[:LONGEST]) if title else _other("other")


def _media(fields: Fields, kind: str) -> Content:
    reference = fields.get("MediaId")
    return Content(Kind.MEDIA, media=(Media(kind, reference),)) if reference else _other("other")


def _other(kind: str) -> Content:
    return Content(Kind.MEDIA, media=(Media(kind, ""),))


# A location's coordinates are nobody's business: they are dropped here.
OF_TYPE: dict[str, Callable[[Fields, Words, bool], Content]] = {
    "text": _text,
    "image": lambda fields, _, __: _media(fields, "picture"),
    "voice": _voice,
    "video": lambda fields, _, __: _media(fields, "video"),
    "shortvideo": lambda fields, _, __: _media(fields, "video"),
    "location": lambda _, __, ___: _other("location"),
    "link": _link,
    "miniprogrampage": _app_page,
}
