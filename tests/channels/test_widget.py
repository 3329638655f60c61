"""The widget's channel: who may frame it, the code of a school, figures apart from the page's."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.actions.school_code import code_in
from channels.base import Hook, Inbound, Kind, OurBug, Refuse
from channels.payloads import load_allow_list
from channels.registry import build_channels
from channels.settings import Settings, SettingsError, load_settings
from channels.web import widget as module
from channels.web.widget import WidgetChannel, build

Open = Callable[..., Any]
SCHOOL = "https://www.school.example"
PAGES = [
    "/chat",
    "/widget.js",
    "/widget/frame.js",
    "/chat/chat.js",
    "/docs",
    "/healthz",
    "/api/v1/widget/chat",
]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def schools_file(tmp_path: Path) -> Path:
    path = tmp_path / "schools.yml"
    path.write_text("schools:\n- {code: ABCD12, name: 某某学院}\n", encoding="utf-8")
    return path


def made(origins: str = SCHOOL, schools_file: Path | str = "") -> WidgetChannel:
    settings = Settings(_env_file=None, widget_origins=origins, schools_file=str(schools_file))
    channel = build(settings, httpx.AsyncClient())
    assert channel is not None
    return channel


def heard(channel: WidgetChannel, **body: str) -> Inbound:
    hook = Hook("POST", {"content-type": "application/json"}, {}, json.dumps(body).encode())
    (message,) = channel.parse(hook)
    return message


@pytest.fixture
def gateway_of(open_gateway: Open) -> Open:
    """Open a gateway whose widget may be framed by ``origins``."""
    return lambda channel: open_gateway(more=(channel,))


async def test_without_origins_there_is_no_widget(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        for path in ("/widget", "/widget.js", "/widget/frame.js", "/api/v1/widget/chat/news"):
            assert (await gateway.client.get(path)).status_code == 404
        assert (await gateway.client.post("/api/v1/widget/chat", json={})).status_code == 404


async def test_only_the_widgets_page_can_be_framed_and_only_by_the_list(gateway_of: Open) -> None:
    origins = f"{SCHOOL}, http://localhost:8080"
    async with gateway_of(made(origins)) as gateway:
        page = await gateway.client.get("/widget")
        again = await gateway.client.get("/widget", headers={"If-None-Match": page.headers["etag"]})
        others = [await gateway.client.get(path) for path in PAGES]
    for answer in (page, again):
        policy = answer.headers["content-security-policy"]
        assert policy.endswith(f"; frame-ancestors {SCHOOL} http://localhost:8080")
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "x-frame-options" not in answer.headers, "DENY would win over the list in old browsers"
        assert answer.headers["x-content-type-options"] == "nosniff"
    for answer in others:
        assert answer.headers["content-security-policy"].endswith("frame-ancestors 'none'")
        assert answer.headers["x-frame-options"] == "DENY"
        assert len(answer.headers.get_list("cross-origin-resource-policy")) == 1
    shared = [answer.headers["cross-origin-resource-policy"] == "cross-origin" for answer in others]
    assert [path for path, is_shared in zip(PAGES, shared, strict=True) if is_shared] == ["/widget.js"]


async def test_every_file_is_served_and_the_script_is_small_and_plain(gateway_of: Open) -> None:
    async with gateway_of(made()) as gateway:
        page = (await gateway.client.get("/widget")).text
        for path in re.findall(r'(?:src|href)="(/[^"]+)"', page):
            assert (await gateway.client.get(path)).status_code == 200, path
        script = await gateway.client.get("/widget.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert len(script.content) < 6 * 1024
    assert "反诈助手" in script.text and "/* words */" not in script.text
    assert not re.search(
        r"cookie|localStorage|sessionStorage|innerHTML|eval\(|fetch\(|style=|import ", script.text
    )
    assert f'data-origins="{SCHOOL}"' in page and "set-cookie" not in script.headers


def test_a_known_code_counts_as_typed_and_is_the_scene(schools_file: Path) -> None:
    message = heard(made(schools_file=schools_file), session_id="a" * 20, school="ABCD12", message_id="m" * 8)
    assert (message.kind, message.scene, message.channel) == (Kind.TEXT, "sch:ABCD12", "widget")
    assert message.text and code_in(message.text) == "ABCD12"
    assert message.dedupe_key == f"{'a' * 20}|{'m' * 8}"
    named = yaml.safe_load((ROOT / "bot/nlu/named.yml").read_text(encoding="utf-8"))
    patterns = next(found["school_code"] for found in named.values() if "school_code" in found)
    assert any(re.search(pattern, message.text.lower()) for pattern in patterns), "the dialogue hears it"


@pytest.mark.parametrize("code", ["ZZZZ99", "abcd12", "x", "]]></x>"])
def test_an_unknown_code_presses_a_button_and_leaves_no_trace(schools_file: Path, code: str) -> None:
    message = heard(made(schools_file=schools_file), session_id="a" * 20, school=code)
    assert (message.kind, message.scene, message.text) == (Kind.BUTTON, "", None)
    assert message.payload == load_allow_list().accept(message.payload or "")


def test_all_else_is_the_pages_message() -> None:
    channel = made()
    assert heard(channel, session_id="a", text="你好").text == "你好"
    assert heard(channel, session_id="a", payload="/x").kind is Kind.BUTTON
    with pytest.raises(Refuse):
        heard(channel, session_id="a", text="你好", school="ABCD12")


async def test_talk_news_copy_and_deletion_are_the_widgets_own(
    gateway_of: Open, schools_file: Path, tmp_path: Path
) -> None:
    who, root = {"session_id": "xiaohong-0123456789"}, "/api/v1/widget"
    async with gateway_of(made(schools_file=schools_file)) as gateway:
        post = gateway.client.post
        await gateway.say("在网页上说的")
        assert (await post(f"{root}/chat", json={**who, "school": "ABCD12"})).status_code == 200
        said = await post(f"{root}/chat", json={**who, "text": "在学校网页上说的"})
        assert said.json()["replies"][0]["text"] == "在学校网页上说的"
        mine, pages = (await post(f"{root}/me", json=who)).json(), (await post("/api/v1/me", json=who)).json()
        assert (mine["channel"], pages["channel"]) == ("widget", "web")
        assert "在学校网页上说的" in str(mine) and "在学校网页上说的" not in str(pages)
        news = await gateway.client.get(f"{root}/chat/news", headers={"X-Session-Id": who["session_id"]})
        assert news.status_code == 200 and news.json()["replies"] == []
        assert (await post(f"{root}/forget", json=who)).json()["messages"] > 0
        assert "在网页上说的" in (await post("/api/v1/me", json=who)).text
        figures = (await gateway.client.get("/metrics")).text
    assert 'fanzha_ack_seconds_count{channel="widget"} 2.0' in figures
    assert 'fanzha_ack_seconds_count{channel="web"} 1.0' in figures
    with sqlite3.connect(tmp_path / "fanzha.db") as database:
        scenes = database.execute("SELECT channel, scene FROM person ORDER BY channel").fetchall()
    assert scenes == [("web", ""), ("widget", "")], "deleted with the rest"


@pytest.mark.parametrize("path", ["/chat", "/chat/image"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_only_its_own_page_may_talk(gateway_of: Open, path: str, site: str) -> None:
    async with gateway_of(made()) as gateway:
        body = {"json": {"session_id": "a", "text": "你好"}}
        url = f"/api/v1/widget{path}"
        refused = await gateway.client.post(url, headers={"Sec-Fetch-Site": site, "Origin": SCHOOL}, **body)
        assert (refused.status_code, gateway.dialogue.history) == (403, [])
        assert "access-control-allow-origin" not in refused.headers
        if path == "/chat":
            fine = await gateway.client.post(url, headers={"Sec-Fetch-Site": "same-origin"}, **body)
            assert fine.status_code == 200


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("", ""),
        (" https://WWW.School.example/ ,", SCHOOL),
        (f"{SCHOOL}:443,{SCHOOL}:8443", f"{SCHOOL},{SCHOOL}:8443"),
        ("http://localhost:80,http://127.0.0.1:8080", "http://localhost,http://127.0.0.1:8080"),
    ],
)
def test_origins_have_one_form(given: str, taken: str) -> None:
    assert Settings(_env_file=None, widget_origins=given).widget_origins == taken


@pytest.mark.parametrize(
    "given",
    [
        "http://www.secret.example",
        "https://*.secret.example",
        "*",
        "https:",
        "secret.example",
        "https://secret.example/page",
        "https://user:secret@school.example",
        "https://secret.example; script-src *",
        "https://secret.example 'self'",
        "https://secret.example:99999",
        "https://学校.secret.example",
        "https://secret.example\nx: y",
        "javascript://secret.example",
    ],
)
def test_a_wrong_origin_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("FANZHA_WIDGET_ORIGINS", f"{SCHOOL},{given}")
    with pytest.raises(SettingsError, match="FANZHA_WIDGET_ORIGINS") as caught:
        load_settings(None)
    assert "secret" not in str(caught.value)


def test_a_broken_file_of_schools_or_page_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match="FANZHA_SCHOOLS_FILE"):
        made(schools_file=tmp_path / "missing.yml")
    monkeypatch.setattr(module, "PLACE", b"<html>")
    with pytest.raises(OurBug):
        made().assets()
    assert [channel.name for channel in build_channels(Settings(_env_file=None), httpx.AsyncClient())] == [
        "web"
    ]
