"""DingTalk's messages, whole, half and broken; signatures and clocks; whose address is taken; what people read."""

from __future__ import annotations

import time
from typing import Any

import dingtalk_requests as dt
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from channels.base import Button, Forged, Inbound, Kind, Media, Push, Refuse, Reply, Turn
from channels.dingtalk import parse
from channels.dingtalk.adapter import build
from channels.settings import SettingsError

CODE = "9hSK+hQyEBYgEqGy=="


def parsed(**fields: Any) -> list[Inbound]:
    request, channel = dt.hook(dt.data(**fields)), dt.channel()
    channel.verify(request)
    return list(channel.parse(request))


def one(**fields: Any) -> Inbound:
    (found,) = parsed(**fields)
    assert (found.channel, found.account, found.dedupe_key) == ("dingtalk", dt.APP.key, "m:msg1==")
    return found


@pytest.mark.parametrize(
    ("fields", "kind", "text", "media"),
    [
        ({"text": {"content": " 他让我转账\n快 "}}, Kind.TEXT, "他让我转账\n快", ()),
        ({"text": {"content": "长" * 9000}}, Kind.TEXT, "长" * 5000, ()),
        ({"text": {"content": "a\x00b\ud800c"}}, Kind.TEXT, "abc", ()),
        ({"text": {"content": "  "}}, Kind.MEDIA, None, (("other", ""),)),
        ({"text": "no object"}, Kind.MEDIA, None, (("other", ""),)),
        ({"text": {"content": 7}}, Kind.MEDIA, None, (("other", ""),)),
        ({"msgtype": "picture", "content": {"downloadCode": CODE}}, Kind.MEDIA, None, (("picture", CODE),)),
        ({"msgtype": "picture", "content": {}}, Kind.MEDIA, None, (("other", ""),)),
        ({"msgtype": "audio", "content": {"recognition": "有人叫我转账"}}, Kind.TEXT, "有人叫我转账", ()),
        ({"msgtype": "audio", "content": {"downloadCode": CODE}}, Kind.MEDIA, None, (("voice", ""),)),
        ({"msgtype": "video", "content": {"downloadCode": CODE}}, Kind.MEDIA, None, (("video", ""),)),
        ({"msgtype": "file", "content": {"fileName": "a.exe"}}, Kind.MEDIA, None, (("file", ""),)),
        ({"msgtype": "hologram"}, Kind.MEDIA, None, (("other", ""),)),
        ({"msgtype": 5}, Kind.MEDIA, None, (("other", ""),)),
        (
            {"msgtype": "richText", "content": {"richText": [{"text": "看 "}, {"text": "这个"}, 5, {}]}},
            Kind.TEXT,
            "看 这个",
            (),
        ),
        (
            {
                "msgtype": "richText",
                "content": {"richText": [{"type": "picture", "pictureDownloadCode": CODE}, {"text": "看"}]},
            },
            Kind.MEDIA,
            "看",
            (("picture", CODE),),
        ),
        ({"msgtype": "richText", "content": {"richText": "x"}}, Kind.MEDIA, None, (("other", ""),)),
    ],
)
def test_what_a_message_says(
    fields: dict[str, Any], kind: Kind, text: str | None, media: tuple[tuple[str, str], ...]
) -> None:
    found = one(**fields)
    assert (found.kind, found.text, found.media) == (kind, text, tuple(Media(*each) for each in media))


@pytest.mark.parametrize("seconds", [-299, 299])
def test_clocks_may_differ_by_five_minutes(seconds: float) -> None:
    now = time.time()
    dt.channel().verify(dt.hook(dt.data(), now + seconds))
    for off in (301, 3599, 3601, 10**6):
        with pytest.raises(Forged):
            dt.channel().verify(dt.hook(dt.data(), now + off if seconds > 0 else now - off))


@pytest.mark.parametrize("secret", ["", "another", dt.APP.secret + " "])
def test_a_wrong_secret_is_refused(secret: str) -> None:
    with pytest.raises(Forged):
        dt.channel().verify(dt.hook(dt.data(), secret=secret))


def test_one_person_alone_and_in_groups_are_different_talks() -> None:
    group = {"conversationType": "2", "isInAtList": True, "conversationId": "cid-g1"}
    talks = [one(), one(**group), one(**{**group, "conversationId": "cid-g2"}), one(**group, staff="other")]
    assert len({talk.sender for talk in talks}) == 4
    assert [parse.in_group(talk.sender) for talk in talks] == [False, True, True, True]
    assert parse.member(talks[1].sender) == "person-0000000001" and parse.member("rubbish") == ""
    # Whoever has no number in the company is known by the id DingTalk gives.
    assert one(senderStaffId=None).sender == one(senderStaffId=None).sender != one().sender
    assert parsed(**{**group, "isInAtList": False}) == [] == parsed(**{**group, "isInAtList": None})


