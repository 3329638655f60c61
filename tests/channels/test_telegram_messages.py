"""Each kind of update as a message for the gateway, as a courtesy, or as nothing."""

from __future__ import annotations

from typing import Any

import pytest
import telegram_requests as tg

from channels.base import MOST_PICTURE_BYTES, Inbound, Kind
from channels.telegram.heard import NOTHING, Notice, Press, Typing
from channels.telegram.words import link_of, scene_of

MARK = "【转来的消息】\n"


def one(data: object) -> Inbound:
    message = tg.heard(data).message
    assert message is not None
    return message


def test_a_text_is_a_text_with_the_updates_number_as_its_key() -> None:
    message = one(tg.update(number=41, text="他让我转账"))
    assert (message.kind, message.text, message.sender) == (Kind.TEXT, "他让我转账", str(tg.PERSON))
    assert (message.dedupe_key, message.account, message.sent_at) == ("u:41", "123456789", tg.DATE)
    assert tg.heard(tg.update(text="x")).courtesies == (Typing(tg.PERSON),)


def test_a_correction_is_a_message_of_its_own() -> None:
    first, second = tg.update(number=1, text="他让我转帐"), tg.update("edited_message", 2, text="他让我转账")
    assert (one(second).kind, one(second).text) == (Kind.TEXT, "他让我转账")
    assert one(first).dedupe_key != one(second).dedupe_key


def test_a_place_that_moves_is_not_answered_again_and_again() -> None:
    place = {"location": {"latitude": 31.2, "longitude": 121.4, "live_period": 900}}
    assert one(tg.update(**place)).media[0].kind == "location"
    assert "31.2" not in str(one(tg.update(**place)))
    assert tg.heard(tg.update("edited_message", **place)) == NOTHING


@pytest.mark.parametrize("number", [5, 2**40])
def test_the_largest_picture_that_fits_is_taken(number: int) -> None:
    sizes = [("a", 90, 900), ("b", 1280, MOST_PICTURE_BYTES), ("c", 2560, MOST_PICTURE_BYTES + 1)]
    photo = [
        {"file_id": name, "file_unique_id": name, "width": width, "height": width, "file_size": size}
        for name, width, size in sizes
    ]
    message = one(tg.update(number=number, photo=photo, caption="是真的吗"))
    assert (message.kind, message.text, message.media[0].reference) == (Kind.MEDIA, "是真的吗", "b")
    assert one(tg.update(photo=photo[2:])).media[0].reference == "", "told to be too large"


@pytest.mark.parametrize(
    ("mime", "size", "kind", "reference"),
    [
        ("image/png", 100, "picture", "doc"),
        ("image/webp", MOST_PICTURE_BYTES, "picture", "doc"),
        ("image/png", MOST_PICTURE_BYTES + 1, "picture", ""),
        ("application/pdf", 100, "file", ""),
        ("application/vnd.android.package-archive", 100, "file", ""),
        (None, 100, "file", ""),
    ],
)
def test_a_document_is_a_picture_or_cannot_be_read(mime: str, size: int, kind: str, reference: str) -> None:
    document = {"file_id": "doc", "file_unique_id": "d", "mime_type": mime, "file_size": size}
    media = one(tg.update(document=document)).media[0]
    assert (media.kind, media.reference) == (kind, reference)


