"""Scenes: what stays with a person, what is only counted, and how each channel carries a poster's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from campaigns.pictures.code import address
from channels import scenes
from channels.telegram.words import link_of
from channels.telegram.words import scene_of as telegram_scene
from channels.wechat.words import scene_of as wechat_scene
from storage.campaign_tables import campaign, campaign_scan
from storage.engine import open_engine

NOW = 1_800_000_000.0
EMPTY = dict.fromkeys(("document", "digest", "state", "authors", "approver", "previewed", "cause"), "")
ROW = {**EMPTY, "created_at": 0.0, "changed_at": 0.0, "version": 1}


@pytest.mark.parametrize(
    ("scene", "school", "kept"),
    [
        ("sch:ABCD12", "ABCD12", "sch:ABCD12"),
        ("ABCD12", "ABCD12", "ABCD12"),
        ("sch:1024", "", "sch:1024"),
        ("com:ABCD12", "", "com:ABCD12"),
        ("poster:spring", "", ""),
        ("", "", ""),
    ],
)
def test_what_a_scene_says(scene: str, school: str, kept: str) -> None:
    assert (scenes.school_of(scene), scenes.lasting(scene)) == (school, kept)


def test_every_channel_carries_a_posters_scene() -> None:
    scene = "poster:spring_festival-2026"
    assert wechat_scene(f"qrscene_{scene}") == scene
    assert telegram_scene(link_of(scene)) == scene
    assert address("https://x.example", scene).endswith("/chat?scene=poster%3Aspring_festival-2026")


def test_only_campaigns_that_are_there_are_counted(any_engine: Engine) -> None:
    with any_engine.begin() as connection:
        connection.execute(insert(campaign).values(id="spring", **ROW))
        assert scenes.count(connection, "web", "poster:spring", NOW)
        assert scenes.count(connection, "web", "poster:spring", NOW)
        for other in ("poster:made-up", "sch:ABCD12", "spring", ""):
            assert not scenes.count(connection, "web", other, NOW)
        rows = connection.execute(select(campaign_scan)).all()
    assert [tuple(row) for row in rows] == [("spring", "web", "2027-01-15", 2)]


async def test_the_page_tells_it_with_a_message(open_gateway: Callable[..., Any], tmp_path: Path) -> None:
    async with open_gateway() as gateway:
        engine = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
        with engine.begin() as connection:
            connection.execute(insert(campaign).values(id="spring", **ROW))
        body = {"session_id": "xiaohong-0123456789", "text": "你好", "message_id": "12345678"}
        for _ in range(2):  # sent again on a poor line, it is one visit
            answer = await gateway.client.post("/api/v1/chat", json={**body, "scene": "poster:spring"})
            assert answer.status_code == 200
        refused = await gateway.client.post("/api/v1/chat", json={**body, "scene": "<x>"})
        assert refused.status_code == 422
        script = (await gateway.client.get("/chat/scene.js")).text
    assert "poster:" in script
    with engine.connect() as connection:
        assert connection.execute(select(campaign_scan.c.count)).scalars().all() == [1]
