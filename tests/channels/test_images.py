"""Pictures through the API: checks and conversations, refusals, limits, nothing in logs or behind the masks."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy.exc import OperationalError

from bot.assessment.placeholders import mask
from channels import guard
from channels.base import MOST_PICTURE_BYTES, Refuse
from channels.dialogue import DialogueDown
from channels.pictures.reader import PictureReader, PicturesDown, ReadCode, Reading

CHECK, CHAT = "/api/v1/check/image", "/api/v1/chat/image"
WHO = {"session_id": "xiaohong-0123456789"}
PHONE = "13912345678"
Open = Callable[..., Any]


class FakePictures:
    """Gives one reading, or raises."""

    def __init__(self, reading: Reading | Exception) -> None:
        self.reading = reading
        self.seen: list[bytes] = []

    async def read(self, data: bytes) -> Reading:
        self.seen.append(data)
        if isinstance(self.reading, Exception):
            raise self.reading
        return self.reading

    async def warm(self) -> None: ...

    def close(self) -> None: ...


CODE = ReadCode("wxp://f2f0", "wechat_payee", "这是微信收款码")
READ = Reading(f"对方:打 {PHONE}\n我:要转账吗\n二维码内容:wxp://f2f0", (CODE,))


def upload(data: bytes = b"picture", **fields: str) -> dict[str, Any]:
    return {"data": fields, "files": {"file": ("任意.png", data, "image/png")}}


async def test_a_check_answers_the_assessment_and_what_was_read(open_gateway: Open) -> None:
    async with open_gateway(pictures=FakePictures(READ)) as gateway:
        answer = await gateway.client.post(CHECK, **upload())
        described = (await gateway.client.get("/openapi.json")).json()
        figures = (await gateway.client.get("/metrics")).text
        assert gateway.assessor.history == [mask(READ.text).text]
    body = answer.json()
    assert (answer.status_code, body["verdict"], body["recognised_text"]) == (200, "scam", READ.text)
    assert body["qr_codes"] == [{"text": "wxp://f2f0", "kind": "wechat_payee", "note": "这是微信收款码"}]
    flag = body["red_flags"][0]
    assert READ.text[flag["start"] : flag["end"]] == flag["quote"] == "转账"
    assert set(body) == set(described["components"]["schemas"]["PictureAssessment"]["properties"])
    for path in (CHECK, CHAT):
        form = described["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert form["properties"]["file"]["format"] == "binary"
    assert 'fanzha_checks_total{source="picture",verdict="scam"} 1.0' in figures


@pytest.mark.parametrize("text", ["", "…… 。。"])
async def test_a_picture_without_words_is_unclear_and_says_so(open_gateway: Open, text: str) -> None:
    async with open_gateway(pictures=FakePictures(Reading(text))) as gateway:
        checked = (await gateway.client.post(CHECK, **upload())).json()
        said = (await gateway.client.post(CHAT, **upload(**WHO))).json()
        assert (gateway.assessor.history, gateway.dialogue.history) == ([], [])
    assert checked["verdict"] == "unclear"
    assert checked["advice"][0].startswith("图上没认出字")
    assert said["replies"][0]["text"].startswith("图上没认出字")


async def test_in_a_conversation_its_words_go_the_way_of_a_pasted_message(open_gateway: Open) -> None:
    async with open_gateway(pictures=FakePictures(READ)) as gateway:
        answer = (await gateway.client.post(CHAT, **upload(**WHO))).json()
        ((_, told),) = gateway.dialogue.history
        assert told == mask(READ.text).text
        assert PHONE not in told
        first, second = answer["replies"]
        assert first["card"] == {
            "kind": "picture",
            "text": READ.text,
            "codes": [{"text": "wxp://f2f0", "kind": "wechat_payee", "note": "这是微信收款码"}],
            "notice": "",
        }
        assert second["text"] == READ.text  # the echo, with the person's own number back
        pasted = (await gateway.say(READ.text)).json()["replies"][0]["text"]
        assert pasted == READ.text
        assert len({sender for sender, _ in gateway.dialogue.history}) == 1, "one person, one conversation"


async def test_words_on_a_picture_are_no_commands(open_gateway: Open, buttons: Any) -> None:
    pictures = FakePictures(Reading("/restart"))
    async with open_gateway(pictures=pictures) as gateway:
        gateway.dialogue.enqueue(buttons)
        await gateway.say("你好")
        await gateway.client.post(CHAT, **upload(**WHO))
        pictures.reading = Reading("1")
        await gateway.client.post(CHAT, **upload(**WHO))
        assert [message for _, message in gateway.dialogue.history[1:]] == ["／restart", "1"]


async def test_very_long_texts_are_cut_and_that_is_said(open_gateway: Open) -> None:
    async with open_gateway(pictures=FakePictures(Reading("转账" * 6_000))) as gateway:
        checked = (await gateway.client.post(CHECK, **upload())).json()
        said = (await gateway.client.post(CHAT, **upload(**WHO))).json()
        assert len(gateway.dialogue.history[0][1]) == 5_000
    assert (len(checked["recognised_text"]), checked["recognised_whole"]) == (10_000, False)
    assert "只认了前面" in said["replies"][0]["card"]["notice"]


async def test_when_nothing_can_read_pictures_people_are_told(open_gateway: Open, caplog: Any) -> None:
    async with open_gateway(pictures=FakePictures(PicturesDown("ImportError: libGL.so.1"))) as gateway:
        checked = await gateway.client.post(CHECK, **upload())
        said = (await gateway.client.post(CHAT, **upload(**WHO))).json()
    assert (checked.status_code, checked.json()["error"]["code"]) == (503, "pictures_down")
    assert "96110" in checked.json()["error"]["message"]
    assert said["degraded"]
    assert "96110" in said["replies"][0]["text"]
    assert "libGL" in caplog.text


@pytest.mark.parametrize("cause", [DialogueDown("timeout"), OperationalError("x", {}, Exception())])
async def test_without_the_dialogue_the_words_are_judged_here(open_gateway: Open, cause: Exception) -> None:
    async with open_gateway(pictures=FakePictures(READ)) as gateway:
        gateway.dialogue.enqueue(cause)
        said = (await gateway.client.post(CHAT, **upload(**WHO))).json()
    assert said["degraded"]
    assert said["replies"][0]["card"]["kind"] == "picture"
    assert "很像诈骗" in said["replies"][1]["text"]


async def test_a_full_queue_says_busy_with_the_hotlines(open_gateway: Open) -> None:
    async with open_gateway(pictures=FakePictures(Refuse("busy", 429, retry_after=5))) as gateway:
        for path, fields in ((CHECK, {}), (CHAT, WHO)):
            answer = await gateway.client.post(path, **upload(**fields))
            assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
            assert "96110" in answer.json()["error"]["message"]


async def test_a_broken_assessor_or_none_costs_no_500(open_gateway: Open, caplog: Any) -> None:
    async with open_gateway(pictures=FakePictures(READ)) as gateway:
        gateway.assessor.broken = ValueError(f"cannot judge {PHONE}")
        answer = await gateway.client.post(CHECK, **upload())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert PHONE not in caplog.text


@pytest.mark.parametrize(("path", "fields"), [(CHECK, {}), (CHAT, WHO)])
async def test_rates_count_pictures(open_gateway: Open, path: str, fields: dict[str, str]) -> None:
    async with open_gateway(pictures=FakePictures(READ), rate_ip_per_minute=1) as gateway:
        first = await gateway.client.post(path, **upload(**fields))
        second = await gateway.client.post(path, **upload(**fields))
    assert (first.status_code, second.status_code) == (200, 429)


async def test_another_sites_page_may_not_send_pictures(open_gateway: Open) -> None:
    async with open_gateway(pictures=FakePictures(READ)) as gateway:
        answer = await gateway.client.post(CHAT, **upload(**WHO), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.json()["error"]["code"] == "origin_wrong"


async def test_too_many_uploads_at_once_are_told_to_wait(open_gateway: Open, monkeypatch: Any) -> None:
    monkeypatch.setattr(guard, "MOST_UPLOADS", 0)
    async with open_gateway(pictures=FakePictures(READ)) as gateway:
        answer = await gateway.client.post(CHECK, **upload())
        text = await gateway.check("转账")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "busy")
    assert text.status_code == 200


def part(name: str, body: bytes, file: bool = True) -> bytes:
    named = f'name="{name}"; filename="a.png"' if file else f'name="{name}"'
    return f"--b\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode() + body + b"\r\n"


FORM, END = "multipart/form-data; boundary=b", b"--b--\r\n"
ID = part("session_id", b"a-ming", file=False)
BAD = [
    (CHECK, "application/json", b"{}", 415, "content_type_wrong_form"),
    (CHECK, "", part("file", b"x") + END, 415, "content_type_wrong_form"),
    (CHECK, "multipart/form-data", part("file", b"x") + END, 415, "content_type_wrong_form"),
    (CHECK, "image/png", b"\x89PNG", 415, "content_type_wrong_form"),
    (CHECK, FORM, b"", 400, "form_broken"),
    (CHECK, FORM, b"hello", 400, "form_broken"),
    (CHECK, FORM, END, 422, "picture_missing"),
    (CHECK, FORM, part("file", b"x"), 400, "form_broken"),
    (CHECK, FORM, part("file", b"x") * 2 + END, 422, "one_picture_only"),
    (CHECK, FORM, part("picture", b"x") + END, 422, "field_unknown"),
    (CHECK, FORM, part("file", b"x") + ID + END, 422, "field_unknown"),
    (CHECK, FORM, part("file", b"x") * 20 + END, 400, "form_broken"),
    (CHECK, FORM, part("file" + "x" * 5_000, b"x") + END, 400, "form_broken"),
    (CHECK, FORM, b"--b\r\n" + b"X" * 5_000 + b": 1\r\n\r\nx\r\n" + END, 400, "form_broken"),
    (CHECK, FORM, b"--b\r\n\r\nx\r\n" + END, 422, "field_unknown"),
    (CHECK, FORM, part("file", bytes(30 * 1024 * 1024)) + END, 413, "picture_too_large"),
    (CHAT, FORM, part("file", b"x") + END, 422, "field_missing"),
    (CHAT, FORM, ID + END, 422, "picture_missing"),
    (CHAT, FORM, ID + ID + part("file", b"x") + END, 400, "form_broken"),
    (CHAT, FORM, part("session_id", b"", False) + part("file", b"x") + END, 422, "field_wrong_type"),
    (CHAT, FORM, part("session_id", b"x" * 129, False) + part("file", b"x") + END, 422, "field_wrong_type"),
    (CHAT, FORM, part("session_id", b"\xff\xfe", False) + part("file", b"x") + END, 400, "body_not_utf8"),
    (CHAT, FORM, ID + part("file", b"") + END, 422, "picture_empty"),
    (CHAT, "application/json", json.dumps({**WHO, "text": "a"}).encode(), 415, "content_type_wrong_form"),
]


@pytest.mark.parametrize(("path", "kind", "body", "status", "code"), BAD, ids=range(len(BAD)))
async def test_bad_forms(
    open_gateway: Open, path: str, kind: str, body: bytes, status: int, code: str
) -> None:
    pictures = FakePictures(READ)
    async with open_gateway(pictures=pictures) as gateway:
        answer = await gateway.raw(path, body, kind)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert any("\u4e00" <= char <= "\u9fff" for char in error["message"])
    assert pictures.seen == []


def pixels(kind: str, size: tuple[int, int] = (60, 60)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind)
    return out.getvalue()


async def test_bad_files_through_everything(open_gateway: Open, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG, "fanzha")
    reader = PictureReader(1, 2, 1, 20)
    bad = {
        PHONE.encode() * 9: "picture_kind_unknown",
        b"": "picture_empty",
        bytes(MOST_PICTURE_BYTES + 1): "picture_too_large",
        pixels("PNG", (1, 1)): "picture_too_small",
        pixels("JPEG")[:200]: "picture_broken",
        pixels("PNG", (6000, 5000)): "picture_too_many_pixels",
        b"<svg>" + PHONE.encode() + b"</svg>": "picture_kind_unknown",
    }
    async with open_gateway(pictures=reader, rate_per_minute=0, rate_ip_per_minute=0) as gateway:
        for data, code in bad.items():
            for path, fields in ((CHECK, {}), (CHAT, WHO)):
                answer: httpx.Response = await gateway.client.post(path, **upload(data, **fields))
                assert (answer.json()["error"]["code"], answer.status_code // 100) == (code, 4), len(data)
        assert (await gateway.client.post(CHECK, **upload(pixels("WEBP")))).json()["verdict"] == "unclear"
    assert PHONE not in caplog.text