FILE: dict[str, Any] = {
    "file_id": "f",
    "file_unique_id": "f",
    "duration": 3,
    "width": 9,
    "height": 9,
    "length": 9,
}
STICKER = {**FILE, "type": "regular", "is_animated": False, "is_video": False}
POLL = {
    "id": "1",
    "question": "?",
    "options": [],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"voice": FILE}, "voice"),
        ({"audio": FILE}, "voice"),
        ({"video": FILE}, "video"),
        ({"video_note": FILE}, "video"),
        ({"animation": FILE, "document": {**FILE, "mime_type": "image/gif"}}, "video"),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, "location"),
        ({"contact": {"phone_number": "13912345678", "first_name": "张三"}}, "other"),
        ({"sticker": STICKER}, "other"),
        ({"dice": {"value": 3, "emoji": "🎲"}}, "other"),
        ({"poll": POLL}, "other"),
        ({"a_thing_of_next_year": {}}, "other"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_kept(fields: dict[str, Any], kind: str) -> None:
    message = one(tg.update(**fields))
    assert (message.kind, message.media[0].kind, message.media[0].reference) == (Kind.MEDIA, kind, "")
    assert "13912345678" not in str(message.text) and message.text is None


@pytest.mark.parametrize(
    "fields",
    [
        {"pinned_message": tg.message(text="x")},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
        {"new_chat_members": [tg.user(5)]},
    ],
)
def test_what_happened_to_the_chat_says_nothing_to_us(fields: dict[str, Any]) -> None:
    assert tg.heard(tg.update(**fields)) == NOTHING


def test_what_is_passed_on_is_marked_and_never_obeyed() -> None:
    for text in ("/stop", "删除我的数据", "/start sch_1", "转人工", "1"):
        message = one(tg.forwarded(text))
        assert (message.kind, message.text, message.payload) == (Kind.TEXT, MARK + text, None)
        assert tg.heard(tg.forwarded(text)).courtesies == (Typing(tg.PERSON),)


def test_an_answer_to_something_in_another_chat_brings_it_along() -> None:
    origin = {"type": "hidden_user", "date": tg.DATE, "sender_user_name": "某人"}
    fields = {"external_reply": {"origin": origin}, "quote": {"text": "点这里领补贴", "position": 0}}
    assert one(tg.update(text="是骗子吗", **fields)).text == f"是骗子吗\n{MARK}点这里领补贴"


def test_an_address_behind_other_words_is_told_as_it_is() -> None:
    text = "😀点这里领取"
    hidden = tg.marks(text, "点这里", "text_link", url="http://evil.example.top/a")
    assert one(tg.update(text=text, entities=hidden)).text == f"{text}\nhttp://evil.example.top/a"
    many = [mark for n in range(30) for mark in tg.marks(text, "点", "text_link", url=f"http://e{n}.top")]
    assert str(one(tg.update(text=text, entities=many)).text).count("http") == 10


@pytest.mark.parametrize(
    ("text", "payload", "scene"),
    [
        ("/start", "/greet", ""),
        ("/start sch_1024", '/set_role{"role":"student"}', "sch:1024"),
        ("/start sta-hz_07", '/set_role{"role":"driver"}', "sta:hz_07"),
        ("/start com_7", '/set_role{"role":"resident"}', "com:7"),
        ("/start poster", "/greet", "poster"),
        ("/start " + "a" * 64, "/greet", "a" * 64),
        ("/start " + "a" * 65, "/greet", ""),
        ("/start a b", "/greet", ""),
        ("/start ../../x", "/greet", ""),
        (f"/start@{tg.NAME} sch_1", '/set_role{"role":"student"}', "sch:1"),
        ("/help", "/menu", ""),
        (f"/HELP@{tg.NAME.upper()}", "/menu", ""),
        ("/report", "/report", ""),
        ("/paid", "/already_paid", ""),
        ("/check", "/check", ""),
    ],
)
def test_commands_press_buttons_of_the_dialogue(text: str, payload: str, scene: str) -> None:
    message = one(tg.update(text=text))
    assert (message.kind, message.payload, message.scene, message.text) == (Kind.BUTTON, payload, scene, None)


def test_scenes_and_links_are_the_same_thing() -> None:
    for scene in ("sch:1024", "com:a_b", "poster", ""):
        assert not scene or scene_of(link_of(scene)) == scene
    for bad in ("学校", "a b", "a" * 65, "x:1"):
        with pytest.raises(ValueError, match="deep link"):
            link_of(bad)


def test_words_behind_a_command_are_what_matters() -> None:
    assert one(tg.update(text="/check 他让我转账")).text == "他让我转账"


@pytest.mark.parametrize(
    "text", ["/restart", '/inform{"a":"b"}', "/start_now", "/help@another_bot", "/", "//x"]
)
def test_other_commands_are_texts(text: str) -> None:
    message = one(tg.update(text=text))
    assert (message.kind, message.text, message.payload) == (Kind.TEXT, text, None)


@pytest.mark.parametrize("name", ["settings", "privacy"])
def test_notices_of_our_own_go_out_at_once(name: str) -> None:
    found = tg.heard(tg.update(text=f"/{name}"))
    assert (found.message, found.courtesies) == (None, (Notice(tg.PERSON, name),))


def test_stop_is_leaving_and_confirmed() -> None:
    found = tg.heard(tg.update(text="/stop", number=8))
    assert found.message is not None
    assert (found.message.kind, found.message.dedupe_key) == (Kind.LEAVE, "u:8")
    assert found.courtesies == (Notice(tg.PERSON, "stopped"),)


def _changed(status: str, kind: str = "private") -> dict[str, Any]:
    bot = tg.user(123456789, is_bot=True)
    member = {"status": status, "user": bot, "until_date": 0}
    change = {"chat": tg.talk(kind=kind), "from": tg.user(), "date": tg.DATE, "new_chat_member": member}
    return {
        "update_id": 3,
        "my_chat_member": {**change, "old_chat_member": {"status": "member", "user": bot}},
    }


def test_who_blocks_us_has_left() -> None:
    assert (one(_changed("kicked")).kind, one(_changed("kicked")).sender) == (Kind.LEAVE, str(tg.PERSON))
    assert tg.heard(_changed("member")) == NOTHING
    assert tg.heard(_changed("kicked", "supergroup")) == NOTHING


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        ("/already_paid", "/already_paid"),
        ('/set_role{"role":"student"}', '/set_role{"role":"student"}'),
        ("a:stop_payment:bank:icbc", '/answer{"guided_answer":"stop_payment:bank:icbc"}'),
        ("b:follow_up", '/begin{"guided_flow":"follow_up"}'),
        ('a:x"},{"y', 'a:x"},{"y'),
        ("z:unknown", "z:unknown"),
    ],
)
def test_a_pressed_button_is_its_payload(data: str, payload: str) -> None:
    found = tg.heard(tg.press(data))
    assert found.message is not None
    assert (found.message.kind, found.message.payload) == (Kind.BUTTON, payload)
    assert found.courtesies == (Press("q1"), Typing(tg.PERSON))


