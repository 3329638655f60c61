"""Open the database: SQLite in WAL mode by default, PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = (
    3000  # a writer waits this long for another one, then fails; below the dialogue's time limit
)


class StorageError(Exception):
    """The database setting cannot be used; the message says why without repeating its password."""


def default_url(data_dir: Path) -> str:
    """Return the address of the embedded database file in ``data_dir``."""
    return f"sqlite:///{data_dir / 'fanzha.db'}"


def open_engine(url: str) -> Engine:
    """Return an engine for ``url``; makes the folder of a SQLite file. Raises ``StorageError``."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StorageError("the database address is not of the form dialect://…") from error
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address)
    try:
        return create_engine(address, pool_pre_ping=True, pool_size=5, max_overflow=5, hide_parameters=True)
    except (ImportError, ArgumentError) as error:
        raise StorageError(f"no driver for a {address.drivername} database is installed") from error


def alive(engine: Engine) -> bool:
    """Return True when the database answers; raises SQLAlchemy's error when it does not."""
    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT 1")).scalar_one() == 1)


def _open_sqlite(address: URL) -> Engine:
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"check_same_thread": False}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: object, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection has no common type
    # secure_delete overwrites what "forget me" removes; NORMAL outlives a crash of the process in WAL.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "secure_delete=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
