"""WeCom's messages and events as ``Inbound`` (field names: WeCom's pages 90239, 90240). Missing fields are no error."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from channels.base import Inbound, Kind, Media
from channels.wechat.fence import Fields
from channels.wechat.words import Words

NAME = "wecom"
LONGEST = 5000  # characters; WeCom's own limit is below
# A member's id begins with a letter or digit; "@all" would address everybody, "|" parts several ids.
MEMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
SYSTEM = "sys"  # the sender of reports about the address book
log = logging.getLogger("fanzha.wecom")


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says, before it is known who says it."""

    kind: Kind = Kind.TEXT
    text: str | None = field(default=None, repr=False)
    payload: str | None = None
    media: tuple[Media, ...] = ()


Making = Callable[[Fields, Words], Content | None]


def message(fields: Fields, account: str, agent_id: int, words: Words) -> Inbound | None:
    """Return the message or event of a member; None for what asks nothing of us, and for another app's."""
    sender = fields.get("FromUserName")
    agent = fields.get("AgentID")
    if sender == SYSTEM or (agent and agent != str(agent_id)):
        return None
    if not MEMBER.fullmatch(sender):
        log.warning("a message without a writer was dropped")
        return None
    if fields.get("MsgType") == "event":
        return _event(fields, account, words)
    of = OF_TYPE.get(fields.get("MsgType"))
    if of is None:
        log.warning("a message of a type that is not known yet")
    content = (of(fields, words) if of else None) or _other("other")
    number = fields.get("MsgId")
    key = f"m:{number}" if number else "|".join(("t", sender, fields.get("CreateTime"), content.kind))
    return _inbound(fields, account, content, key)


def _event(fields: Fields, account: str, words: Words) -> Inbound | None:
    name = fields.get("Event").lower()
    make = OF_EVENT.get(name)
    content = make(fields, words) if make else None
    if content is None:
        return None
    # Two events of one person may come in the same second, so the event's own names are part of the key.
    told = ("FromUserName", "CreateTime", "EventKey", "TaskId")
    return _inbound(fields, account, content, "|".join(("e", name, *(fields.get(one) for one in told))))


def _inbound(fields: Fields, account: str, content: Content, key: str) -> Inbound:
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
        sent_at=float(at) if at.isascii() and at.isdigit() and len(at) <= 11 else 0.0,
    )


def _text(fields: Fields, _: Words) -> Content | None:
    text = fields.raw("Content")[:LONGEST]
    return Content(text=text) if text.strip() else None


def _link(fields: Fields, words: Words) -> Content | None:
    title, url = fields.get("Title"), fields.get("Url")
    if not title and not url:
        return None
    text = words.link.format(title=title, description=fields.get("Description"), url=url)
    return Content(text=text.replace("\n\n", "\n").strip()[:LONGEST])


def _media(kind: str) -> Making:
    def make(fields: Fields, _: Words) -> Content | None:
        reference = fields.get("MediaId")
        return Content(Kind.MEDIA, media=(Media(kind, reference),)) if reference else None

    return make


def _other(kind: str) -> Content:
    return Content(Kind.MEDIA, media=(Media(kind, ""),))


def _pressed(fields: Fields, words: Words) -> Content | None:
    payload = words.pressed(fields.get("EventKey"))
    return None if payload is None else Content(Kind.BUTTON, payload=payload)


def _code_read(fields: Fields, _: Words) -> Content | None:
    read = fields.get("ScanCodeInfo/ScanResult")[:LONGEST]
    return Content(text=read) if read else None


# A location's coordinates are nobody's business: they are dropped here.
OF_TYPE: dict[str, Making] = {
    "text": _text,
    "image": _media("picture"),
    "voice": _media("voice"),
    "video": _media("video"),
    "location": lambda _, __: _other("location"),
    "link": _link,
}
# Of the others nothing is asked: enter_agent comes each time the app is opened, view when a link of the menu is.
OF_EVENT: dict[str, Making] = {
    "subscribe": lambda _, words: Content(Kind.BUTTON, payload=words.greeting("")),
    "unsubscribe": lambda _, __: Content(Kind.LEAVE),
    "click": _pressed,
    "template_card_event": _pressed,
    "scancode_waitmsg": _code_read,
    "scancode_push": _code_read,
}
