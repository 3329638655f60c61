"""Backup and restore on both databases: what was answered stays so, what may have left is not sent again."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backup_home import Home, make_home
from push_channel import PushChannel, hook
from pytest_socket import enable_socket

from channels import backup
from storage import migrate
from storage.engine import StorageError
from storage.migrate import newest, revision

Open = Callable[..., Any]
Make = Callable[[str], Home]


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    enable_socket()
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return lambda name: make_home(request.param, name, tmp_path, url)


def moved(home: Home, other: Home) -> None:
    """Carry the key to the other home, as an operator does."""
    (other.folder / "vault.key").write_text((home.folder / "vault.key").read_text())
    (other.folder / "vault.key").chmod(0o600)


async def settled(home: Home) -> dict[str, str]:
    """Return the answers and their states once nothing is on its way any more."""
    query = "SELECT state, cause FROM outbox WHERE state IN ('queued', 'claimed', 'sending')"
    async with asyncio.timeout(10):
        while home.rows(query) or home.rows("SELECT 1 FROM inbox WHERE state = 'new'"):
            await asyncio.sleep(0.05)
    return dict(home.rows("SELECT state, cause FROM outbox WHERE state = 'unknown'"))


async def test_after_a_move_the_talk_goes_on_and_nothing_is_doubled(
    make: Make, open_gateway: Open, tmp_path: Path
) -> None:
    old, new = make("old"), make("new")
    old.fill()
    made = backup.make(old.settings(), tmp_path / "b.tar", with_keys=False)
    assert (made.schema, made.running) == (newest(), False)
    moved(old, new)
    done = backup.restore(new.settings(), tmp_path / "b.tar", force=False, go_on=None)
    assert (done.answers, done.messages, done.went_on) == (1, 0, True)
    channel = PushChannel()
    async with open_gateway(more=[channel], data_dir=new.folder, database_url=new.database) as gateway:
        assert await settled(new) == {"unknown": "restored"}
        again = await gateway.client.post(channel.path, **hook("waiting", text="问一句"))
        assert again.status_code == 200
        fresh = await gateway.client.post(channel.path, **hook("fresh", text="又一句"))
        assert fresh.status_code == 200
        await asyncio.sleep(0.3)
        await settled(new)
    said = [words for _, words in channel.ledger]
    assert sorted(said) == sorted(["queued", "claimed", "问一句", "又一句"])


async def test_after_a_loss_what_waited_is_put_aside(make: Make, open_gateway: Open, tmp_path: Path) -> None:
    old, new = make("old"), make("new")
    old.fill()
    channel = PushChannel()
    backup.make(old.settings(), tmp_path / "b.tar", with_keys=True)
    done = backup.restore(new.settings(), tmp_path / "b.tar", force=False, go_on=False)
    assert (done.answers, done.messages, done.went_on) == (3, 1, False)
    async with open_gateway(more=[channel], data_dir=new.folder, database_url=new.database):
        await asyncio.sleep(0.5)
    assert channel.ledger == []
    assert new.rows("SELECT count(*) FROM outbox WHERE cause = 'restored'") == [(3,)]


def test_a_backup_of_a_running_assistant_says_so(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = make("old"), make("new")
    old.fill()
    engine = old.engine()
    with engine.connect() as busy:
        if not old.database:  # beside an SQLite file, only the gateway's port tells
            monkeypatch.setattr(backup, "in_use", lambda *_: True)
        busy.exec_driver_sql("SELECT 1")
        assert backup.make(old.settings(), tmp_path / "b.tar", with_keys=True).running
    engine.dispose()
    monkeypatch.undo()
    enable_socket()
    assert not backup.restore(new.settings(), tmp_path / "b.tar", force=False, go_on=None).went_on


def test_a_backup_is_of_one_moment(make: Make, tmp_path: Path) -> None:
    old, new = make("old"), make("new")
    old.fill()
    writer = threading.Thread(target=old.write_pairs, args=(400,))
    writer.start()
    try:
        backup.make(old.settings(), tmp_path / "b.tar", with_keys=True)
    finally:
        writer.join()
    backup.restore(new.settings(), tmp_path / "b.tar", force=False, go_on=True)
    pairs = new.rows("SELECT count(*) FROM inbox WHERE dedupe_key LIKE 'pair-%'")[0][0]
    assert new.rows("SELECT count(*) FROM outbox WHERE due_at IS NULL AND state = 'queued'") == [(pairs,)]


def test_what_is_there_is_replaced_only_by_force(make: Make, tmp_path: Path) -> None:
    old, new = make("old"), make("new")
    old.fill()
    backup.make(old.settings(), tmp_path / "b.tar", with_keys=True)
    new.fill()
    new.write_pairs(3)
    engine = new.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE of_a_newer_version (a integer)")
    engine.dispose()
    with pytest.raises(StorageError, match="--force"):
        backup.restore(new.settings(), tmp_path / "b.tar", force=False, go_on=None)
    assert new.rows("SELECT count(*) FROM inbox") == [(4,)]
    backup.restore(new.settings(), tmp_path / "b.tar", force=True, go_on=None)
    assert new.rows("SELECT count(*) FROM inbox") == [(1,)]
    with pytest.raises(Exception, match="of_a_newer_version"):
        new.rows("SELECT * FROM of_a_newer_version")
    kept = list(new.folder.glob("vault.key.before-*"))
    assert len(kept) == 1, "its own key lies beside the one that was brought along"
    assert backup.restore(new.settings(), tmp_path / "b.tar", force=True, go_on=None).answers == 1


def test_an_older_schema_is_brought_up_to_date(make: Make, tmp_path: Path) -> None:
    old, new = make("old"), make("new")
    engine = old.engine()
    before = migrate.upgrade
    _to(engine, "0003")
    assert before is migrate.upgrade and revision(engine) == "0003"
    engine.dispose()
    backup.make(old.settings(), tmp_path / "b.tar", with_keys=False)
    backup.restore(new.settings(), tmp_path / "b.tar", force=False, go_on=None)
    engine = new.engine()
    assert revision(engine) == newest()
    engine.dispose()


def _to(engine: Any, target: str) -> None:
    """Bring a database to an older schema."""
    from alembic.runtime.environment import EnvironmentContext

    config, script = migrate._steps()

    def steps(current: Any, _: Any) -> Any:
        return script._upgrade_revs(target, current)

    with engine.begin() as connection, EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()


def test_a_newer_schema_is_refused(make: Make, tmp_path: Path) -> None:
    old, new = make("old"), make("new")
    old.fill()
    engine = old.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    backup.make(old.settings(), tmp_path / "b.tar", with_keys=True)
    with pytest.raises(StorageError, match="newer version"):
        backup.restore(new.settings(), tmp_path / "b.tar", force=True, go_on=None)


def test_the_dialogue_engines_talks_come_along(make: Make, tmp_path: Path) -> None:
    old, new = make("old"), make("new")
    old.fill()
    with sqlite3.connect(old.folder / "dialogue.db") as talks:
        talks.execute("CREATE TABLE talk (sender TEXT, touched REAL, events TEXT)")
        talks.execute("INSERT INTO talk VALUES ('s', 1.0, '[]')")
    backup.make(old.settings(), tmp_path / "b.tar", with_keys=True)
    backup.restore(new.settings(), tmp_path / "b.tar", force=False, go_on=None)
    with sqlite3.connect(new.folder / "dialogue.db") as talks:
        assert talks.execute("SELECT sender FROM talk").fetchall() == [("s",)]


def test_nobody_restores_under_a_running_assistant(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make("old")
    old.fill()
    backup.make(old.settings(), tmp_path / "b.tar", with_keys=True)
    monkeypatch.setattr(backup, "in_use", lambda *_: True)
    with pytest.raises(StorageError, match="running"):
        backup.restore(old.settings(), tmp_path / "b.tar", force=True, go_on=None)
