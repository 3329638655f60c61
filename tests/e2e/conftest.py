"""A gateway with a fake dialogue, and a browser that looks at it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
import yaml
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_socket import enable_socket

from bot.assessment.model import Assessment, Verdict
from channels.base import Button, Reply
from channels.dialogue import Answer, DialogueDown
from channels.gateway import create_app
from channels.payloads import AllowList
from channels.pictures.reader import ReadCode, Reading
from channels.settings import Settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # two browsers and a whole suite share two cores
ROLES = frozenset({"resident", "student", "driver"})
ALLOWED = AllowList(
    {"already_paid": {}, "gave_info": {}, "on_the_line": {}, "delete_data": {}, "set_role": {"role": ROLES}}
)


CARDS = yaml.safe_load(Path(__file__).with_name("page_cards.yml").read_text(encoding="utf-8"))


def verdict_card(verdict: str, words: str) -> dict[str, Any]:
    """Return the card for ``words``, cut where the flag's quote stands."""
    quote = CARDS["verdict"]["flags"][0]["quote"]
    before, found, after = words.partition(quote)
    segments = [
        {"text": before, "flags": []},
        {"text": found, "flags": ["share_screen"]},
        {"text": after, "flags": []},
    ]
    return {**CARDS["verdict"], "verdict": verdict, "label": CARDS["labels"][verdict], "segments": segments}


class FakeDialogue:
    """Answers a text with a verdict card, a button with a guide; goes down on demand."""

    def __init__(self) -> None:
        self.down = False
        self.verdict = "scam"
        self.history: list[str] = []

    async def ask(self, sender_id: str, message: str) -> Answer:
        if self.down:
            raise DialogueDown("unreachable")
        self.history.append(message)
        if message.startswith("/"):
            return Answer((Reply("", (), CARDS["guide"]),))
        shown = (Button("已经转了", "/already_paid"), Button("给了验证码", "/gave_info"))
        return Answer(
            (
                Reply("钱转出去了吗？验证码给过别人吗？", shown),
                Reply("", (), verdict_card(self.verdict, message)),
            )
        )


class FakeAssessor:
    def assess(self, text: str) -> Assessment:
        return Assessment(Verdict.SCAM, 0.9, None)


class FakePictures:
    """Reads the same from every picture, after ``seconds``; raises on demand."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sizes: list[int] = []
        self.reading = Reading(CARDS["picture"]["text"], (ReadCode(**CARDS["picture"]["code"]),))
        self.error: Exception | None = None

    async def read(self, data: bytes) -> Reading:
        self.sizes.append(len(data))
        await asyncio.sleep(self.seconds)
        if self.error:
            raise self.error
        return self.reading

    async def warm(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class Site:
    """A gateway that can be stopped and started again on the same port."""

    dialogue: FakeDialogue
    folder: Path
    port: int
    pictures: FakePictures = field(default_factory=FakePictures)
    operators: str = ""
    widget_origins: str = ""
    schools_file: str = ""
    server: uvicorn.Server | None = None
    thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        up = httpx.MockTransport(lambda _: httpx.Response(503 if self.dialogue.down else 200))
        settings = Settings(
            _env_file=None,
            data_dir=self.folder,
            operators=self.operators,
            widget_origins=self.widget_origins,
            schools_file=self.schools_file,
        )
        client = httpx.AsyncClient(transport=up)
        app = create_app(settings, FakeAssessor(), self.dialogue, client, ALLOWED, pictures=self.pictures)
        self.server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        deadline = time.monotonic() + 10
        while not self.server.started and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop(self) -> None:
        assert self.server and self.thread
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    enable_socket()
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI must not skip the browser tests: no Chromium is installed")
        pytest.skip("no Chromium found; on Debian: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    enable_socket()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site = Site(FakeDialogue(), tmp_path, port)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 360, "height": 700}, locale="zh-CN", reduced_motion="reduce"
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    outside: list[str] = []
    faults: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: request.url.startswith(site.url) or outside.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: "Content Security" in message.text and faults.append(message.text))
    page.goto(f"{site.url}/")
    yield page
    context.close()
    assert not outside, "the page must work without any outside host"
    assert not faults
