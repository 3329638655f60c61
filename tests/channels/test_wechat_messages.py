"""All types of messages and events of WeChat, whole, half and broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import wechat_requests as wx
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from channels.base import Hook, Inbound, Kind, Media
from channels.payloads import load_allow_list
from channels.wechat.adapter import WeChatChannel
from channels.wechat.words import load_words, scene_of


def one(request: Hook, **changes: str) -> Inbound:
    """Return the only message of a request."""
    channel = wx.channel(**changes)
    channel.verify(request)
    (message,) = channel.parse(request)
    assert (message.channel, message.account) == ("wechat", wx.APP_ID)
    return message


def message(kind: str, more: str) -> Inbound:
    return one(wx.hook(wx.xml(kind, f"{more}<MsgId>77</MsgId>")))


@pytest.mark.parametrize(
    ("kind", "more", "media"),
    [
        ("image", "<PicUrl>http://evil.example/x.jpg</PicUrl><MediaId>m-1</MediaId>", ("picture", "m-1")),
        (
            "voice",
            "<MediaId>m-2</MediaId><Format>speex</Format><Recognition></Recognition>",
            ("voice", "m-2"),
        ),
        ("video", "<MediaId>m-3</MediaId><ThumbMediaId>t</ThumbMediaId>", ("video", "m-3")),
        ("shortvideo", "<MediaId>m-4</MediaId>", ("video", "m-4")),
        (
            "location",
            "<Location_X>31.2</Location_X><Location_Y>121.4</Location_Y><Label>家</Label>",
            ("location", ""),
        ),
        ("image", "", ("other", "")),
        ("text", "<Content></Content>", ("other", "")),
        ("text", "", ("other", "")),
        ("text", "<Content>【收到不支持的消息类型，暂无法显示】</Content>", ("other", "")),
        ("link", "", ("other", "")),
        ("miniprogrampage", "", ("other", "")),
        ("hologram", "<Content>x</Content>", ("other", "")),
        ("", "", ("other", "")),
    ],
)
def test_what_is_no_text(kind: str, more: str, media: tuple[str, str]) -> None:
    found = message(kind, more)
    assert (found.kind, found.media, found.text) == (Kind.MEDIA, (Media(*media),), None)
    assert found.dedupe_key == "m:77" and found.window is not None
    assert (found.window.name, found.window.messages) == ("message", 5)
    assert "31.2" not in str(found.data) and "evil.example" not in str(found.media)


@pytest.mark.parametrize(
    ("kind", "more", "text"),
    [
        ("text", "<Content><![CDATA[ 他让我转账\n到安全账户 ]]></Content>", " 他让我转账\n到安全账户 "),
        ("text", "<Content><![CDATA[a]]]]><![CDATA[></Content><b>]]></Content>", "a]]></Content><b>"),
        ("text", "<Content>/restart</Content>", "/restart"),
        ("voice", "<MediaId>m</MediaId><Recognition>有人叫我转账</Recognition>", "有人叫我转账"),
        (
            "link",
            "<Title>领补贴</Title><Description></Description><Url>http://x.example/a</Url>",
            "领补贴\nhttp://x.example/a",
        ),
        ("miniprogrampage", "<Title>还款助手</Title><AppId>wx1</AppId>", "小程序：还款助手"),
        ("text", f"<Content>{'长' * 9000}</Content>", "长" * 5000),
    ],
)
def test_what_is_words(kind: str, more: str, text: str) -> None:
    found = message(kind, more)
    assert (found.kind, found.text) == (Kind.TEXT, text)


def test_a_press_on_a_message_menu_counts_as_a_click() -> None:
    found = message("text", "<Content>1</Content><bizmsgmenuid>101</bizmsgmenuid>")
    assert found.window is not None and (found.window.name, found.window.messages) == ("click", 3)


def test_only_an_account_that_cannot_push_is_asked_for_the_rest() -> None:
    for words in ("0", "０", " 继续 ", "继续看。"):
        assert one(wx.text("5", words), wechat_account="unverified").kind is Kind.COLLECT
        assert one(wx.text("5", words)).kind is Kind.TEXT
    assert one(wx.text("5", "继续转账可以吗"), wechat_account="unverified").kind is Kind.TEXT


@pytest.mark.parametrize(
    ("key", "scene", "payload"),
    [
        ("", "", "/greet"),
        ("qrscene_sch:1024", "sch:1024", '/set_role{"role":"student"}'),
        ("qrscene_com:7", "com:7", '/set_role{"role":"resident"}'),
        ("qrscene_sta:sf-12", "sta:sf-12", '/set_role{"role":"driver"}'),
        ("qrscene_123", "123", "/greet"),
        ("qrscene_&lt;script&gt;", "", "/greet"),
        ("qrscene_" + "x" * 65, "", "/greet"),
    ],
)
def test_whoever_follows_is_welcomed_by_where_they_came_from(key: str, scene: str, payload: str) -> None:
    found = one(wx.event("subscribe", f"<EventKey>{key}</EventKey><Ticket>t</Ticket>"))
    assert (found.kind, found.scene, found.payload) == (Kind.BUTTON, scene, payload)
    assert found.window is not None and (found.window.name, found.window.messages) == ("subscribe", 3)
    scanned = one(wx.event("SCAN", f"<EventKey>{key.removeprefix('qrscene_')}</EventKey>"))
    assert (scanned.scene, scanned.payload) == (scene, payload)
    assert scanned.window is not None and scanned.window.name == "scan"


def test_menu_events() -> None:
    pressed = one(wx.event("CLICK", "<EventKey>/already_paid</EventKey>"))
    assert (pressed.kind, pressed.payload) == (Kind.BUTTON, "/already_paid")
    code = "<EventKey>scan</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>http://x.example</ScanResult></ScanCodeInfo>"
    read = one(wx.event("scancode_waitmsg", code))
    assert (read.kind, read.text) == (Kind.TEXT, "http://x.example")
    assert read.window is not None and read.window.name == "click"


@pytest.mark.parametrize(
    ("name", "more", "data"),
    [
        (
            "MASSSENDJOBFINISH",
            "<MsgID>1000</MsgID><Status>err(20008)</Status><TotalCount>9</TotalCount><SentCount>0</SentCount>",
            {
                "platform_id": "1000",
                "MsgID": "1000",
                "Status": "err(20008)",
                "TotalCount": "9",
                "SentCount": "0",
            },
        ),
        (
            "TEMPLATESENDJOBFINISH",
            "<MsgID>5</MsgID><Status>failed:user block</Status>",
            {"MsgID": "5", "Status": "failed:user block"},
        ),
        (
            "subscribe_msg_popup_event",
            "<SubscribeMsgPopupEvent><List><TemplateId>t1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List></SubscribeMsgPopupEvent>",
            {"grants": [["t1", 1]], "list": [{"TemplateId": "t1", "SubscribeStatusString": "accept"}]},
        ),
        (
            "subscribe_msg_change_event",
            "<SubscribeMsgChangeEvent><List><TemplateId>a</TemplateId></List><List><TemplateId>b</TemplateId></List></SubscribeMsgChangeEvent>",
            {"grants": [["a", 0], ["b", 0]], "list": [{"TemplateId": "a"}, {"TemplateId": "b"}]},
        ),
        (
            "PUBLISHJOBFINISH",
            "<PublishEventInfo><publish_id>3</publish_id></PublishEventInfo>",
            {"platform_id": "3", "PublishEventInfo/publish_id": "3"},
        ),
    ],
)
def test_reports(name: str, more: str, data: dict[str, object]) -> None:
    found = one(wx.event(name, more))
    assert found.kind is Kind.REPORT and found.window is None
    assert found.data == {"event": name.lower(), **data}


def test_whoever_leaves_has_left() -> None:
    found = one(wx.event("unsubscribe"))
    assert (found.kind, found.window) == (Kind.LEAVE, None)


@pytest.mark.parametrize(
    "request_",
    [
        lambda: wx.event("VIEW", "<EventKey>https://x.example</EventKey>"),
        lambda: wx.event("LOCATION", "<Latitude>23.1</Latitude>"),
        lambda: wx.event("CLICK", "<EventKey>/restart</EventKey>"),
        lambda: wx.event("CLICK"),
        lambda: wx.event("scancode_push", "<EventKey>scan</EventKey>"),
        lambda: wx.event("pic_weixin"),
        lambda: wx.event("made_up_tomorrow"),
        lambda: wx.event(""),
        lambda: wx.event("subscribe", sender=""),
        lambda: wx.text("1", "hi", sender=""),
        lambda: wx.text("1", "hi", sender="x" * 200),
        lambda: wx.hook("<xml/>"),
        lambda: wx.hook("not XML at all"),
        lambda: wx.hook("<xml><MsgType>text</MsgType><MsgType>event</MsgType></xml>"),
        lambda: wx.hook("<!DOCTYPE x [<!ENTITY a 'b'>]><xml><Content>&a;</Content></xml>"),
    ],
)
def test_what_asks_nothing_gets_success(request_: Callable[[], Hook]) -> None:
    channel, request = wx.channel(), request_()
    channel.verify(request)
    assert list(channel.parse(request)) == []


def test_dedupe_keys() -> None:
    def event_key(name: str, key: str, at: int, sender: str = wx.OPENID) -> str:
        return one(wx.event(name, f"<EventKey>{key}</EventKey>", sender, at)).dedupe_key

    same = event_key("subscribe", "qrscene_sch:1", 1000)
    assert same == event_key("subscribe", "qrscene_sch:1", 1000)
    others = {
        event_key("SCAN", "sch:1", 1000),
        event_key("subscribe", "qrscene_sch:2", 1000),
        event_key("subscribe", "qrscene_sch:1", 1001),
        event_key("subscribe", "qrscene_sch:1", 1000, "person-0000000002"),
    }
    assert len(others | {same}) == 5
    without_number = wx.hook(wx.xml("text", "<Content>a</Content>", at=1000))
    assert one(without_number).dedupe_key == one(without_number).dedupe_key != "m:"


@pytest.mark.parametrize("at", ["abc", "", "99999999999999", "-1", "１７"])
def test_strange_times_do_no_harm(at: str) -> None:
    head = f"<FromUserName>p</FromUserName><CreateTime>{at}</CreateTime>"
    body = f"<xml>{head}<MsgType>text</MsgType><Content>a</Content><MsgId>abc</MsgId></xml>"
    found = one(wx.hook(body))
    assert (found.sent_at, found.dedupe_key) == (0.0, "m:abc")


@pytest.fixture(scope="module")
def wechat() -> WeChatChannel:
    """One channel for all examples."""
    return wx.channel()


@limits(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "MsgType",
                "Event",
                "EventKey",
                "FromUserName",
                "Content",
                "MsgId",
                "CreateTime",
                "MediaId",
                "ScanCodeInfo",
            ]
        ),
        st.one_of(
            st.text(
                alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="<&"), max_size=50
            ),
            st.sampled_from(
                ["event", "text", "CLICK", "subscribe", "<List><a/></List>", "MASSSENDJOBFINISH"]
            ),
        ),
    )
)
def test_any_fields_make_a_message_or_none(wechat: WeChatChannel, fields: dict[str, str]) -> None:
    body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    found = wechat.parse(wx.hook(f"<xml>{body}</xml>"))
    assert len(found) <= 1


def test_menu_and_welcome_press_buttons_that_exist() -> None:
    words, allowed = load_words(), load_allow_list()
    items = [item for _, entries in words.menu for item in entries]
    payloads = [*(item.payload for item in items if item.payload), *words.welcome.values()]
    assert [payload for payload in payloads if allowed.accept(payload) != payload] == []
    assert len(words.menu) <= 3 and all(len(entries) <= 5 for _, entries in words.menu)
    assert all(len(top) <= 4 for top, _ in words.menu) and all(len(item.title) <= 8 for item in items)
    assert scene_of("qrscene_sch:1") == "sch:1" and scene_of("../x") == ""
