"""Who may write in WeChat's name: signatures, time, our app id, safe mode; and the fence before the XML."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import wechat_requests as wx
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from channels.base import Forged, Hook, Refuse, Reply, Turn
from channels.settings import SettingsError
from channels.wechat import fence
from channels.wechat.envelope import Envelope, key_of, signature
from tests.fakes.wechat.sealing import opened, seal, sign

GOOD = wx.xml("text", "<Content>你好</Content><MsgId>1</MsgId>")
TEN = "".join(f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghz", strict=True))
LAUGHS = f"<!DOCTYPE x [<!ENTITY a 'ha'>{TEN}]><xml><Content>&z;</Content></xml>"
BAD_XML = {
    "laughs": LAUGHS.encode(),
    "quadratic": f"<!DOCTYPE x [<!ENTITY a '{'h' * 30_000}'>]><xml>{'&a;' * 5000}</xml>".encode(),
    "external": b"<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><xml><Content>&f;</Content></xml>",
    "remote dtd": b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'><xml><Content>a</Content></xml>",
    "parameter": b"<!DOCTYPE x [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]><xml/>",
    "undefined entity": b"<xml><Content>&nope;</Content></xml>",
    "20 MB": b"<xml><Content>" + b"a" * 20_000_000 + b"</Content></xml>",
    "deep": b"<xml>" + b"<a>" * 9000 + b"</a>" * 9000 + b"</xml>",
    "17 deep": b"<xml>" + b"<a>" * 17 + b"</a>" * 17 + b"</xml>",
    "not UTF-8": "<xml><Content>你好</Content></xml>".encode("gb18030"),
    "UTF-16": "<xml><Content>a</Content></xml>".encode("utf-16"),
    "declared otherwise": "<?xml version='1.0' encoding='gb2312'?><xml><b>\u4f60".encode(),
    "another root": b"<html><body/></html>",
    "twice": b"<xml><MsgType>text</MsgType><MsgType>image</MsgType></xml>",
    "JSON": b'{"a": 1}',
    "nothing": b"",
    "cut off": GOOD.encode()[:-9],
    "NUL": b"<xml><Content>a\x00b</Content></xml>",
}


@pytest.mark.parametrize("name", BAD_XML)
def test_the_fence_refuses_at_once(name: str) -> None:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        with pytest.raises(Refuse):
            fence.read(BAD_XML[name])
        times.append(time.perf_counter() - started)
    assert min(times) < 0.05


def test_the_fence_lets_through_what_people_paste() -> None:
    pasted = "<!DOCTYPE html><!ENTITY x><b>点这里</b> & ]] > &amp; \U0001f600"
    fields = fence.read_text(f"<xml><Content><![CDATA[{pasted}]]></Content></xml>")
    assert fields.raw("Content") == pasted and pasted not in repr(fields)


@limits(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=500), st.text(alphabet="<xml>![CDATA]/&;a?\"' ", max_size=200).map(str.encode)
    )
)
def test_the_fence_raises_nothing_else(body: bytes) -> None:
    for one in (body, b"<xml>" + body + b"</xml>", b"<xml><![CDATA[" + body + b"]]></xml>"):
        with contextlib.suppress(Refuse):
            fence.read(one)


def test_a_good_request_is_opened_and_an_answer_can_be_opened_by_wechat() -> None:
    envelope = Envelope(wx.TOKEN, wx.APP_ID, key_of(wx.AES_KEY))
    request = wx.hook(GOOD)
    envelope.check(request)
    assert envelope.open(request).get("Content") == "你好"
    answer = "<xml><Content><![CDATA[先别转账 😀]]></Content></xml>"
    assert opened(envelope.seal(answer), wx.TOKEN, wx.AES_KEY, wx.APP_ID) == answer


@limits(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_whatever_is_sealed_comes_back(text: str) -> None:
    envelope = Envelope(wx.TOKEN, wx.APP_ID, key_of(wx.AES_KEY))
    assert opened(envelope.seal(text), wx.TOKEN, wx.AES_KEY, wx.APP_ID) == text


def _changed(**query: str) -> Hook:
    request = wx.hook(GOOD)
    return replace(request, query={**request.query, **query})


def _without(name: str) -> Hook:
    request = wx.hook(GOOD)
    return replace(request, query={key: value for key, value in request.query.items() if key != name})


def _compatible_with_forged_plaintext() -> Hook:
    """Fields beside ``Encrypt``, as compatible mode has them, but not WeChat's."""
    request = wx.hook(GOOD)
    forged = b"<xml><FromUserName>somebody-else</FromUserName><Content>forged</Content><MsgId>2</MsgId>"
    return replace(request, body=request.body.replace(b"<xml>", forged))


