"""A whole database into a file and back: SQLite by its online backup, PostgreSQL by its own programs."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import URL

from storage.engine import StorageError

DEBIAN = "/usr/lib/postgresql"  # a folder for each version, out of the path
# Everything of ours goes, also what the backup does not know: tables of a newer schema would be in its way.
EMPTY = """\
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', one.tablename);
  END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
             AND proowner = current_user::regrole LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', one.name);
  END LOOP;
END $$;
"""


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database as of one moment; whoever writes to it goes on. Raises ``StorageError``."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            sound = new.execute("PRAGMA integrity_check").fetchone()
            new.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        raise StorageError(f"{source} cannot be copied ({type(error).__name__})") from None
    if sound != ("ok",):
        raise StorageError(f"{source} is damaged: its own check says so")


def dump_postgres(url: URL, target: Path) -> None:
    """Write the whole database to ``target`` in pg_dump's own format. Raises ``StorageError``."""
    with _connection(url) as words:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}", words)


def load_postgres(url: URL, source: Path) -> None:
    """Replace all of ours in the database by what ``dump_postgres`` wrote: all or nothing. Raises ``StorageError``."""
    with TemporaryDirectory() as folder:
        empty, script = Path(folder, "empty.sql"), Path(folder, "load.sql")
        empty.write_text(EMPTY, encoding="utf-8")
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
        with _connection(url) as words:
            steps = (f"--file={empty}", f"--file={script}")
            _run("psql", "--no-psqlrc", "--quiet", "--single-transaction", *STOP, *steps, words)


STOP = ("--set=ON_ERROR_STOP=1", "--output=/dev/null")


@contextlib.contextmanager
def _connection(url: URL) -> Iterator[str]:
    """Give the words that name ``url`` to a program of PostgreSQL; the password stands in a file, not in them."""
    with TemporaryDirectory() as folder:
        secret = Path(folder, "pass")
        secret.touch(mode=0o600)
        secret.write_text(":".join(["*", "*", "*", "*", _escaped(str(url.password or ""))]), encoding="utf-8")
        known = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
        known |= {name: str(value) for name, value in url.query.items()}
        known["passfile"] = str(secret)
        words = (f"{name}={_quoted(str(value))}" for name, value in known.items() if value)
        yield f"--dbname={' '.join(words)}"


def _run(program: str, *words: str) -> None:
    done = subprocess.run(
        [find(program), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        # Its errors name hosts and tables; a line of data could be quoted after DETAIL or CONTEXT.
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()][:1]
        raise StorageError(f"{program} failed" + (f": {said[0].split('DETAIL')[0][:200]}" if said else ""))


def find(program: str) -> str:
    """Return where a program of PostgreSQL is, the newest one. Raises ``StorageError`` when there is none."""
    versions = sorted(Path(DEBIAN).glob(f"*/bin/{program}"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(program)
    if found is None:
        raise StorageError(f"{program} is not installed: apt install postgresql-client")
    return found


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
