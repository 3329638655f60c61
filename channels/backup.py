"""Backup and restore of all that the gateway and the dialogue engine keep."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import make_url

from channels import restored
from channels.keys import Keys, load_keys
from channels.settings import Settings
from storage import backup, copies
from storage.backup import Manifest
from storage.engine import StorageError, default_url, open_engine
from storage.migrate import newest, revision, upgrade

DATABASE, TALKS, KEY = "database", "dialogue.db", "vault.key"
OTHERS = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"""
LEAVING, LEAVING_SECONDS = 5, 0.2
SQLITE, POSTGRES = "sqlite", "postgresql"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: the backup's manifest, and how many messages and answers were put aside."""

    manifest: Manifest
    messages: int
    answers: int
    went_on: bool


def make(settings: Settings, path: Path, with_keys: bool) -> Manifest:
    """Write a backup to ``path``; the assistant may run meanwhile. Raises ``StorageError`` and ``KeyFault``."""
    engine = _open(settings)
    try:
        schema = revision(engine)
        if schema is None:
            raise StorageError("there is nothing to back up: the database is empty")
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.absolute().parent, prefix=".backup-") as name:
            folder = Path(name)
            running = in_use(settings, engine)
            _copy(settings, engine, folder)
            keys = _keys(settings)
            if with_keys:
                _copy_key(settings, folder / KEY)
            files = {one.name: backup.digest(one) for one in sorted(folder.iterdir())}
            marks = keys.marks() if keys else ()
            manifest = Manifest(time.time(), engine.dialect.name, schema, running, marks, files)
            backup.write(path, manifest, folder)
    finally:
        engine.dispose()
    return manifest


def restore(settings: Settings, path: Path, force: bool, go_on: bool | None) -> Restored:
    """Put a backup in the place of what is there. Nothing is changed unless all of it can be done.

    ``go_on``: answer and send what waited then; None: only if the assistant stood still for the backup.
    Raises ``StorageError`` and ``KeyFault``.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # A file is swapped in within its folder; in containers with PostgreSQL that folder cannot be written to.
    near = settings.data_dir if _file(settings) else None
    with TemporaryDirectory(dir=near, prefix=".restore-") as name:
        folder = Path(name)
        manifest = backup.read(path, folder)
        _check(settings, manifest, force)
        _check_keys(settings, manifest, folder)
        on = not manifest.running if go_on is None else go_on
        load = _load_sqlite if manifest.database == SQLITE else _load_postgres
        counts = load(settings, folder, on)
        if (folder / KEY).exists() and not settings.vault_key.strip():
            _put_key(settings.data_dir / KEY, folder / KEY)
        if (folder / TALKS).exists():
            _put_sqlite(folder / TALKS, settings.data_dir / TALKS)
    return Restored(manifest, counts["messages"], counts["answers"], on)


def in_use(settings: Settings, engine: Engine) -> bool:
    """Return True when a gateway of this machine answers, or somebody else works in the PostgreSQL database."""
    try:
        httpx.get(f"http://127.0.0.1:{settings.port}/healthz", timeout=2.0, trust_env=False)
    except httpx.HTTPError:
        pass
    else:
        return True
    if engine.dialect.name != POSTGRES:
        return False
    with engine.connect() as connection:
        for _ in range(LEAVING):  # a program that just ended is seen for a moment longer
            if not connection.execute(text(OTHERS)).scalar():
                return False
            connection.rollback()  # the view shows each transaction the same
            time.sleep(LEAVING_SECONDS)
    return True


def _url(settings: Settings) -> str:
    return settings.database_url or default_url(settings.data_dir)


def _open(settings: Settings) -> Engine:
    """Open the database; a file that is not there is not made."""
    file = _file(settings)
    if file is not None and not file.exists():
        raise StorageError(f"there is no database at {file}")
    return open_engine(_url(settings))


def _file(settings: Settings) -> Path | None:
    address = make_url(_url(settings))
    return Path(address.database or "") if address.get_backend_name() == SQLITE else None


def _copy(settings: Settings, engine: Engine, folder: Path) -> None:
    file = _file(settings)
    if file is None:
        copies.dump_postgres(engine.url, folder / DATABASE)
    else:
        copies.copy_sqlite(file, folder / DATABASE)
    if (talks := settings.data_dir / TALKS).exists():
        copies.copy_sqlite(talks, folder / TALKS)


def _keys(settings: Settings) -> Keys | None:
    """Return the keys, None when there are none; looking makes none."""
    there = settings.vault_key.strip() or (settings.data_dir / KEY).exists()
    return load_keys(settings.vault_key, settings.data_dir) if there else None


def _copy_key(settings: Settings, target: Path) -> None:
    words = settings.vault_key.strip() or (settings.data_dir / KEY).read_text(encoding="ascii").strip()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(words)


def _check(settings: Settings, manifest: Manifest, force: bool) -> None:
    if manifest.schema > newest():
        raise StorageError(
            f"the backup has schema {manifest.schema}, this program knows {newest()}: install the newer version"
        )
    file = _file(settings)
    here = POSTGRES if file is None else SQLITE
    if manifest.database != here:
        raise StorageError(
            f"the backup is of {manifest.database}, FANZHA_DATABASE_URL says {here}: set it to the same kind"
        )
    engine = open_engine(_url(settings)) if file is None or file.exists() else None
    if engine is None:
        return
    try:
        if in_use(settings, engine):
            raise StorageError("the assistant is running (or somebody works in the database): stop it first")
        if inspect(engine).get_table_names() and not force:
            raise StorageError("there is a database already; --force replaces it, and what it holds is lost")
    finally:
        engine.dispose()


def _check_keys(settings: Settings, manifest: Manifest, folder: Path) -> None:
    """Refuse a backup that no key at hand would open."""
    brought = (
        load_keys((folder / KEY).read_text(encoding="ascii"), folder) if (folder / KEY).exists() else None
    )
    own = _keys(settings)
    # The setting wins over a file, and a file that is brought along over the one that lies here.
    used = own if settings.vault_key.strip() or brought is None else brought
    missing = set(manifest.keys) - set(used.marks() if used else ())
    if missing:
        where = "FANZHA_VAULT_KEY" if settings.vault_key.strip() else str(settings.data_dir / KEY)
        raise StorageError(f"the key that opens this backup is not in {where}: put it there first")


def _load_sqlite(settings: Settings, folder: Path, go_on: bool) -> dict[str, int]:
    file = _file(settings)
    assert file is not None
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(f"sqlite:///{folder / DATABASE}")
    upgrade(engine)
    counts = restored.settle(engine, time.time(), go_on)
    engine.dispose()
    _put_sqlite(folder / DATABASE, file)
    return counts


def _load_postgres(settings: Settings, folder: Path, go_on: bool) -> dict[str, int]:
    engine = open_engine(_url(settings))
    try:
        copies.load_postgres(engine.url, folder / DATABASE)
        upgrade(engine)
        return restored.settle(engine, time.time(), go_on)
    finally:
        engine.dispose()


def _put_sqlite(source: Path, target: Path) -> None:
    """Put a database in the place of another one, whose journal must not be applied to it."""
    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
    copies.copy_sqlite(source, fresh)
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    fresh.replace(target)


def _put_key(target: Path, source: Path) -> None:
    """Put the key in place; one that lies there is kept beside it."""
    if target.exists() and target.read_bytes().strip() != source.read_bytes().strip():
        target.replace(target.with_name(f"{target.name}.before-{int(time.time())}"))
    source.replace(target)
