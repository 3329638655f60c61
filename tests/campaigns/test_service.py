"""The worker as a process: it says that it lives, begins what is due, outlives a crash, and ends when told to."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pytest_socket import enable_socket
from sqlalchemy import Engine

from bench.servers import free_port
from campaigns import knowledge, outfit, service
from campaigns.alive import STALE_SECONDS, Pulse
from campaigns.document import Route
from campaigns.knowledge import Knowledge
from campaigns.states import State
from campaigns.store import Store
from channels.keys import load_keys
from channels.settings import Settings, SettingsError
from knowledge_base import shelf
from storage.engine import open_engine
from storage.migrate import upgrade
from tests.fakes.telegram.crowd import scheduled

ROOT = Path(__file__).resolve().parents[2]


def settings(folder: Path, **changes: object) -> Settings:
    enable_socket()  # to find a free port
    return Settings(_env_file=None, data_dir=folder, campaigns_port=free_port(), **changes)  # type: ignore[arg-type, call-arg]


def test_what_is_set_up_here(tmp_path: Path) -> None:
    client = httpx.AsyncClient()
    bare = outfit.load(settings(tmp_path), client)
    assert (bare.wechat, bare.template, bare.robots, bare.letters) == ("", None, (), frozenset())
    robots = '[{"name": "one", "kind": "wecom", "key": "693a91f6-7xxx-4bc4-97a0-test"}]'
    full = outfit.load(
        settings(
            tmp_path,
            telegram_token="123456789:test-token_test-token_test-token_01",
            robots=robots,
            wechat_notice_template="t",
            wechat_notice_fields="thing1=notice, date2 = date",
        ),
        client,
    )
    assert full.letters == {Route.TELEGRAM} and full.robots == ("one",)
    assert full.template is not None and full.template.fields == {"thing1": "notice", "date2": "date"}
    for fields in ("thing1", "thing1=telephone", "=notice", ""):
        with pytest.raises(SettingsError, match="FANZHA_WECHAT_NOTICE_FIELDS"):
            outfit.load(settings(tmp_path, wechat_notice_template="t", wechat_notice_fields=fields), client)


def test_a_route_that_is_not_set_up_is_named_before_anything_is_sent(tmp_path: Path, small) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(engine)
    found = outfit.load(settings(tmp_path), httpx.AsyncClient())
    made = found.senders(engine, load_keys("", tmp_path), tmp_path)
    wanted = small(routes=["telegram", "wechat_mass"])
    with engine.connect() as connection:
        codes = list(outfit.faults(connection, wanted, made, found.letters, 0.0))
    assert codes == ["route_not_set_up", "wechat_not_configured"]


def test_a_bulletin_that_is_taken_away_stops_a_campaign(tmp_path: Path, small, monkeypatch) -> None:
    found = outfit.load(settings(tmp_path), httpx.AsyncClient())
    wanted = small(bulletins=["brushing_rebate.app_task_withdraw"])
    known = Knowledge(found)
    assert known.check(wanted) == []
    real = shelf.load()
    left = {name: one for name, one in real.bulletins.items() if name not in wanted.bulletins}
    monkeypatch.setattr(knowledge.context.shelf, "load", lambda: shelf.Shelf(left, {}, real.sources, "x"))
    monkeypatch.setattr(knowledge, "CACHED", ())
    known.look()
    assert known.check(wanted) == [], "no file has changed: nothing is read again"
    monkeypatch.setattr(knowledge, "_state", lambda _: (("x", 1, 1),))
    known.look()
    assert known.check(wanted) == ["bulletin_unknown"]


def test_files_that_are_just_being_written_change_nothing(tmp_path: Path, small, monkeypatch) -> None:
    known = Knowledge(outfit.load(settings(tmp_path), httpx.AsyncClient()))

    def broken(_: Path) -> knowledge.State:
        raise OSError("half a file")

    monkeypatch.setattr(knowledge, "_state", broken)
    known.look()
    assert known.check(small(bulletins=["brushing_rebate.app_task_withdraw"])) == []


async def test_healthz_is_honest() -> None:
    enable_socket()
    now = [0.0]
    pulse = Pulse("127.0.0.1", 0, lambda: now[0])
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{pulse.port}", trust_env=False) as client:
        assert (await client.get("/healthz")).json() == {"alive": True}
        assert (await client.get("/else")).status_code == 404
        now[0] = STALE_SECONDS
        assert (await client.get("/healthz")).status_code == 503
        pulse.beat()
        assert (await client.get("/healthz")).status_code == 200
    await asyncio.to_thread(pulse.close)


@pytest.fixture
def running(
    tmp_path: Path, any_engine: Engine
) -> Iterator[tuple[Engine, Settings, list[subprocess.Popen[bytes]]]]:
    url = any_engine.url.render_as_string(hide_password=False)
    made = settings(tmp_path, database_url=url)
    environment = {
        **os.environ,
        "FANZHA_DATA_DIR": str(tmp_path),
        "FANZHA_DATABASE_URL": url,
        "FANZHA_CAMPAIGNS_PORT": str(made.campaigns_port),
    }
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", "campaigns.service"], cwd=ROOT, env=environment)
        started.append(process)
        return process

    start()
    yield any_engine, made, started
    for process in started:
        process.kill()
        process.wait()


def until(done, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.processes
def test_the_worker_refuses_what_it_cannot_send_and_ends_in_order(running) -> None:
    engine, made, started = running

    def up() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{made.campaigns_port}/healthz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    until(up)
    scheduled(engine, "try", "NOBODY1", time.time() + 1, time.time())
    store = Store(engine)
    until(lambda: store.get("try").state is State.FINISHED)
    started[0].send_signal(signal.SIGTERM)
    assert started[0].wait(10) == 0


def test_a_port_that_is_taken_is_said_at_the_start(tmp_path: Path) -> None:
    enable_socket()
    pulse = Pulse("127.0.0.1", 0)
    taken = Settings(_env_file=None, data_dir=tmp_path, campaigns_port=pulse.port)  # type: ignore[call-arg]
    with pytest.raises(OSError, match="in use"):
        service.build(taken)
    pulse.close()
