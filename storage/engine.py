"""Open the database: SQLite in WAL mode by default, PostgreSQL by URL."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Engine, Executable, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

BUSY_TIMEOUT_MS = (
    3000  # a writer waits this long for another one, then fails; below the dialogue's time limit
)
RESTED_SECONDS = 1.0  # a line to a server that was not used for so long is tried first
USED = "used_at"


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
        engine = create_engine(address, pool_size=5, max_overflow=5, hide_parameters=True)
    except (ImportError, ArgumentError) as error:
        raise StorageError(f"no driver for a {address.drivername} database is installed") from error
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _ping_rested)
    return engine


def reading(engine: Engine) -> Engine:
    """Return ``engine`` for questions only: on SQLite they do not wait for a writer, on PostgreSQL each is alone.

    There a transaction would end in a ROLLBACK, at which psycopg drops all statements that the line has prepared.
    """
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine.execution_options(reads_only=True)


def once(connection: Connection, table: Table, values: Mapping[str, object]) -> int | None:
    """Insert a row and return its ``id``; None when a unique constraint says that it is there already."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id)
    return connection.execute(statement).scalar()


def once_each(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], key: str
) -> dict[str, int]:
    """Insert rows; return the ``id`` of each by its column ``key``, without those that were there already."""
    if not rows:
        return {}
    statement = _insert_each(connection.dialect.name, table, key)
    return {str(row[1]): int(row[0]) for row in connection.execute(statement, list(rows))}


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], key: Sequence[str]
) -> None:
    """Write rows; where one with the same primary ``key`` is there, it takes the new values."""
    if not rows:
        return
    connection.execute(_upsert(connection.dialect.name, table, tuple(rows[0]), tuple(key)), list(rows))


def add_up(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], counter: str) -> None:
    """Insert ``rows``; where one is there already, add its ``counter`` to that of the table instead."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    total = table.c[counter] + statement.excluded[counter]
    keys = [column.name for column in table.primary_key]
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={counter: total}), list(rows)
    )


@lru_cache(maxsize=64)  # putting a statement together costs as much as its execution
def _insert_each(name: str, table: Table, key: str) -> Executable:
    dialect = postgresql if name == "postgresql" else sqlite
    made: Executable = dialect.insert(table).on_conflict_do_nothing().returning(table.c.id, table.c[key])
    return made


@lru_cache(maxsize=64)
def _upsert(name: str, table: Table, columns: tuple[str, ...], key: tuple[str, ...]) -> Executable:
    statement = (postgresql if name == "postgresql" else sqlite).insert(table)
    changed = {column: statement.excluded[column] for column in columns if column not in key}
    made: Executable = statement.on_conflict_do_update(index_elements=list(key), set_=changed)
    return made


def alive(engine: Engine) -> bool:
    """Return True when the database answers; raises SQLAlchemy's error when it does not."""
    with reading(engine).connect() as connection:
        return bool(connection.execute(text("SELECT 1")).scalar_one() == 1)


def _open_sqlite(address: URL) -> Engine:
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"check_same_thread": False}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _note_use(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[USED] = time.monotonic()


def _ping_rested(connection: DBAPIConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
    # A line that was just used needs no question whether it is still there; with SQLAlchemy's own pre-ping that
    # question would be one of every five trips. Who finds a line broken makes the pool drop all others too.
    if time.monotonic() - record.info.get(USED, 0.0) < RESTED_SECONDS:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.commit()  # a rollback would drop what the line has prepared
    except Exception as error:  # the driver's own; the pool then opens new lines
        raise InvalidatePoolError from error


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads before it writes must hold the write lock from its start: SQLite refuses, without
    # waiting, to turn an outdated reader into a writer, and Python's own BEGIN comes only with the first write.
    reads = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _prepare_sqlite(connection: object, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # a DBAPI connection has no common type
    cursor = connection.cursor()  # type: ignore[attr-defined]  # transactions begin in _begin_sqlite
    # secure_delete overwrites what "forget me" removes; NORMAL outlives a crash of the process in WAL.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "secure_delete=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
