"""Where things are kept: database, Redis, the vault's key, the disk."""

from __future__ import annotations

from collections.abc import Iterator

import redis
from sqlalchemy import Engine, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from channels import people
from channels.doctor import stranded
from channels.doctor.finding import Finding, error, ok, warning
from channels.envelopes import Unreadable
from channels.house import free_bytes
from channels.keys import KeyFault, Keys, load_keys
from channels.settings import Settings
from storage import copies
from storage.engine import StorageError, alive, default_url, open_engine, reading
from storage.migrate import newest, revision
from storage.tables import person

FEW_BYTES, NO_BYTES = 2e9, 5e8  # of free disk: a warning below the first, an error below the second
REDIS_SECONDS = 3.0


def look(settings: Settings) -> Iterator[Finding]:
    """Look at what keeps the data."""
    engine = _engine(settings)
    if isinstance(engine, Finding):
        yield engine
    elif engine is not None:
        yield _database(engine)
        yield from _backups(engine)
        yield from stranded.look(settings, engine)
    else:
        yield ok("database", "an SQLite file, made at the first start")
    yield from _redis(settings)
    yield _key(settings, engine if isinstance(engine, Engine) else None)
    yield _disk(settings)
    if isinstance(engine, Engine):
        engine.dispose()


def _engine(settings: Settings) -> Engine | Finding | None:
    """Return the database's engine, None when its file is not there yet: looking must not make it."""
    url = settings.database_url or default_url(settings.data_dir)
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite" and not settings.database_url:
            path = settings.data_dir / "fanzha.db"
            if not path.exists():
                return None
        return open_engine(url)
    except Exception as fault:  # an address that nobody can read; its text may hold a password
        said = str(fault) if isinstance(fault, StorageError) else "the address cannot be read"
        return error("database", said, "FANZHA_DATABASE_URL=postgresql+psycopg://user:password@host/name")


def _database(engine: Engine) -> Finding:
    name, kind = "database", engine.dialect.name
    try:
        alive(engine)
        found = revision(engine)
    except SQLAlchemyError as fault:
        cause = type(getattr(fault, "orig", fault)).__name__
        return error(name, f"{kind} does not answer ({cause})", "start it; check host, name and password")
    if found == newest():
        return ok(name, f"{kind}, schema {found}")
    if found is None:
        return ok(name, f"{kind}, empty: the first start makes the tables")
    if found < newest():
        return warning(
            name, f"{kind}, schema {found}, the code has {newest()}", "the next start brings it up to date"
        )
    return error(
        name, f"{kind}, schema {found} is newer than this code ({newest()})", "run the newer version again"
    )


def _backups(engine: Engine) -> Iterator[Finding]:
    if engine.dialect.name != "postgresql":
        return
    try:
        found = copies.find("pg_dump")
    except StorageError as fault:
        yield warning("backups", str(fault), "apt install postgresql-client, of the server's version")
    else:
        yield ok("backups", f"made with {found}")


def _redis(settings: Settings) -> Iterator[Finding]:
    if not settings.redis_url:
        return
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=REDIS_SECONDS) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as fault:
        yield error(
            "Redis",
            f"does not answer ({type(fault).__name__})",
            "start it, or correct FANZHA_REDIS_URL=redis://host:6379/0",
        )
    else:
        yield ok("Redis", "answers")


def _key(settings: Settings, engine: Engine | None) -> Finding:
    name, path = "vault key", settings.data_dir / "vault.key"
    if not settings.vault_key.strip() and not path.exists():
        if engine is not None and _opens(engine, None) is False:
            return error(
                name,
                f"{path} is gone: nothing that is kept can be read",
                "put the key back from where it was kept; a new start would make a new one",
            )
        return ok(name, f"made at the first start ({path})")
    try:
        keys = load_keys(settings.vault_key, settings.data_dir)
    except KeyFault as fault:
        return error(name, str(fault), "take it from where it was kept")
    if not settings.vault_key.strip() and path.stat().st_mode & 0o077:
        return error(name, f"{path} can be read by other users of this machine", f"chmod 600 {path}")
    if engine is not None and _opens(engine, keys) is False:
        return error(
            name, "it does not open what the database holds", "use the key that belongs to this database"
        )
    return ok(name, "FANZHA_VAULT_KEY" if settings.vault_key.strip() else f"{path}, mode 600")


def _opens(engine: Engine, keys: Keys | None) -> bool | None:
    """Return whether ``keys`` open the newest row that is kept; None when nothing is."""
    try:
        with reading(engine).connect() as connection:
            row = connection.execute(select(person).order_by(person.c.last_seen.desc()).limit(1)).first()
    except SQLAlchemyError:
        return None
    if row is None:
        return None
    try:
        return keys is not None and people.person_of(row, keys) is not None
    except Unreadable:
        return False


def _disk(settings: Settings) -> Finding:
    free = free_bytes(settings.data_dir)
    said = f"{free / 1e9:.1f} GB free where {settings.data_dir} lies"
    if free < NO_BYTES:
        return error("disk", said, "make room: without it no message can be stored")
    if free < FEW_BYTES:
        return warning("disk", said, "make room")
    return ok("disk", said)
