"""Groups: the bot answers who calls it, with nothing but the way to a talk of their own, and stores nothing."""

from __future__ import annotations

from typing import Any

import pytest
import telegram_requests as tg

from channels.telegram.heard import NOTHING, Heard, Notice, Ourselves
from channels.telegram.parse import read

GROUP = -1001234567890


def said(text: str, kind: str = "supergroup", **more: Any) -> dict[str, Any]:
    return tg.update(text=text, chat=tg.talk(GROUP, kind), **more)


CALLED = Heard(None, (Notice(GROUP, "group", 5),))


@pytest.mark.parametrize("text", ["/help", "/start", f"/check@{tg.NAME} 他让我转账", f"/anything@{tg.NAME}"])
@pytest.mark.parametrize("kind", ["group", "supergroup"])
def test_a_command_gets_the_way_to_a_talk_of_ones_own(text: str, kind: str) -> None:
    assert tg.heard(said(text, kind)) == CALLED


def test_a_mention_does_too() -> None:
    text = f"😀 @{tg.NAME.upper()} 这是骗子吗，我手机13912345678"
    assert tg.heard(said(text, entities=tg.marks(text, f"@{tg.NAME.upper()}", "mention"))) == CALLED
    named = "反诈助手看一下"
    mark = tg.marks(named, "反诈助手", "text_mention", user=tg.user(123456789, is_bot=True))
    assert tg.heard(said(named, entities=mark)) == CALLED
    photo = {"caption": text, "caption_entities": tg.marks(text, f"@{tg.NAME.upper()}", "mention")}
    assert tg.heard(tg.update(chat=tg.talk(GROUP, "group"), **photo)) == CALLED


@pytest.mark.parametrize(
    "text",
    ["他让我转账", "/unknown", "/help@another_bot", f"@{tg.NAME}", "@another_bot 看看", "/stop@another_bot"],
)
def test_all_else_is_not_looked_at(text: str) -> None:
    assert tg.heard(said(text)) == NOTHING


def test_other_peoples_names_are_not_ours() -> None:
    text = "@another_bot 看看"
    assert tg.heard(said(text, entities=tg.marks(text, "@another_bot", "mention"))) == NOTHING
    before = Ourselves("123456789")  # not told yet who we are
    mention = said(f"@{tg.NAME}", entities=tg.marks(f"@{tg.NAME}", f"@{tg.NAME}", "mention"))
    assert read(mention, before, tg.WORDS) == NOTHING
    assert read(said("/help"), before, tg.WORDS) == CALLED


def test_passed_on_corrected_or_by_a_bot_is_no_call() -> None:
    origin = {"type": "hidden_user", "date": tg.DATE, "sender_user_name": "某人"}
    assert tg.heard(said("/help", forward_origin=origin)) == NOTHING
    edited = {"update_id": 1, "edited_message": tg.message(text="/help", chat=tg.talk(GROUP, "group"))}
    assert tg.heard(edited) == NOTHING
    assert tg.heard(said("/help", **{"from": tg.user(9, is_bot=True)})) == NOTHING


def test_channels_are_ignored() -> None:
    assert tg.heard({"update_id": 1, "channel_post": tg.message(text="/help")}) == NOTHING
    assert tg.heard(said("/help", kind="channel")) == NOTHING


def test_the_notice_names_the_hotlines_and_nobody() -> None:
    text = tg.WORDS.notices["group"].text
    assert "110" in text and "96110" in text and "{" not in text
