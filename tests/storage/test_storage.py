"""Engine and migrations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pytest_socket import enable_socket
from sqlalchemy import Engine, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from storage import engine as engines
from storage import migrate
from storage.engine import StorageError, alive, default_url, open_engine, reading
from storage.migrate import upgrade
from storage.tables import audit, metadata


def test_a_fresh_database_gets_exactly_the_tables_and_a_second_start_changes_nothing(tmp_path: Path) -> None:
    engine = open_engine(default_url(tmp_path / "new" / "folder"))
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO feedback VALUES ('2026-01-01', 'helpful', 1)")
    upgrade(engine)
    assert alive(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.exec_driver_sql("SELECT count(*) FROM feedback").scalar() == 1


def test_sqlite_is_prepared(tmp_path: Path) -> None:
    with open_engine(default_url(tmp_path)).connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "secure_delete", "busy_timeout", "synchronous")
        }
    assert pragma == {"journal_mode": "wal", "secure_delete": 1, "busy_timeout": 3000, "synchronous": 1}


def test_both_databases_get_exactly_the_tables(any_engine: Engine) -> None:
    upgrade(any_engine)
    with any_engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_audit_is_only_added_to(any_engine: Engine) -> None:
    line = {"at": 1.0, "operator": "li", "role": "agent", "action": "claim", "subject": "case 1"}
    with any_engine.begin() as connection:
        connection.execute(insert(audit).values(**line))
    for change in (update(audit).values(operator="wang"), delete(audit)):
        with pytest.raises(DBAPIError), any_engine.begin() as connection:
            connection.execute(change)
    with any_engine.connect() as connection:
        assert [row.operator for row in connection.execute(select(audit))] == ["li"]


def test_who_reads_before_writing_waits_and_does_not_fail(tmp_path: Path) -> None:
    engine = open_engine(default_url(tmp_path))
    upgrade(engine)

    def add_one(_: int) -> None:
        with engine.begin() as connection:
            count = connection.exec_driver_sql("SELECT coalesce(max(count), 0) FROM feedback").scalar_one()
            connection.exec_driver_sql("DELETE FROM feedback")
            connection.exec_driver_sql("INSERT INTO feedback VALUES ('d', 'v', ?)", (count + 1,))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_one, range(40)))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count FROM feedback").scalar() == 40


@pytest.mark.parametrize("url", ["not an address", "postgresql+nodriver://user:hush@db/x", "nosuch://hush@x"])
def test_an_unusable_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StorageError) as caught:
        open_engine(url)
    assert "hush" not in str(caught.value)


def test_a_start_waits_for_a_server_that_is_away_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    away = OperationalError("connect", {}, Exception("refused"))
    failures: list[Exception] = [away, away]

    def upgrade(_: object) -> None:
        if failures:
            raise failures.pop(0)

    monkeypatch.setattr(migrate, "upgrade", upgrade)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.01)
    server, file = (
        cast("Engine", SimpleNamespace(dialect=SimpleNamespace(name=name)))
        for name in ("postgresql", "sqlite")
    )
    migrate.upgrade_patiently(server, 5.0)
    assert failures == []
    for engine, seconds in ((server, 0.0), (file, 5.0)):
        failures.append(away)
        with pytest.raises(OperationalError):
            migrate.upgrade_patiently(engine, seconds)


def test_a_line_that_broke_while_it_rested_is_opened_anew(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enable_socket()
    engine, other = open_engine(postgres_url), open_engine(postgres_url)

    def cut() -> None:
        with engine.connect() as connection:
            number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with other.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({number})")

    monkeypatch.setattr(engines, "RESTED_SECONDS", 0.0)
    cut()
    assert alive(engine)
    monkeypatch.setattr(engines, "RESTED_SECONDS", 60.0)
    cut()
    with pytest.raises(OperationalError):
        alive(engine)
    assert alive(engine)
    engine.dispose()
    other.dispose()


def test_questions_leave_the_prepared_statements_of_a_line_alone(postgres_url: str) -> None:
    """A ROLLBACK makes psycopg drop them all: every statement would be planned anew, at twice the cost."""
    enable_socket()
    engine = open_engine(postgres_url)
    prepared = text("SELECT count(*) FROM pg_prepared_statements")
    try:
        with engine.begin() as connection:
            for number in range(8):  # psycopg prepares what it sees the sixth time
                connection.execute(text("SELECT CAST(:number AS integer)"), {"number": number})
        with reading(engine).connect() as connection:
            before = connection.execute(prepared).scalar_one()
        with reading(engine).connect() as connection:
            assert connection.execute(prepared).scalar_one() == before > 0
        with engine.begin() as connection:
            assert connection.execute(prepared).scalar_one() == before
            assert connection.get_isolation_level() == "READ COMMITTED", "writers keep their transactions"
    finally:
        engine.dispose()
