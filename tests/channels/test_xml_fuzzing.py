"""The XML that strangers can send: bytes of any kind, good requests with pieces changed, and what makes parsers slow.

Everything a platform's request goes through is driven, from the signature to the message. The limits are from the list
in OWASP's XXE cheat sheet; 50 ms is the aim for anything hostile.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
import wechat_requests as wx
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from channels.base import Forged, Hook, Inbound, Refuse, Reply, Turn
from channels.wechat import fence
from channels.wechat.adapter import WeChatChannel
from tests.fakes.wechat.sealing import sign

fuzz = limits(
    max_examples=300,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
MESSAGES = [
    wx.xml("text", "<Content><![CDATA[他让我转账 &amp; ]]></Content><MsgId>1</MsgId>"),
    wx.xml("image", "<PicUrl>http://127.0.0.1/</PicUrl><MediaId>m</MediaId><MsgId>2</MsgId>"),
    wx.xml("event", "<Event>SCAN</Event><EventKey>sch:ABCD12</EventKey><Ticket>t</Ticket>"),
    wx.xml(
        "event",
        "<Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent><List><TemplateId>t</TemplateId>"
        "<SubscribeStatusString>accept</SubscribeStatusString></List></SubscribeMsgPopupEvent>",
    ),
]
PIECES = [
    b"]]>",
    b"<![CDATA[",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"&a;",
    b"&#0;",
    b"&#x110000;",
    b"<xml>",
    b"</xml>",
    b"<MsgType>event</MsgType>",
    b"<CreateTime>-1</CreateTime>",
    b"<CreateTime>\xd9\xa3</CreateTime>",  # a digit, but not an ASCII one
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",  # half of a surrogate pair
    b"<?xml version='1.0' encoding='utf-16'?>",
    b"<a:b xmlns:a='c'/>",
    b"<!--",
]


@cache
def sealed() -> WeChatChannel:
    return wx.channel()


@cache
def plain() -> WeChatChannel:
    return wx.channel(wechat_plain=True, wechat_aes_key="")


@st.composite
def mutated(draw: st.DrawFn, whole: bytes) -> bytes:
    """Draw ``whole`` with up to six changes: cut out, doubled, overwritten, something put in."""
    body = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(body)))
        size = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["cut", "double", "noise", "piece"]))
        if kind == "cut":
            del body[at : at + size]
        elif kind == "double":
            body[at:at] = body[at : at + size]
        elif kind == "noise":
            body[at : at + size] = draw(st.binary(max_size=size))
        else:
            body[at:at] = draw(st.sampled_from(PIECES))
    return bytes(body)


def outcome(channel: WeChatChannel, hook: Hook) -> list[Inbound] | None:
    """Return what the channel makes of ``hook``, None when it is refused. Whatever else is raised is a fault."""
    with contextlib.suppress(Forged, Refuse):
        channel.verify(hook)
        found = list(channel.parse(hook))
        channel.answer(hook, Turn((Reply("先别转账"),)))
        return found
    return None


def sane(messages: list[Inbound] | None) -> None:
    """Whatever gets through is a message like any other."""
    for message in messages or ():
        assert 0 < len(message.sender) <= 128 and message.dedupe_key and message.sent_at >= 0
        assert len(message.text or "") <= 5000 and len(message.scene) <= 64
        assert message.account == wx.APP_ID


@fuzz
@given(body=st.one_of(st.binary(max_size=600), st.sampled_from(MESSAGES).map(str.encode).flatmap(mutated)))
def test_plain_mode_takes_any_bytes(body: bytes) -> None:
    sane(outcome(plain(), wx.plain(body)))


@fuzz
@given(data=st.data())
def test_an_envelope_with_pieces_changed(data: st.DataObject) -> None:
    good = wx.hook(data.draw(st.sampled_from(MESSAGES)))
    body = data.draw(mutated(good.body))
    found = outcome(sealed(), replace(good, body=body))
    if found and found[0].text:  # the sealed part was left whole: then it is word for word what was sealed
        assert found[0].text.startswith("他让我转账")


@fuzz
@given(inner=st.one_of(st.text(max_size=300), st.sampled_from(MESSAGES)), data=st.data())
def test_what_is_sealed_may_be_rubbish_too(inner: str, data: st.DataObject) -> None:
    changed = data.draw(mutated(inner.encode("utf-8", "surrogatepass"))).decode("utf-8", "replace")
    sane(outcome(sealed(), wx.hook(changed)))


@fuzz
@given(
    query=st.dictionaries(
        st.sampled_from(["signature", "timestamp", "nonce", "encrypt_type", "msg_signature", "echostr"]),
        st.text(max_size=60),
    )
)
def test_any_query(query: dict[str, str]) -> None:
    good = wx.hook(MESSAGES[0])
    changed = replace(good, query={**good.query, **query})
    sane(outcome(sealed(), changed))
    with contextlib.suppress(Forged):
        sealed().greet(replace(changed, method="GET", body=b""))


@fuzz
@given(ciphertext=st.one_of(st.binary(max_size=200).map(lambda raw: raw.hex()), st.text(max_size=200)))
def test_any_ciphertext_that_is_signed(ciphertext: str) -> None:
    """Whoever knew the token but not the key."""
    now = str(int(time.time()))
    signed = sign(wx.TOKEN, now, "n", ciphertext)
    query = {"timestamp": now, "nonce": "n", "encrypt_type": "aes", "msg_signature": signed}
    query["signature"] = sign(wx.TOKEN, now, "n")
    quoted = ciphertext.replace("]]>", "")
    body = f"<xml><Encrypt><![CDATA[{quoted}]]></Encrypt></xml>".encode("utf-8", "replace")
    assert not outcome(sealed(), Hook("POST", {}, query, body))


def entities(count: int) -> str:
    lines = "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 10}'>" for n in range(count))
    return f"<!DOCTYPE x [<!ENTITY e0 'ha'>{lines}]><xml><Content>&e{count};</Content></xml>"


HOSTILE: dict[str, Callable[[int], str]] = {
    "laughs": lambda n: entities(min(n, 20)),
    "quadratic": lambda n: f"<!DOCTYPE x [<!ENTITY a '{'h' * n}'>]><xml>{'&a;' * n}</xml>",
    "external": lambda n: f"<!DOCTYPE x SYSTEM 'http://127.0.0.1:{n % 9000 + 1}/'><xml/>",
    "deep": lambda n: "<xml>" + "<a>" * n + "</a>" * n + "</xml>",
    "deep and open": lambda n: "<xml>" + "<a>" * n,
    "wide": lambda n: "<xml>" + "<a/>" * n + "</xml>",
    "many names": lambda n: "<xml>" + "".join(f"<a{i}/>" for i in range(n)) + "</xml>",
    "attributes": lambda n: "<xml " + " ".join(f"a{i}=''" for i in range(n)) + "/>",
    "same attributes": lambda n: "<xml " + "a='' " * n + "/>",
    "long name": lambda n: f"<xml><{'a' * n}/></xml>",
    "long attribute": lambda n: f"<xml a='{'&lt;' * n}'/>",
    "namespaces": lambda n: (
        "<xml>" + "".join(f"<a{i}:b xmlns:a{i}='{'c' * 40}'/>" for i in range(n)) + "</xml>"
    ),
    "comments": lambda n: "<xml>" + "<!-- -->" * n + "</xml>",
    "open comment": lambda n: "<xml><!--" + "- " * n,
    "instructions": lambda n: "<xml>" + "<?a b?>" * n + "</xml>",
    "references": lambda n: "<xml><Content>" + "&#65;" * n + "</Content></xml>",
    "pieces of CDATA": lambda n: "<xml><Content>" + "<![CDATA[a]]>" * n + "</Content></xml>",
    "open CDATA": lambda n: "<xml><![CDATA[" + "]]" * n,
    "angle brackets": lambda n: "<" * n,
    "spaces": lambda n: "<xml" + " " * n + ">" + "\n" * n + "</xml>",
}


@pytest.mark.parametrize("size", [100, 5_000, 60_000])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_cost_little(name: str, size: int) -> None:
    """Of any size, also above the limit; sealed or not. The processor's time counts: a busy machine is no fault."""
    text = HOSTILE[name](min(size, 20_000) if name == "quadratic" else size)
    for channel, hook in ((plain(), wx.plain(text.encode())), (sealed(), wx.hook(text))):
        times = []
        for _ in range(5):
            started = time.process_time()
            sane(outcome(channel, hook))
            times.append(time.process_time() - started)
        assert statistics.median(times) < 0.05


def test_a_bomb_inside_a_good_envelope_is_refused() -> None:
    """The fence also stands behind the encryption."""
    for text in (entities(9), HOSTILE["deep"](100), "<html/>", MESSAGES[0] * 2):
        assert not outcome(sealed(), wx.hook(text))
        with pytest.raises(Refuse):
            fence.read_text(text)