def test_a_press_on_a_message_that_is_gone_counts() -> None:
    assert one(tg.press("/check", message=None)).sender == str(tg.PERSON)
    old = {"chat": tg.talk(), "message_id": 5, "date": 0}
    assert one(tg.press("/check", message=old)).payload == "/check"


def test_a_press_elsewhere_is_only_confirmed() -> None:
    for more in (
        {"message": tg.message(chat=tg.talk(-5, "supergroup"))},
        {"data": None, "game_short_name": "g"},
    ):
        found = tg.heard(tg.press("/check", **more))
        assert (found.message, found.courtesies) == (None, (Press("q1"),))


def test_what_the_library_does_not_know_yet_hides_no_text() -> None:
    odd = {"reply_to_message": tg.message(poll={"a": 1}), "gift": 5}
    assert one(tg.update(text="他让我转账", **odd)).text == "他让我转账"
    assert one(tg.forwarded("/stop", **odd)).text == f"{MARK}/stop"


def test_a_command_below_a_picture_is_only_a_word() -> None:
    photo = [{"file_id": "a", "file_unique_id": "a", "width": 9, "height": 9, "file_size": 9}]
    message = one(tg.update(photo=photo, caption="/stop"))
    assert (message.kind, message.text, message.payload) == (Kind.MEDIA, "/stop", None)
