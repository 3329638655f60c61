"""What all tests share: no network beyond loopback, and the real knowledge loaded once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts
from sqlalchemy import Engine

from bench.servers import NoServer, postgres, redis
from bot.assessment.assessor import Assessor
from knowledge_base import shelf as shelves
from knowledge_base.encoder.builtin import BuiltinEncoder
from knowledge_base.shelf import Shelf
from storage.engine import open_engine
from storage.migrate import upgrade

T = TypeVar("T")


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest) -> None:
    """Refuse every connection but loopback ones (real processes, fakes, the browser)."""
    if request.node.get_closest_marker("processes") or request.node.get_closest_marker("browser"):
        return
    disable_socket(allow_unix_socket=True)
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    """The assessor as people meet it (index and scorer stand from `fanzha index`)."""
    return Assessor.load()


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """Everything we know."""
    return shelves.load()


@pytest.fixture(scope="session")
def encoder() -> BuiltinEncoder:
    """The built-in encoder."""
    return BuiltinEncoder()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own; it does not wait for the disk, since nothing outlives the tests."""
    with _server(postgres(durable=False)) as server:
        yield server.url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server of our own."""
    with _server(redis()) as url:
        yield url


@contextmanager
def _server(started: AbstractContextManager[T]) -> Iterator[T]:
    """Skip where the server is not installed, but never in CI."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(started)
        except NoServer as error:
            if os.environ.get("CI"):
                pytest.fail(f"CI must not skip the tests of servers: {error}")
            pytest.skip(str(error))
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def any_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A fresh database, brought up to date: once SQLite, once PostgreSQL."""
    enable_socket()
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
        upgrade(engine)
        yield engine
    else:
        engine = open_engine(request.getfixturevalue("postgres_url"))
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        upgrade(engine)
        yield engine
    engine.dispose()