FORGED: dict[str, Callable[[], Hook]] = {
    "no query": lambda: Hook("POST", {}, {}, b"<xml/>"),
    "another token": lambda: wx.hook(GOOD, token="other"),
    "an empty token": lambda: wx.hook(GOOD, token=""),
    "signature": lambda: _changed(signature="0" * 40),
    "no signature": lambda: _without("signature"),
    "msg_signature": lambda: _changed(msg_signature="0" * 40),
    "no msg_signature": lambda: _without("msg_signature"),
    "not ASCII": lambda: _changed(msg_signature="签名"),
    "nonce": lambda: _changed(nonce="other"),
    "timestamp": lambda: _changed(timestamp=str(int(time.time()) - 1)),
    "strange digits": lambda: _changed(timestamp="１７００００００００"),
    "no number": lambda: _changed(timestamp="abc"),
    "stale": lambda: wx.hook(GOOD, at=time.time() - 301),
    "from the future": lambda: wx.hook(GOOD, at=time.time() + 360),
    "downgraded to plain": lambda: wx.plain(GOOD.encode()),
    "raw with a body": lambda: _changed(encrypt_type="raw"),
    "plain body in safe mode": lambda: replace(wx.hook(GOOD), body=GOOD.encode()),
    "a changed body": lambda: replace(wx.hook(GOOD), body=wx.hook(GOOD).body),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_requests_are_refused(name: str) -> None:
    with pytest.raises(Forged):
        wx.channel().verify(FORGED[name]())


def test_a_message_for_another_account_is_dropped() -> None:
    request = wx.hook(GOOD, app_id="wx0000000000000002")
    channel = wx.channel()
    channel.verify(request)  # the token may be the same
    assert list(channel.parse(request)) == []


@pytest.mark.parametrize(
    "sealed", ["", "AAAA", "====", "不是", seal(GOOD, wx.AES_KEY, wx.APP_ID)[:-5], "A" * 64]
)
def test_what_cannot_be_opened_is_dropped(sealed: str) -> None:
    now = str(int(time.time()))
    query = {
        "signature": sign(wx.TOKEN, now, "n"),
        "timestamp": now,
        "nonce": "n",
        "encrypt_type": "aes",
        "msg_signature": sign(wx.TOKEN, now, "n", sealed),
    }
    request = Hook("POST", {}, query, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode())
    channel = wx.channel()
    try:
        channel.verify(request)
    except Forged:
        return
    assert list(channel.parse(request)) == []


def test_in_compatible_mode_only_what_is_encrypted_counts() -> None:
    channel = wx.channel()
    request = _compatible_with_forged_plaintext()
    channel.verify(request)
    (message,) = channel.parse(request)
    assert (message.sender, message.text, message.dedupe_key) == (wx.OPENID, "你好", "m:1")


def test_wechats_check_of_our_address() -> None:
    channel = wx.channel()
    now = str(int(time.time()))
    query = {"signature": sign(wx.TOKEN, now, "n"), "timestamp": now, "nonce": "n", "echostr": "12345"}
    answer = channel.greet(Hook("GET", {}, query))
    assert answer is not None
    assert (answer.body, answer.status, answer.media_type) == (b"12345", 200, "text/plain")
    for bad in (
        {"signature": "0" * 40},
        {"signature": sign("", now, "n")},
        {"timestamp": "1"},
        {"echostr": "<script>你"},
    ):
        with pytest.raises(Forged):
            channel.greet(Hook("GET", {}, {**query, **bad}))


def test_plain_mode_only_when_it_is_allowed() -> None:
    request = wx.plain(GOOD.encode())
    with pytest.raises(Forged):
        wx.channel().verify(request)
    channel = wx.channel(wechat_plain=True, wechat_aes_key="")
    channel.verify(request)
    (message,) = channel.parse(request)
    assert message.text == "你好"
    assert (
        b"<Content><![CDATA[\xe5\xa5\xbd]]></Content>" in channel.answer(request, Turn((Reply("好"),))).body
    )
    for bad in (wx.plain(GOOD.encode(), token="other"), wx.plain(GOOD.encode(), at=1)):
        with pytest.raises(Forged):
            channel.verify(bad)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"wechat_token": ""}, "WECHAT_TOKEN"),
        ({"wechat_aes_key": ""}, "WECHAT_AES_KEY"),
        ({"wechat_aes_key": "short-secret"}, "WECHAT_AES_KEY"),
        ({"wechat_app_secret": ""}, "WECHAT_APP_SECRET"),
    ],
)
def test_half_a_configuration_is_refused_by_name(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        wx.channel(**changes)
    assert "short-secret" not in str(caught.value)
    with pytest.raises(ValueError, match="empty token"):
        Envelope("", wx.APP_ID, None)


def test_the_signature_is_wechats() -> None:
    assert signature("b", "a", "c") == "a9993e364706816aba3e25717850c26c9cd0d89d"  # SHA-1 of "abc"
