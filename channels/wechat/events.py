"""WeChat's events as ``Inbound`` (field names: platform-rules 1.3): follows, clicks, scans, and reports of sendings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from channels.base import Inbound, Kind
from channels.wechat.fence import Fields
from channels.wechat.modes import CLICK, SCAN, SUBSCRIBE
from channels.wechat.parse import LONGEST, Content, inbound
from channels.wechat.words import Words, scene_of

LONGEST_VALUE = 200  # characters of one value of a report
Making = Callable[[Fields, Words], Content | None]


def event(fields: Fields, account: str, words: Words) -> Inbound | None:
    """Return the event, None for one that asks nothing of us and tells nothing worth keeping."""
    name = fields.get("Event").lower()
    make = OF_EVENT.get(name)
    content = make(fields, words) if make and fields.get("FromUserName") else None
    if content is None:
        return None
    # Two events of one person may come in the same second, so the event's own names are part of the key.
    told = ("FromUserName", "CreateTime", "EventKey", "MsgID", "publish_id")
    key = "|".join(("e", name, *(fields.get(one) or fields.get(one.lower()) for one in told)))
    return inbound(fields, account, content, key)


def _subscribed(fields: Fields, words: Words) -> Content:
    scene = scene_of(fields.get("EventKey"))
    return Content(Kind.BUTTON, payload=words.greeting(scene), window=SUBSCRIBE, scene=scene)


def _scanned(fields: Fields, words: Words) -> Content:
    scene = scene_of(fields.get("EventKey"))
    return Content(Kind.BUTTON, payload=words.greeting(scene), window=SCAN, scene=scene)


def _clicked(fields: Fields, words: Words) -> Content | None:
    payload = words.pressed(fields.get("EventKey"))
    return None if payload is None else Content(Kind.BUTTON, payload=payload, window=CLICK)


def _code_read(fields: Fields, _: Words) -> Content | None:
    read = fields.get("ScanCodeInfo/ScanResult")[:LONGEST]
    return Content(text=read, window=CLICK) if read else None


def _left(_: Fields, __: Words) -> Content:
    return Content(Kind.LEAVE, window=None)


def _report(*names: str, lists: Sequence[str] = (), number: str = "", grants: bool = False) -> Making:
    """Return what keeps the named values, and the lists below one of the elements ``lists``.

    ``number``: the element that says which sending it is about. ``grants``: the lists tell of allowed notices.
    """

    def make(fields: Fields, _: Words) -> Content:
        data: dict[str, object] = {"event": fields.get("Event").lower()[:40]}
        data |= {name: value[:LONGEST_VALUE] for name in names if (value := fields.get(name))}
        entries = [entry for path in lists for entry in fields.items(path)]
        if number:
            data["platform_id"] = fields.get(number)[:64]
        if grants:
            data["grants"] = [_grant(entry) for entry in entries if entry.get("TemplateId")]
        if entries:
            data["list"] = [
                {name: value[:LONGEST_VALUE] for name, value in entry.items()} for entry in entries
            ]
        return Content(Kind.REPORT, window=None, data=data)

    return make


def _grant(entry: Mapping[str, str]) -> list[str | int]:
    """Return [template, change]: one notice more, or none any more. A refusal takes back what was allowed before."""
    return [entry["TemplateId"][:64], 1 if entry.get("SubscribeStatusString") == "accept" else 0]


OF_EVENT: dict[str, Making] = {
    "subscribe": _subscribed,
    "unsubscribe": _left,
    "scan": _scanned,
    "click": _clicked,
    "scancode_waitmsg": _code_read,
    "scancode_push": _code_read,
    "masssendjobfinish": _report(
        "MsgID",
        "Status",
        "TotalCount",
        "FilterCount",
        "SentCount",
        "ErrorCount",
        lists=("CopyrightCheckResult/ResultList/item", "ArticleUrlResult/ResultList/item"),
        number="MsgID",
    ),
    "templatesendjobfinish": _report("MsgID", "Status"),
    "publishjobfinish": _report(
        "PublishEventInfo/publish_id", "PublishEventInfo/publish_status", number="PublishEventInfo/publish_id"
    ),
    "subscribe_msg_popup_event": _report(lists=("SubscribeMsgPopupEvent/List",), grants=True),
    "subscribe_msg_change_event": _report(lists=("SubscribeMsgChangeEvent/List",), grants=True),
    "subscribe_msg_sent_event": _report(lists=("SubscribeMsgSentEvent/List",)),
    "user_authorization_revoke": _report("RevokeInfo"),
}
