"""All types of messages and events of WeCom, whole, half and broken; signatures; what members read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import wecom_requests as wc
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from channels.base import Button, Forged, Hook, Inbound, Kind, Media, Outgoing, Push, Refuse, Reply, Turn
from channels.payloads import load_allow_list
from channels.settings import SettingsError
from channels.sizes import size
from channels.wechat.words import load_words
from channels.wecom.adapter import HERE, WeComChannel, build
from channels.wecom.message import body_of
from tests.fakes.wechat.sealing import seal, sign


def parsed(request: Hook, given: WeComChannel | None = None) -> list[Inbound]:
    channel = given or wc.channel()
    channel.verify(request)
    return list(channel.parse(request))


def one(kind: str, more: str) -> Inbound:
    (found,) = parsed(wc.hook(wc.xml(kind, f"{more}<MsgId>77</MsgId>")))
    assert (found.channel, found.account) == ("wecom", "ww0000000000000001:1000002")
    assert found.dedupe_key == "m:77" and found.window is None
    return found


@pytest.mark.parametrize(
    ("kind", "more", "media"),
    [
        ("image", "<PicUrl>http://evil.example/x.jpg</PicUrl><MediaId>m-1</MediaId>", ("picture", "m-1")),
        ("voice", "<MediaId>m-2</MediaId><Format>amr</Format>", ("voice", "m-2")),
        ("video", "<MediaId>m-3</MediaId><ThumbMediaId>t</ThumbMediaId>", ("video", "m-3")),
        ("location", "<Location_X>31.2</Location_X><Label>家</Label>", ("location", "")),
        ("image", "", ("other", "")),
        ("text", "<Content></Content>", ("other", "")),
        ("text", "", ("other", "")),
        ("link", "", ("other", "")),
        ("hologram", "<Content>x</Content>", ("other", "")),
        ("", "", ("other", "")),
    ],
)
def test_what_is_no_text(kind: str, more: str, media: tuple[str, str]) -> None:
    found = one(kind, more)
    assert (found.kind, found.media, found.text) == (Kind.MEDIA, (Media(*media),), None)
    assert "31.2" not in str(found.data) and "evil.example" not in str(found.media)


@pytest.mark.parametrize(
    ("kind", "more", "text"),
    [
        ("text", "<Content><![CDATA[ 他让我转账\n到安全账户 ]]></Content>", " 他让我转账\n到安全账户 "),
        ("text", "<Content><![CDATA[a]]]]><![CDATA[></Content><b>]]></Content>", "a]]></Content><b>"),
        (
            "link",
            "<Title>领补贴</Title><Description></Description><Url>http://x.example/a</Url>",
            "领补贴\nhttp://x.example/a",
        ),
        ("text", f"<Content>{'长' * 9000}</Content>", "长" * 5000),
    ],
)
def test_what_is_text(kind: str, more: str, text: str) -> None:
    found = one(kind, more)
    assert (found.kind, found.text) == (Kind.TEXT, text)


@pytest.mark.parametrize(
    ("name", "more", "kind", "payload"),
    [
        ("subscribe", "", Kind.BUTTON, "/greet"),
        ("unsubscribe", "", Kind.LEAVE, None),
        ("click", "<EventKey>/already_paid</EventKey>", Kind.BUTTON, "/already_paid"),
        ("CLICK", "<EventKey>/check</EventKey>", Kind.BUTTON, "/check"),
        ("template_card_event", "<EventKey>/report</EventKey><TaskId>t</TaskId>", Kind.BUTTON, "/report"),
    ],
)
def test_events_that_ask_something(name: str, more: str, kind: Kind, payload: str | None) -> None:
    (found,) = parsed(wc.event(name, more, at=1_700_000_000))
    assert (found.kind, found.payload) == (kind, payload)
    assert wc.MEMBER in found.dedupe_key and "1700000000" in found.dedupe_key


def test_a_scanned_code_is_a_text() -> None:
    more = "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>http://x.example</ScanResult></ScanCodeInfo>"
    (found,) = parsed(wc.event("scancode_waitmsg", more))
    assert (found.kind, found.text) == (Kind.TEXT, "http://x.example")


# Made anew for each test: a request is too old after five minutes.
@pytest.mark.parametrize(
    "make",
    [
        lambda: wc.event("enter_agent"),
        lambda: wc.event("view", "<EventKey>https://x.example</EventKey>"),
        lambda: wc.event("LOCATION", "<Latitude>31.2</Latitude>"),
        lambda: wc.event("click", "<EventKey>/restart</EventKey>"),
        lambda: wc.event("template_card_event", "<EventKey>/made_up</EventKey>"),
        lambda: wc.event("change_contact", sender="sys"),
        lambda: wc.event("batch_job_result", sender="sys"),
        lambda: wc.hook(wc.xml("text", "<Content>a</Content>", agent=1)),
        lambda: wc.hook(wc.xml("text", "<Content>a</Content>", sender="@ALL")),
        lambda: wc.hook(wc.xml("text", "<Content>a</Content>", sender="a|b")),
        lambda: wc.hook("<xml><MsgType>text</MsgType></xml>"),
    ],
)
def test_what_asks_nothing_of_us(make: Callable[[], Hook]) -> None:
    assert parsed(make()) == []


def test_events_in_the_same_second_are_told_apart() -> None:
    keys = [
        parsed(wc.event(name, f"<EventKey>{key}</EventKey>", at=1_700_000_000))[0].dedupe_key
        for name, key in (("click", "/check"), ("click", "/report"), ("subscribe", ""), ("click", "/check"))
    ]
    assert keys[0] == keys[3] and len(set(keys)) == 3
    no_number = [parsed(wc.hook(wc.xml("text", "<Content>a</Content>", at=5)))[0].dedupe_key for _ in "ab"]
    assert no_number[0] == no_number[1] != ""


def echo(at: float | None = None, **changes: str) -> Hook:
    corp = replace(wc.CORP, **changes)
    timestamp, sealed = str(int(time.time() if at is None else at)), seal("4711", corp.aes_key, corp.corp_id)
    query = {"msg_signature": sign(corp.token, timestamp, "n", sealed), "timestamp": timestamp, "nonce": "n"}
    return Hook("GET", {}, {**query, "echostr": sealed})


def test_the_echo_comes_back_decrypted() -> None:
    answer = wc.channel().greet(echo())
    assert answer is not None and answer.body == b"4711"
    for bad in (
        Hook("GET", {}),
        echo(at=time.time() - 301),
        echo(token="another"),
        echo(corp_id="ww0000000000000002"),
        echo(aes_key="b" * 43),
        Hook("GET", {}, {**echo().query, "echostr": "AAAA"}),
        Hook("GET", {}, {**echo().query, "echostr": "A" * 5000}),
    ):
        with pytest.raises(Forged):
            wc.channel().greet(bad)


@pytest.mark.parametrize("off", [-299, 299])
def test_clocks_may_differ_by_five_minutes(off: int) -> None:
    wc.channel().verify(wc.hook(wc.SMALL, time.time() + off))
    with pytest.raises(Forged):
        wc.channel().verify(wc.hook(wc.SMALL, time.time() + off + (-3 if off < 0 else 3)))


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE x ["
        + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 9))
        + b"]><xml/>",
        b"<xml><Encrypt>" + b"A" * (20 * 1024 * 1024) + b"</Encrypt></xml>",
        "<xml><Encrypt>汉</Encrypt></xml>".encode("gbk"),
        b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
        b"<xml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</xml>",
        b"<xml/>",
    ],
    ids=["entities", "20 MB", "gbk", "twice", "deep", "empty"],
)
def test_hostile_xml_is_refused_at_once(body: bytes) -> None:
    channel, started = wc.channel(), time.perf_counter()
    with pytest.raises((Forged, Refuse)):
        channel.verify(Hook("POST", {}, wc.hook(wc.SMALL).query, body))
    assert time.perf_counter() - started < 0.25, "0.05 s alone on a core"


def test_the_text_beside_the_encrypted_part_counts_for_nothing() -> None:
    good = wc.text("5", "真的")
    mixed = good.body.replace(b"</Encrypt>", b"</Encrypt><Content>forged</Content><MsgId>9</MsgId>")
    (found,) = parsed(Hook("POST", {}, good.query, mixed))
    assert (found.text, found.dedupe_key) == ("真的", "m:5")


@pytest.fixture(scope="module")
def wecom() -> WeComChannel:
    """One channel for all examples."""
    return wc.channel()


@limits(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_content_is_a_message_or_nothing(wecom: WeComChannel, plain: str) -> None:
    for wrapped in (plain, f"<xml><FromUserName>a</FromUserName><MsgType>text</MsgType>{plain}</xml>"):
        parsed(wc.hook(wrapped), wecom)


def test_answers_are_sealed_and_nothing_breaks_out() -> None:
    request = wc.text("1", "你好")
    fields = wc.said(
        wc.channel().answer(request, Turn((Reply("]]></Content><Content>b <a href='x'>点</a>"),)))
    )
    assert len(fields) == 5 and (fields["ToUserName"], fields["FromUserName"]) == (wc.MEMBER, wc.CORP.corp_id)
    assert fields["Content"].startswith("]]>＜/Content>") and "<a" not in fields["Content"]
    assert wc.channel().answer(request, Turn(())).body == b""
    assert wc.channel().answer(request, Turn((), pending=True)).body == b""


@limits(max_examples=60, deadline=None)
@given(st.text(max_size=900))
def test_any_answer_fits(wecom: WeComChannel, said: str) -> None:
    for part in wecom.split(Turn((Reply(said, (Button("转了", "/a"),)),))):
        assert 0 < size(part.text) <= 2048
        body = body_of(Outgoing("ab" * 16, "a", "p", part), 1)
        assert body["text"] == {"content": part.text}


def test_one_message_is_the_same_request_each_time_and_two_are_not() -> None:
    def body(key: str, attempt: int = 1) -> dict[str, object]:
        return body_of(Outgoing(key, "a", "p", Reply("先别转账"), attempt), 1)

    assert body("ab" * 16) == body("ab" * 16, attempt=3)
    assert body("ab" * 16) != body("cd" * 16)
    interval = body("ab" * 16)["duplicate_check_interval"]
    assert isinstance(interval, int) and 300 <= interval < 900
    assert not wc.channel().capabilities.idempotent
    assert wc.channel().capabilities.push is Push.ALWAYS


def test_menu_and_welcome_press_buttons_that_exist() -> None:
    words, allowed = load_words(HERE / "wecom.yml"), load_allow_list()
    assert len(words.menu) <= 3
    for top, items in words.menu:
        assert len(top.encode()) <= 16 and len(items) <= 5
        for item in items:
            assert len(item.title.encode()) <= 40
            assert item.scan or allowed.accept(item.payload)
    assert allowed.accept(words.greeting(""))


@pytest.mark.parametrize("name", ["wecom_agent_id", "wecom_secret", "wecom_token", "wecom_aes_key"])
def test_half_a_configuration_is_refused_by_name_only(name: str) -> None:
    with pytest.raises(SettingsError, match=f"FANZHA_{name.upper()}") as caught:
        wc.channel(**{name: 0 if name == "wecom_agent_id" else ""})
    for secret in (wc.CORP.secret, wc.CORP.token, wc.CORP.aes_key):
        assert secret not in str(caught.value)
    assert build(wc.settings(wecom_corp_id=""), None) is None  # type: ignore[arg-type]
    assert wc.CORP.secret not in repr(wc.settings())
