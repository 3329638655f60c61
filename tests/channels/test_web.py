"""The web channel: contract, files, nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.base import Forged, Hook, OurBug, Outcome, Outgoing, Reply
from channels.registry import build_channels
from channels.settings import Settings
from channels.web.adapter import STATIC, WebChannel
from channels.wording import load_wording

Open = Callable[..., Any]
SOURCES = Path(__file__).parents[2] / "channels"


def test_two_channels_on_one_path_are_our_bug(make_settings: Callable[..., Settings]) -> None:
    with pytest.raises(OurBug):
        build_channels(make_settings(), httpx.AsyncClient(), ("channels.web", "channels.web"))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_forged(site: str) -> None:
    with pytest.raises(Forged):
        WebChannel().verify(Hook("POST", {"sec-fetch-site": site}))


@pytest.mark.asyncio
async def test_a_page_cannot_be_pushed_to() -> None:
    outgoing = Outgoing("0" * 32, "", "x", Reply("hello"))
    assert (await WebChannel().deliver(outgoing)).outcome is Outcome.HOLD


@pytest.mark.asyncio
async def test_every_file_of_the_page_is_served_and_not_sent_twice(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        assert (await gateway.client.get("/")).headers["location"] == "/chat"
        page = await gateway.client.get("/chat")
        wanted = set(re.findall(r'(?:src|href)="(/[^"]+)"', page.text))
        wanted |= {
            f"/chat/{name}" for name in re.findall(r'from "\./([^"]+)"', (STATIC / "chat.js").read_text())
        }
        for path in wanted:
            first = await gateway.client.get(path)
            assert first.status_code == 200, path
            again = await gateway.client.get(path, headers={"If-None-Match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
    assert page.headers["content-type"].startswith("text/html")


def test_the_page_names_no_outside_host_and_writes_no_html_from_data() -> None:
    for path in STATIC.iterdir():
        content = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z]+\.", content), path.name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|style=", content
        ), path.name
        if path.suffix == ".js":
            assert not re.search("[\u4e00-\u9fff]", content), "sentences belong into index.html"


def test_every_refusal_has_its_sentence() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    codes = set(re.findall(r'Refuse\(\s*"(\w+)"', sources)) | set(
        re.findall(r'failure\(\w+, "(\w+)"', sources)
    )
    wording = load_wording()
    assert codes <= set(wording.errors)
    assert wording.error("no such code") == wording.errors["unavailable"]
    for code in ("rate_limited", "busy", "unavailable"):
        assert "110" in wording.error(code) and "96110" in wording.error(code)
    assert "安全" not in "".join(
        [*wording.errors.values(), *wording.verdict_lines.values(), wording.hotlines]
    )
