"""`fanzha doctor` as people type it, against the strict WeChat; and what it knows of this machine."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wechat_requests as wx
from pytest_socket import enable_socket
from sqlalchemy import Engine
from wechat_fake import running

from bot.assessment import freshness
from bot.assessment.assessor import Assessor
from channels.doctor import kept
from channels.settings import Settings
from deploy import condition
from deploy.supervise import Part
from knowledge_base.settings import KnowledgeSettings
from storage import copies

ROOT = Path(__file__).resolve().parents[2]


def doctor(folder: Path, **settings: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Return exit code, findings by name, and all that was written."""
    given = {f"FANZHA_{name.upper()}": value for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "fanzha", "doctor", "--json"],
        cwd=ROOT,
        env={**os.environ, "FANZHA_DATA_DIR": str(folder), **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, {one["name"]: one for one in json.loads(done.stdout)}, done.stdout + done.stderr


async def test_a_server_that_wechat_does_not_know(tmp_path: Path) -> None:
    enable_socket()
    async with running() as fake:
        fake.world.ip_listed = False
        code, found, said = await asyncio.to_thread(
            doctor,
            tmp_path,
            wechat_api_base=fake.address,
            wechat_app_id=wx.APP_ID,
            wechat_app_secret=wx.SECRET,
            wechat_token=wx.TOKEN,
            wechat_aes_key=wx.AES_KEY,
            public_base_url="https://bot.example.com",
        )
    assert code == 1
    assert "203.0.113.9" in found["WeChat token"]["said"] and found["WeChat token"]["level"] == "error"
    assert {found[name]["level"] for name in ("channel wechat", "WeChat key", "public address", "clock")} == {
        "ok"
    }
    assert not [secret for secret in (wx.SECRET, wx.TOKEN, wx.AES_KEY) if secret in said]


@pytest.fixture
def port() -> Iterator[int]:
    enable_socket()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


def test_ports_are_free_or_in_use(port: int) -> None:
    parts = [Part("gateway", (), port, "FANZHA_PORT"), Part("next", (), port, "FANZHA_PORT", standby=True)]
    (found,) = condition.ports(parts)
    assert found[0] == f"port {port}" and "in use (gateway)" in found[1] and "FANZHA_PORT" in found[1]


def test_an_index_is_missing_damaged_or_of_today(assessor: Assessor, tmp_path: Path) -> None:
    assert assessor.knowledge_version
    settings = KnowledgeSettings(data_dir=tmp_path)
    assert freshness.stale(settings) == "no index"
    shutil.copytree(KnowledgeSettings().data_dir / "index", tmp_path / "index")
    assert freshness.stale(settings) is None
    (tmp_path / "index" / "scorer.npz").write_bytes(b"x")
    assert freshness.stale(settings) == "the scorer is not of today's knowledge"
    (tmp_path / "index" / "phrases.index").write_bytes(b"x")
    assert freshness.stale(settings) == "the index is not of today's knowledge"


def test_without_its_programs_postgresql_cannot_be_backed_up(
    any_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = any_engine.url.render_as_string(hide_password=False)
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=url)
    found = {one.name: one for one in kept.look(settings)}
    assert ("backups" in found) is url.startswith("postgresql")
    monkeypatch.setattr(copies, "DEBIAN", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {one.name: one for one in kept.look(settings)}
    assert "backups" not in found or found["backups"].level == "warning"
