"""Public warnings: the list, both feeds, the banner of a page; cached, escaped, gone once withdrawn."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from sqlalchemy import Engine, create_engine, delete, insert, update
from sqlalchemy.exc import OperationalError

from channels import feeds
from channels import warnings as shelf
from channels.threads import Threads
from channels.warnings import Warnings
from storage.campaign_tables import warning
from storage.engine import open_engine
from storage.migrate import upgrade

Open = Callable[..., Any]
NASTY = "别点<script>alert(1)</script>\n]]>&amp; \x07\ufffe一月"


def put(engine: Engine, wave: int = 0, **changes: Any) -> None:
    known = {
        "campaign": "spring",
        "wave": wave,
        "title": "年前防骗",
        "body": "先别转账。\n打 96110。",
        "banner": "先别转账",
        "scenes": "",
        "published_at": 1_764_554_400.0 + wave,
        "until": None,
        "withdrawn_at": None,
    }
    with engine.begin() as connection:
        connection.execute(insert(warning).values(**{**known, **changes}))


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    made = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
    upgrade(made)
    return made


async def test_the_list_holds_what_is_out(open_gateway: Open, database: Engine) -> None:
    put(database)
    put(database, 1, title="第二条")
    put(database, 2, withdrawn_at=1.0)
    put(database, 3, published_at=time.time() + 3600)
    put(database, 4, body="")
    async with open_gateway() as gateway:
        found = await gateway.client.get("/api/v1/warnings")
        assert [one["id"] for one in found.json()["warnings"]] == ["spring-1", "spring-0"]
        assert found.json()["warnings"][1] == {
            "id": "spring-0",
            "title": "年前防骗",
            "text": "先别转账。\n打 96110。",
            "published": "2025-12-01T10:00:00+08:00",
        }
        assert found.headers["cache-control"] == "public, max-age=60"
        assert found.headers.get_list("cache-control") == ["public, max-age=60"]
        assert found.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/v1/warnings", "/feed.xml", "/feed.json", "/api/v1/banner"])
async def test_what_has_not_changed_is_not_sent_again(
    open_gateway: Open, database: Engine, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(shelf, "KEEP_SECONDS", 0.0)
    put(database)
    async with open_gateway() as gateway:
        first = await gateway.client.get(path)
        again = await gateway.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        with database.begin() as connection:
            connection.execute(update(warning).values(withdrawn_at=5.0))
        gone = await gateway.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert gone.status_code == 200 and "先别转账" not in gone.text and "年前" not in gone.text


async def test_the_rss_feed_is_well_formed_and_brings_no_markup_of_its_own(
    open_gateway: Open, database: Engine
) -> None:
    put(database, title=NASTY, body=NASTY)
    put(database, 1)
    async with open_gateway(public_base_url="https://fanzha.example") as gateway:
        found = await gateway.client.get("/feed.xml")
    assert found.headers["content-type"] == "application/rss+xml"
    root = fromstring(found.content, forbid_dtd=True)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    channel = root.find("channel")
    assert channel is not None
    for name in ("title", "link", "description"):  # what RSS 2.0 requires
        assert channel.findtext(name), name
    assert channel.findtext("link") == "https://fanzha.example/chat"
    items = channel.findall("item")
    assert [one.findtext("guid") for one in items] == ["spring-1", "spring-0"]
    assert {one.find("guid").get("isPermaLink") for one in items} == {"false"}
    assert items[0].findtext("description") == "先别转账。<br>打 96110。"
    assert items[0].findtext("pubDate") == "Mon, 01 Dec 2025 10:00:01 +0800"
    shown = items[1].findtext("description")
    assert "<script>" not in shown and "&lt;script&gt;" in shown and "\x07" not in shown
    assert items[1].findtext("title").startswith("别点<script>")  # a title is plain text


async def test_the_json_feed_is_one(open_gateway: Open, database: Engine) -> None:
    put(database, body=NASTY)
    async with open_gateway(public_base_url="https://fanzha.example") as gateway:
        found = await gateway.client.get("/feed.json")
    assert found.headers["content-type"] == "application/feed+json"
    feed = found.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] and feed["feed_url"] == "https://fanzha.example/feed.json"
    [item] = feed["items"]
    assert (item["id"], item["content_text"]) == ("spring-0", NASTY)
    assert datetime.fromisoformat(item["date_published"]).utcoffset() is not None


async def test_a_feed_without_warnings_is_valid_too(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        assert fromstring((await gateway.client.get("/feed.xml")).content).find("channel/item") is None
        assert (await gateway.client.get("/feed.json")).json()["items"] == []
        assert (await gateway.client.get("/api/v1/banner")).json() == {"banner": None}


async def test_a_feed_is_not_endless(open_gateway: Open, database: Engine) -> None:
    for wave in range(feeds.MOST_ENTRIES + 3):
        put(database, wave)
    async with open_gateway() as gateway:
        items = (await gateway.client.get("/feed.json")).json()["items"]
        assert len(items) == feeds.MOST_ENTRIES and items[0]["id"] == "spring-52"
        assert len((await gateway.client.get("/feed.xml")).text.split("<item>")) == feeds.MOST_ENTRIES + 1


async def test_a_banner_hangs_where_it_was_meant_to(open_gateway: Open, database: Engine) -> None:
    put(database, banner="给所有人")
    put(database, 1, banner="给两所学校", scenes=" ABC01 XYZ02 ")
    put(database, 2, banner="已经过期", until=1.0)
    put(database, 3, banner="撤回了", withdrawn_at=1.0)
    put(database, 4, banner="")
    async with open_gateway() as gateway:

        async def seen(query: str) -> str:
            found = await gateway.client.get(f"/api/v1/banner{query}")
            assert found.status_code == 200
            return str(found.json()["banner"]["text"])

        for query in ("?school=ABC01", "?school=abc01", "?school=XYZ02"):
            assert await seen(query) == "给两所学校"
        for query in ("", "?school=OTHER9", "?school=ABC0", "?school=%00", "?school=ABC01%20XYZ02", "?x=1"):
            assert await seen(query) == "给所有人"


async def test_many_requests_are_one_question_to_the_database(database: Engine) -> None:
    now = 1_800_000_000.0
    put(database)
    threads = Threads(database)
    made = Warnings(database, threads, lambda: now)
    assert len(await made.listed()) == 1
    put(database, 1)
    now += shelf.KEEP_SECONDS - 1
    assert len(await made.listed()) == 1
    now += 2
    assert len(await made.listed()) == 2
    now -= 3600  # a clock that goes back asks again
    with database.begin() as connection:
        connection.execute(delete(warning))
    assert await made.listed() == ()
    threads.close()


async def test_a_database_that_is_down_shows_the_last_known(database: Engine) -> None:
    now = 1_800_000_000.0
    put(database)
    threads = Threads(database)
    made = Warnings(database, threads, lambda: now)
    await made.listed()
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE warning RENAME TO away")
    now += 60
    assert len(await made.listed()) == 1
    fresh = Warnings(database, threads, lambda: now)
    with pytest.raises(OperationalError):
        await fresh.banner("")
    threads.close()


@pytest.mark.parametrize("path", ["/api/v1/warnings", "/feed.xml", "/feed.json", "/api/v1/banner"])
async def test_a_database_that_was_never_there_is_a_503(
    open_gateway: Open, database: Engine, path: str
) -> None:
    async with open_gateway() as gateway:
        with create_engine(database.url).begin() as connection:
            connection.exec_driver_sql("ALTER TABLE warning RENAME TO away")
        found = await gateway.client.get(path)
        assert found.status_code == 503 and found.json()["error"]["code"] == "unavailable"


async def test_other_answers_are_still_kept_by_no_cache(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        found = await gateway.check("他让我转账")
        assert found.headers.get_list("cache-control") == ["no-store"]
        described = json.loads((await gateway.client.get("/docs/openapi.json")).content)
        assert {"/api/v1/warnings", "/api/v1/banner"} <= set(described["paths"])
