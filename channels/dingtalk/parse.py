"""DingTalk's messages as ``Inbound`` (fields: the page on receiving robot messages). Missing fields are no error."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from channels.base import Inbound, Kind, Media, Refuse, Window
from channels.dingtalk.session import Hosts
from channels.wechat.letters import CONTROLS

NAME = "dingtalk"
MOST_BYTES = 64 * 1024
LONGEST = 5000  # characters
LONGEST_ID = 256
ALONE, GROUP = "1", "2"  # DingTalk's conversationType
PARTS = "\n"  # parts a sender; DingTalk's ids hold none
SPARE_SECONDS = 60.0  # before the session ends; DingTalk's clock is not ours
LONGEST_SESSION = 24 * 3600.0
MOST_ANSWERS = 1000  # DingTalk names no limit for one session; the pace is limited elsewhere
log = logging.getLogger("fanzha.dingtalk")
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says."""

    kind: Kind = Kind.TEXT
    text: str | None = field(default=None, repr=False)
    media: tuple[Media, ...] = ()


def read(body: bytes) -> Data:
    """Return the JSON object in ``body``. Raises ``Refuse``."""
    if len(body) > MOST_BYTES:
        raise Refuse("body_too_large", 413)
    try:
        data = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Refuse("body_not_utf8", 400) from None
    except (ValueError, RecursionError):
        raise Refuse("json_broken", 400) from None
    if not isinstance(data, dict):
        raise Refuse("json_broken", 400)
    return data


def message(data: Data, account: str, robot_code: str, hosts: Hosts, now: float) -> Inbound | None:
    """Return the message of a person; None when nobody wrote it, or when it was not written to us.

    ``robot_code``: the robot's; empty when it is not known, then it is not compared.
    """
    where, talk = _str(data, "conversationType"), _str(data, "conversationId")
    who = _str(data, "senderStaffId") or _str(data, "senderId")
    if where not in {ALONE, GROUP} or not talk or not who:
        log.warning("a message without a writer was dropped")
        return None
    if robot_code and _str(data, "robotCode") != robot_code:
        log.warning("a message for another robot was dropped")
        return None
    if where == GROUP and data.get("isInAtList") is not True:
        return None
    content = _content(data)
    number, at = _str(data, "msgId"), data.get("createAt")
    sent_at = at / 1000 if isinstance(at, int) and 0 <= at < 10**14 else 0.0
    route, window = _session(data, hosts, now)
    # What somebody says in a group and what they say alone are different talks: neither shows up in the other.
    sender = PARTS.join((where, who, talk))
    return Inbound(
        NAME,
        sender,
        content.text,
        account=account,
        dedupe_key=f"m:{number}" if number else PARTS.join(("t", sender, str(sent_at), content.kind)),
        kind=content.kind,
        media=content.media,
        window=window,
        sent_at=sent_at,
        route=route,
    )


def in_group(sender: str) -> bool:
    """Return True when what is written to ``sender`` is read by a group."""
    return sender.partition(PARTS)[0] == GROUP


def member(sender: str) -> str:
    """Return the id by which DingTalk mentions the person."""
    return sender.split(PARTS)[1] if sender.count(PARTS) == 2 else ""


def _session(data: Data, hosts: Hosts, now: float) -> tuple[str, Window | None]:
    """Return where and how long the message can be answered; nothing for an address that is not DingTalk's."""
    address, until = _str(data, "sessionWebhook", most=1024), data.get("sessionWebhookExpiredTime")
    if not address or not hosts.has(address):
        log.warning("a message that cannot be answered: no session of DingTalk")
        return "", None
    left = until / 1000 - now - SPARE_SECONDS if isinstance(until, int) and 0 <= until < 10**14 else 0.0
    return address, Window("session", MOST_ANSWERS, min(left, LONGEST_SESSION)) if left > 0 else None


def _content(data: Data) -> Content:
    of = OF_TYPE.get(_str(data, "msgtype"))
    return (of(data) if of else None) or _other("other")


def _text(data: Data) -> Content | None:
    text = _clean(_str(_inner(data, "text"), "content", most=LONGEST))
    return Content(text=text) if text else None


def _picture(data: Data) -> Content | None:
    code = _code(_inner(data, "content"))
    return Content(Kind.MEDIA, media=(Media("picture", code),)) if code else None


def _audio(data: Data) -> Content | None:
    heard = _clean(_str(_inner(data, "content"), "recognition", most=LONGEST))
    return Content(text=heard) if heard else _other("voice")


def _rich(data: Data) -> Content | None:
    pieces = _inner(data, "content").get("richText")
    found = [piece for piece in pieces if isinstance(piece, dict)] if isinstance(pieces, list) else []
    text = _clean("".join(_str(piece, "text", most=LONGEST) for piece in found)[:LONGEST])
    codes = [_code(piece) for piece in found if piece.get("type") == "picture"]
    media = tuple(Media("picture", code) for code in codes if code)
    if media:
        return Content(Kind.MEDIA, text or None, media)
    return Content(text=text) if text else None


def _other(kind: str) -> Content:
    return Content(Kind.MEDIA, media=(Media(kind, ""),))


def _clean(text: str) -> str:
    return CONTROLS.sub("", text).strip()


def _code(data: Data) -> str:
    return _str(data, "downloadCode", most=2048) or _str(data, "pictureDownloadCode", most=2048)


def _inner(data: Data, name: str) -> Data:
    inner = data.get(name)
    return inner if isinstance(inner, dict) else {}


def _str(data: Data, name: str, most: int = LONGEST_ID) -> str:
    """Return a text field; ids that are too long, or hold what could break out, count as missing."""
    value = data.get(name)
    if not isinstance(value, str):
        return ""
    if most == LONGEST:
        return value[:most]
    return value if len(value) <= most and not CONTROLS.search(value) and PARTS not in value else ""


OF_TYPE: dict[str, Callable[[Data], Content | None]] = {
    "text": _text,
    "picture": _picture,
    "audio": _audio,
    "richText": _rich,
    "video": lambda _: _other("video"),
    "file": lambda _: _other("file"),
}