def test_messages_for_another_robot_are_dropped_when_ours_is_known() -> None:
    request = dt.hook(dt.data(robotCode="dingother"))
    assert len(dt.channel().parse(request)) == 1
    assert list(dt.channel(dingtalk_robot_code="dingours").parse(request)) == []


GOOD = ["https://oapi.dingtalk.com/robot/sendBySession?session=1", "https://api.dingtalk.com:443/x"]
BAD = [
    "",
    "http://oapi.dingtalk.com/robot/sendBySession?session=1",
    "https://oapi.dingtalk.com.evil.example/x",
    "https://evil.example/?https://oapi.dingtalk.com",
    "https://evil.example#@oapi.dingtalk.com/",
    "https://oapi.dingtalk.com@evil.example/",
    "https://a:b@oapi.dingtalk.com/",
    "https://evil.example\\@oapi.dingtalk.com/",
    "https://oapi.dingtalk.com\\.evil.example/",
    "https://oapi.dingtalk.com:8443/",
    "https://oapi.dingtalk.com./",
    "https://oapi\u3002dingtalk\u3002com/",
    "https://[::1]/",
    "https://[oapi.dingtalk.com/",
    "https://169.254.169.254/latest/meta-data",
    "https://127.0.0.1/",
    "https://0x7f.1/",
    "https://oapi.dingtalk.com:99999/",
    "//oapi.dingtalk.com/",
    "file:///etc/passwd",
    "gopher://oapi.dingtalk.com/",
    "https://oapi.dingtalk.com/\r\nHost: evil.example",
    " https://oapi.dingtalk.com/",
    "https://oapi.dingtalk.com/" + "a" * 2000,
]


@pytest.mark.parametrize("address", BAD)
def test_answers_go_to_dingtalk_only(address: str) -> None:
    assert not dt.HOSTS.has(address)
    found = one(sessionWebhook=address)
    assert (found.route, found.window) == ("", None)


@pytest.mark.parametrize("address", GOOD)
def test_dingtalks_own_hosts_are_taken(address: str) -> None:
    assert dt.HOSTS.has(address)
    assert one(sessionWebhook=address).route == address


def test_files_come_from_dingtalks_domain_over_tls_only() -> None:
    assert dt.HOSTS.has_file("https://down-cdn.dingtalk.com/a?x=1") and dt.HOSTS.has_file(GOOD[0])
    for address in (
        *BAD[1:-1],
        "https://xdingtalk.com/",
        "http://down.dingtalk.com/",
        "https://dingtalk.com.cn/",
    ):
        assert not dt.HOSTS.has_file(address), address


def test_a_session_opens_a_window_as_long_as_it_lasts() -> None:
    window = one(sessionWebhookExpiredTime=int((time.time() + 600) * 1000)).window
    assert window is not None and 535 < window.seconds <= 540 and window.name == "session"
    for until in (0, int(time.time() * 1000), "soon", -5, 10**30, None, True):
        assert one(sessionWebhookExpiredTime=until).window is None
    far = one(sessionWebhookExpiredTime=int((time.time() + 10**6) * 1000)).window
    assert far is not None and far.seconds == 24 * 3600
    assert dt.channel().capabilities.push is Push.WINDOW


@limits(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(dt.data())),
        st.one_of(st.none(), st.integers(), st.text(max_size=30), st.booleans()),
    )
)
def test_any_fields_are_a_message_or_nothing(fields: dict[str, Any]) -> None:
    data = {**dt.data(), **fields}
    parse.message(data, "a", "", dt.HOSTS, time.time())


@pytest.mark.parametrize("body", [hook.body for hook in dt.BROKEN[:8]])
def test_what_is_no_object_is_refused_at_once(body: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(Refuse):
        parse.read(body)
    assert time.perf_counter() - started < 0.25


def test_answers_leave_room_for_what_is_added_in_groups() -> None:
    channel = dt.channel()
    added = len(channel._parts.lines.in_group.encode())
    card = {
        "kind": "article",
        "title": "国庆防骗",
        "description": "三招",
        "url": "https://a.example/1",
        "image": "",
    }
    parts = channel.split(
        Turn((Reply("长" * 3000), Reply("选", (Button("转了", "/a"),)), Reply("防骗", card=card)))
    )
    assert all(part.card is None and len(part.text.encode()) + added <= 2048 for part in parts)
    joined = "".join(part.text for part in parts)
    assert joined.count("长") == 3000 and "回 1：转了" in joined and "https://a.example/1" in joined


def test_half_a_configuration_is_refused() -> None:
    with pytest.raises(SettingsError, match="FANZHA_DINGTALK_APP_SECRET"):
        dt.channel(dingtalk_app_secret="")
    assert build(dt.settings(dingtalk_app_key=""), None) is None  # type: ignore[arg-type]
    assert dt.APP.secret not in repr(dt.settings())
    assert dt.SESSION not in repr(one())
