"""What all tests share: no network beyond loopback, and the real knowledge loaded once."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts
from sqlalchemy import Engine

from bot.assessment.assessor import Assessor
from knowledge_base import shelf as shelves
from knowledge_base.encoder.builtin import BuiltinEncoder
from knowledge_base.shelf import Shelf
from storage.engine import open_engine
from storage.migrate import upgrade


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
    """A PostgreSQL server of our own on a free port; it refuses to run as root, so then another user runs it."""
    programs = [Path(found).parent for found in map(shutil.which, ("initdb", "pg_ctl")) if found]
    programs += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    home = next((folder for folder in programs if (folder / "pg_ctl").exists()), None)
    if home is None:
        if os.environ.get("CI"):
            pytest.fail("CI must not skip the PostgreSQL tests: on Debian, apt-get install postgresql")
        pytest.skip("no PostgreSQL found; on Debian: apt-get install postgresql")
    folder = Path(
        tempfile.mkdtemp(prefix="fanzha-pg-")
    )  # short: a Unix socket's path has 107 characters at most
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *words: str) -> None:
        command = [*as_user, str(home / program), "-D", str(folder / "data"), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
    run("initdb", "-U", "fanzha", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    yield f"postgresql+psycopg://fanzha@127.0.0.1:{port}/postgres"
    run("pg_ctl", "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


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
