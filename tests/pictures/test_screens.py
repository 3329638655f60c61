"""Screens drawn by a browser, read by the real worker, judged by the real assessor."""

from __future__ import annotations

import asyncio
import os
import unicodedata

import pytest
from make_screens import Screen, browser_path, draw, entries
from playwright.sync_api import sync_playwright
from pytest_socket import enable_socket
from rapidfuzz.distance import Levenshtein

from bot.assessment.assessor import Assessor
from channels.pictures.reader import PictureReader, Reading

pytestmark = pytest.mark.browser
TRIED = (
    "chat_refund",
    "chat_boss",
    "chat_dark",
    "chat_rotated",
    "chat_long",
    "sms_points",
    "sms_pickup",
    "poster_qr_group",
)


@pytest.fixture(scope="module")
def screens() -> dict[str, Screen]:
    enable_socket()
    path = browser_path()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI must not skip the browser tests: no Chromium is installed")
        pytest.skip("no Chromium found; on Debian: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        drawn = {screen.id: screen for screen in draw(browser, frozenset(TRIED))}
        browser.close()
    return drawn


def plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def share_right(expected: str, read: str) -> float:
    wanted, got = plain(expected), plain(read)
    return 1 - Levenshtein.distance(wanted, got) / len(wanted)


def test_the_figure_tells_good_from_bad() -> None:
    assert share_right("您的积分，将清零", "您的积分,将 清零") == 1
    assert share_right("对方:转账\n我:好", "我:好\n对方:转账") < 0.6


def test_there_are_screens_of_many_kinds() -> None:
    assert len(entries()) >= 20
    assert {entry["look"] for entry in entries()} == {"wechat", "sms", "page", "poster", "columns", "call"}


async def read_all(screens: dict[str, Screen]) -> dict[str, Reading]:
    reader = PictureReader(1, 0, 1, 60)
    try:
        return {name: await reader.read(screen.png) for name, screen in screens.items()}
    finally:
        reader.close()


def test_words_order_codes_and_verdicts_are_right(screens: dict[str, Screen], assessor: Assessor) -> None:
    read = asyncio.run(read_all(screens))
    assert set(read) == set(TRIED)
    for name, screen in screens.items():
        codes = [f"二维码内容:{code}" for code in screen.codes]
        assert share_right("\n".join([screen.text, *codes]), read[name].text) >= 0.95, name
        assert tuple(code.text for code in read[name].codes) == screen.codes
        assert assessor.assess(read[name].text).verdict in screen.verdicts, name
