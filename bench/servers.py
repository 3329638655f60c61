"""PostgreSQL and Redis of our own on free ports, thrown away afterwards; PostgreSQL can be made to crash.

PostgreSQL refuses to run as root, so then the user ``postgres`` runs it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 15.0


class NoServer(Exception):
    """The program is not installed; the message says how to get it."""


class Postgres:
    """A server with a fresh, empty database. ``url`` is SQLAlchemy's address of it."""

    def __init__(self, durable: bool = True) -> None:
        """Make the files. ``durable``: commits wait for the disk, as they do in earnest. Raises ``NoServer``."""
        self._home = _postgres_home()
        # Short: a Unix socket's path has 107 characters at most.
        self.folder = Path(tempfile.mkdtemp(prefix="fanzha-pg-"))
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as_user:
            shutil.chown(self.folder, "postgres")
        self.port = free_port()
        self.url = f"postgresql+psycopg://fanzha@127.0.0.1:{self.port}/postgres"
        fsync = "on" if durable else "off"
        self._options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} -c fsync={fsync}"
        self._run("initdb", "-U", "fanzha", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")

    def start(self) -> None:
        """Start, and wait until it answers; after a crash it first brings its files in order."""
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", self._options, "start")

    def crash(self) -> None:
        """End at once, as by a power cut: nothing is written down, every line is cut."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        """Delete all files of the stopped server."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def pid(self) -> int:
        """Return the number of the running server's first process."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as_user, str(self._home / program), "-D", str(self.folder / "data"), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def postgres(durable: bool = True) -> Iterator[Postgres]:
    """Give a running server; it and its files are gone afterwards. Raises ``NoServer``."""
    server = Postgres(durable)
    try:
        server.start()
        yield server
        server.crash()
    finally:
        server.remove()


@contextmanager
def redis() -> Iterator[str]:
    """Give the address of a Redis that writes nothing to a disk. Raises ``NoServer``."""
    program = shutil.which("redis-server")
    if program is None:
        raise NoServer("no Redis found; on Debian: apt-get install redis-server")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        _wait(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _postgres_home() -> Path:
    programs = [Path(found).parent for found in map(shutil.which, ("initdb", "pg_ctl")) if found]
    programs += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    home = next((folder for folder in programs if (folder / "pg_ctl").exists()), None)
    if home is None:
        raise NoServer("no PostgreSQL found; on Debian: apt-get install postgresql")
    return home


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise NoServer("the server did not start")
