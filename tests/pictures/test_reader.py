"""The worker processes: real words from a real picture, and what happens when one hangs, dies or is too busy."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from channels.base import Refuse
from channels.pictures import reader as module
from channels.pictures.reader import PictureReader, PicturesDown

HEAD = """
import json, struct, sys, time
def send(answer):
    body = json.dumps(answer).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body); sys.stdout.buffer.flush()
def receive():
    head = sys.stdin.buffer.read(4)
    if len(head) < 4: sys.exit()
    return sys.stdin.buffer.read(struct.unpack(">I", head)[0])
"""
ECHO = """
send({"ready": True})
while True:
    words = receive().decode()
    if words == "die": sys.exit(1)
    if words == "hang": time.sleep(60)
    if words == "wait": time.sleep(0.4)
    if words == "break": send({"broken": "MemoryError"})
    elif words == "refuse": send({"refused": "picture_broken", "status": 422})
    elif words == "nonsense": sys.stdout.buffer.write(b"\\0\\0\\0\\2{{"); sys.stdout.buffer.flush()
    else: send({"text": words, "codes": [{"text": "a", "kind": "text", "note": "b"}], "whole": True})
"""


def fake(folder: Path, body: str, at_once: int = 1, waiting: int = 2, seconds: float = 30) -> PictureReader:
    script = folder / "worker.py"
    script.write_text(HEAD + body, encoding="utf-8")
    return PictureReader(at_once, waiting, 1, seconds, [sys.executable, str(script)])


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[PictureReader]:
    reader = fake(tmp_path, ECHO)
    yield reader
    reader.close()


async def test_it_reads_and_tells_what_it_read(echo: PictureReader) -> None:
    await echo.warm()
    reading = await echo.read("你好".encode())
    assert (reading.text, reading.codes[0].note, reading.whole) == ("你好", "b", True)
    assert "你好" not in repr(reading)


async def test_a_refusal_keeps_its_code_and_the_worker_lives_on(echo: PictureReader) -> None:
    with pytest.raises(Refuse) as refused:
        await echo.read(b"refuse")
    assert (refused.value.code, refused.value.status) == ("picture_broken", 422)
    assert (await echo.read(b"again")).text == "again"


@pytest.mark.parametrize(
    ("words", "cause"), [("die", "died"), ("nonsense", "died"), ("break", "MemoryError")]
)
async def test_after_a_death_the_next_picture_gets_a_fresh_worker(
    echo: PictureReader, words: str, cause: str
) -> None:
    with pytest.raises(PicturesDown) as down:
        await echo.read(words.encode())
    assert down.value.cause == cause
    assert (await echo.read(b"again")).text == "again"


async def test_a_worker_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.2)
    reader = fake(tmp_path, ECHO, seconds=0.3)
    with pytest.raises(PicturesDown, match="timeout"):
        await reader.read(b"hang")
    assert (await reader.read(b"again")).text == "again"
    reader.close()


async def test_a_full_queue_says_busy(echo: PictureReader) -> None:
    answers = await asyncio.gather(*(echo.read(b"wait") for _ in range(5)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refuse)]
    assert len(refused) == 2
    assert (refused[0].code, refused[0].status) == ("busy", 429)
    assert refused[0].retry_after


async def test_what_is_missing_is_named(tmp_path: Path) -> None:
    reader = fake(tmp_path, 'send({"broken": "ImportError: libGL.so.1"})')
    with pytest.raises(PicturesDown, match="libGL"):
        await reader.warm()
    with pytest.raises(PicturesDown, match="libGL"):
        await reader.read(b"x")
    reader.close()


async def test_closing_leaves_no_process_behind(tmp_path: Path) -> None:
    reader = fake(tmp_path, ECHO, at_once=2)
    await asyncio.gather(reader.read(b"wait"), reader.read(b"wait"))
    mine = [child for child in psutil.Process().children() if str(tmp_path) in " ".join(child.cmdline())]
    assert len(mine) == 2
    reader.close()
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in mine)


async def test_the_real_worker_refuses_and_finds_nothing_on_an_empty_page() -> None:
    import io

    from PIL import Image

    reader = PictureReader(1, 1, 1, 20)
    try:
        with pytest.raises(Refuse, match="picture_kind_unknown"):
            await reader.read(b"no picture")
        page = io.BytesIO()
        Image.new("RGB", (300, 300), "white").save(page, "PNG")
        assert (await reader.read(page.getvalue())).text == ""
    finally:
        reader.close()
