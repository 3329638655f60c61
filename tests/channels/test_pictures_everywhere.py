"""Pictures meet the inbox: on channels that push, on a page whose person talks with a human, sent twice, counted once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from push_channel import PushChannel, hook
from sqlalchemy import select
from test_door import until
from test_images import CHAT, CODE, PHONE, READ, WHO, FakePictures, upload

from bot.assessment.placeholders import mask
from channels.base import GiveUp, Kind, Media, Refuse, Reply, Retry
from channels.dialogue import Answer, DialogueDown
from channels.operators import make_entry
from channels.pictures.reader import PicturesDown, ReadCode, Reading
from storage.engine import open_engine
from storage.tables import inbox, outbox

Open = Callable[..., Any]
PICTURE = {"text": None, "kind": "media", "pictures": ["id"]}
NEWS = "/api/v1/chat/news"


async def pushed(open_gateway: Open, reads: Any, channel: PushChannel, **more: Any) -> tuple[Any, list[str]]:
    """Send one picture over ``channel``; return the gateway and what was pushed."""
    async with open_gateway(pictures=reads, more=[channel]) as gateway:
        await gateway.client.post(channel.path, **hook("m1", **{**PICTURE, **more}))
        await until(lambda: channel.ledger)
        await asyncio.sleep(0.2)
    return gateway, [words for _, words in channel.ledger]


async def test_a_pushing_channel_gets_the_answer_and_then_what_was_read(
    open_gateway: Open, tmp_path: Path
) -> None:
    note = ReadCode(f"tel:{PHONE}", "text", f"这是文字：tel:{PHONE}")
    reading = Reading(READ.text, (CODE, note))
    gateway, (answer, told) = await pushed(open_gateway, FakePictures(reading), PushChannel())
    ((_, asked),) = gateway.dialogue.history
    assert asked == mask(READ.text).text and PHONE not in asked
    assert answer == READ.text, "her own number comes back"
    assert told.startswith("我在图上认到：") and PHONE in told and CODE.note in told
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("fanzha.db*"))
    assert PHONE.encode() not in raw and "收款码".encode() not in raw
    engine = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
    with engine.connect() as connection:
        assert len(connection.execute(select(outbox.c.id)).all()) == 2
        assert connection.execute(select(inbox.c.kind)).scalar_one() == Kind.MEDIA


async def test_words_sent_with_a_picture_are_judged_with_it(open_gateway: Open) -> None:
    pictures = FakePictures(Reading("1"))
    gateway, _ = await pushed(open_gateway, pictures, PushChannel(), text="这是真的吗")
    assert [asked for _, asked in gateway.dialogue.history] == ["这是真的吗\n1"]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Refuse("picture_broken"), "没有传完整"),
        (Refuse("busy", 429), "96110"),
        (PicturesDown("died"), "96110"),
        (Reading(""), "图上没认出字"),
    ],
)
async def test_what_cannot_be_read_is_said(open_gateway: Open, outcome: Any, words: str) -> None:
    gateway, (said,) = await pushed(open_gateway, FakePictures(outcome), PushChannel())
    assert words in said and gateway.dialogue.history == []


@pytest.mark.parametrize("fault", [Retry("busy", 1.0), GiveUp("gone")])
async def test_a_picture_that_cannot_be_fetched(open_gateway: Open, fault: Exception) -> None:
    class Faulty(PushChannel):
        async def fetch(self, media: Media) -> bytes:
            raise fault

    pictures = FakePictures(READ)
    _, (said,) = await pushed(open_gateway, pictures, Faulty())
    assert "96110" in said and pictures.seen == []


async def test_voices_are_not_read_and_one_picture_at_a_time(open_gateway: Open) -> None:
    class Voice(PushChannel):
        def parse(self, hook: Any) -> Any:
            (message,) = super().parse(hook)
            return [
                type(message)(message.channel, message.sender, kind=Kind.MEDIA, media=(Media("voice", "v"),))
            ]

    _, (said,) = await pushed(open_gateway, FakePictures(READ), Voice())
    assert said.startswith("语音")
    pictures = FakePictures(READ)
    _, texts = await pushed(open_gateway, pictures, PushChannel(), pictures=["a", "b"])
    assert len(pictures.seen) == 1 and "一次只能看一张图" in texts[-1]


async def test_the_same_picture_again_gets_the_same_answer(open_gateway: Open) -> None:
    async with open_gateway(pictures=FakePictures(READ)) as gateway:
        both = [
            (await gateway.client.post(CHAT, **upload(**WHO, message_id="0123456789abcdef"))).json()
            for _ in range(2)
        ]
        assert len(gateway.dialogue.history) == 1
        long = await gateway.client.post(CHAT, **upload(**WHO, message_id="x" * 65))
    assert both[0] == both[1] and len(both[0]["replies"]) == 2
    assert long.json()["error"]["code"] == "field_wrong_type"


async def test_a_picture_counts_once_and_before_it_is_read(open_gateway: Open) -> None:
    pictures = FakePictures(READ)
    async with open_gateway(pictures=pictures, rate_per_minute=2) as gateway:
        answers = [await gateway.client.post(CHAT, **upload(**WHO)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert len(pictures.seen) == 2


async def test_a_late_answer_follows_what_was_read(open_gateway: Open, monkeypatch: Any) -> None:
    gate = asyncio.Event()

    class Slow:
        async def ask(self, sender_id: str, message: str) -> Answer:
            await gate.wait()
            return Answer((Reply("答"),))

    monkeypatch.setattr("channels.web.adapter.WebChannel.capabilities", _hurried())
    async with open_gateway(pictures=FakePictures(READ), dialogue=Slow()) as gateway:
        first = (await gateway.client.post(CHAT, **upload(**WHO))).json()
        gate.set()
        await asyncio.sleep(0.2)
        headers = {"X-Session-Id": WHO["session_id"]}
        news = (await gateway.client.get(NEWS, headers=headers)).json()
    assert first["pending"] and [reply["card"]["kind"] for reply in first["replies"]] == ["picture"]
    assert [reply["text"] for reply in news["replies"]] == ["答"]


def _hurried() -> Any:
    from dataclasses import replace

    from channels.web.adapter import WebChannel

    return replace(WebChannel.capabilities, passive_seconds=0.2)


async def test_pictures_ask_for_no_human_and_do_not_end_the_waiting_for_one(open_gateway: Open) -> None:
    pictures = FakePictures(Reading("转人工"))
    async with open_gateway(pictures=pictures, operators=make_entry("li", "agent")[1]) as gateway:
        assert (await gateway.client.post(CHAT, **upload(**WHO))).json()["talk"] == "bot"
        assert [asked for _, asked in gateway.dialogue.history] == ["转人工"]
        assert (await gateway.say("转人工")).json()["talk"] == "waiting"
        pictures.reading = Reading("")
        assert (await gateway.client.post(CHAT, **upload(**WHO))).json()["talk"] == "waiting"
        pictures.reading = DialogueDown("no picture")  # whatever breaks: a sentence, never a trace
        assert (await gateway.client.post(CHAT, **upload(**WHO))).status_code == 503
