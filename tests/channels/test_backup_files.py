"""The file a backup is: its keys, its checksums, and what is refused."""

from __future__ import annotations

import io
import json
import stat
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from backup_home import Home
from pytest_socket import enable_socket
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

import fanzha
from channels import backup
from channels.rekey import new_key
from storage import copies
from storage.engine import StorageError

RUN = CliRunner()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    enable_socket()
    (tmp_path / "home").mkdir()
    one = Home(tmp_path / "home")
    one.fill()
    return one


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    return Home(tmp_path / "empty")


def names(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return archive.getnames()


def test_keys_stay_out_unless_asked_for(home: Home, tmp_path: Path) -> None:
    backup.make(home.settings(), tmp_path / "a.tar", with_keys=False)
    backup.make(home.settings(), tmp_path / "b.tar", with_keys=True)
    key = (home.folder / "vault.key").read_bytes()
    assert names(tmp_path / "a.tar") == ["manifest.json", "database"]
    assert key not in (tmp_path / "a.tar").read_bytes()
    assert names(tmp_path / "b.tar") == ["manifest.json", "database", "vault.key"]
    for name in ("a.tar", "b.tar"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "b.tar", "home"], "nothing left over"


def test_without_its_key_a_backup_is_refused_before_anything_changes(
    home: Home, empty: Home, tmp_path: Path
) -> None:
    backup.make(home.settings(), tmp_path / "a.tar", with_keys=False)
    for settings in (empty.settings(), empty.settings(vault_key=new_key())):
        with pytest.raises(StorageError, match="key that opens this backup is not in"):
            backup.restore(settings, tmp_path / "a.tar", force=False, go_on=None)
    assert list(empty.folder.iterdir()) == []
    key = (home.folder / "vault.key").read_text()
    done = backup.restore(
        empty.settings(vault_key=f"{new_key()},{key}"), tmp_path / "a.tar", force=False, go_on=None
    )
    assert done.answers == 1


def test_a_key_that_comes_along_is_put_in_place(home: Home, empty: Home, tmp_path: Path) -> None:
    backup.make(home.settings(), tmp_path / "b.tar", with_keys=True)
    backup.restore(empty.settings(), tmp_path / "b.tar", force=False, go_on=None)
    path = empty.folder / "vault.key"
    assert path.read_text() == (home.folder / "vault.key").read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(one.name for one in empty.folder.iterdir()) == ["fanzha.db", "vault.key"]


@pytest.mark.parametrize("at", [0.02, 0.3, 0.7, 0.97])
def test_a_damaged_backup_is_refused(home: Home, empty: Home, tmp_path: Path, at: float) -> None:
    path = tmp_path / "a.tar"
    backup.make(home.settings(), path, with_keys=True)
    with tarfile.open(path) as archive:
        last = archive.getmembers()[-1]
        end = last.offset_data + last.size  # what follows is tar's own padding
    raw = bytearray(path.read_bytes())
    spot = int(end * at)
    raw[spot : spot + 3] = bytes(byte ^ 0xFF for byte in raw[spot : spot + 3])
    path.write_bytes(raw)
    with pytest.raises(StorageError, match=r"damaged|another version"):
        backup.restore(empty.settings(), path, force=False, go_on=None)
    assert not (empty.folder / "fanzha.db").exists()


def craft(path: Path, members: list[tuple[str, bytes]], kind: bytes = tarfile.REGTYPE) -> None:
    with tarfile.open(path, "w") as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            if name != "manifest.json":
                member.type = kind
                member.linkname = "/etc/passwd"
            archive.addfile(member, io.BytesIO(data))


def manifest(**changes: object) -> bytes:
    known = {
        "made_at": 1.0,
        "database": "sqlite",
        "schema": "0001",
        "running": False,
        "keys": [],
        "format": 1,
    }
    return json.dumps({**known, "files": {"database": "0" * 64}, **changes}).encode()


@pytest.mark.parametrize(
    "members",
    [
        [],
        [("database", b"x")],
        [("manifest.json", b"{}")],
        [("manifest.json", b"[" * 60_000)],
        [("manifest.json", b" " * 70_000)],
        [("manifest.json", manifest(files={"../../etc/cron.d/x": "0" * 64})), ("../../etc/cron.d/x", b"x")],
        [("manifest.json", manifest()), ("../database", b"x")],
        [("manifest.json", manifest()), ("database", b"x")],
        [("manifest.json", manifest(format=2)), ("database", b"x")],
        [("manifest.json", manifest(files={})), ("extra", b"x")],
    ],
)
def test_a_crafted_file_is_refused(empty: Home, tmp_path: Path, members: list[tuple[str, bytes]]) -> None:
    enable_socket()
    craft(tmp_path / "c.tar", members)
    with pytest.raises(StorageError):
        backup.restore(empty.settings(), tmp_path / "c.tar", force=True, go_on=None)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["c.tar", "empty"]
    assert list(empty.folder.iterdir()) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_only_plain_files_are_unpacked(empty: Home, tmp_path: Path, kind: bytes) -> None:
    craft(tmp_path / "c.tar", [("manifest.json", manifest()), ("database", b"")], kind)
    with pytest.raises(StorageError):
        backup.restore(empty.settings(), tmp_path / "c.tar", force=True, go_on=None)


def test_no_file_and_no_tar(empty: Home, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no tar at all" * 100)
    for name, said in (("missing", "no such file"), ("x", "not a backup")):
        with pytest.raises(StorageError, match=said):
            backup.restore(empty.settings(), tmp_path / name, force=True, go_on=None)


def test_an_older_backup_is_never_replaced(home: Home, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"older")
    with pytest.raises(StorageError, match="there already"):
        backup.make(home.settings(), tmp_path / "a.tar", with_keys=False)
    assert (tmp_path / "a.tar").read_bytes() == b"older"


def test_the_other_kind_of_database_is_refused(home: Home, empty: Home, tmp_path: Path) -> None:
    backup.make(home.settings(), tmp_path / "a.tar", with_keys=True)
    other = empty.settings(database_url="postgresql+psycopg://127.0.0.1:1/x")
    with pytest.raises(StorageError, match="the same kind"):
        backup.restore(other, tmp_path / "a.tar", force=True, go_on=None)


def test_nothing_to_back_up(empty: Home, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no database"):
        backup.make(empty.settings(), tmp_path / "a.tar", with_keys=False)
    assert not empty.folder.exists()


def test_a_gateway_that_answers_is_noticed(home: Home) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    engine = home.engine()
    assert backup.in_use(home.settings(port=server.server_address[1]), engine)
    assert not backup.in_use(home.settings(), engine)
    engine.dispose()
    server.shutdown()
    server.server_close()


def test_programs_that_are_missing_or_fail_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enable_socket()
    url = make_url("postgresql+psycopg://u:hu'sh@127.0.0.1:1/x")
    if any(Path(copies.DEBIAN).glob("*/bin/pg_dump")):
        with pytest.raises(StorageError, match="pg_dump failed") as caught:
            copies.dump_postgres(url, tmp_path / "d")
        assert "sh@" not in str(caught.value)
    monkeypatch.setattr(copies, "DEBIAN", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StorageError, match="apt install postgresql-client"):
        copies.dump_postgres(url, tmp_path / "d")


def test_a_password_stands_in_a_file_and_not_in_the_words() -> None:
    with copies._connection(make_url("postgresql+psycopg://u:a%3Ab%5Cc@h:5/d?sslmode=require")) as words:
        assert "a:b" not in words and "sslmode='require'" in words and "host='h'" in words
        path = Path(words.partition("passfile='")[2].rstrip("'"))
        assert path.read_text() == "*:*:*:*:a\\:b\\\\c"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


def test_the_commands(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANZHA_DATA_DIR", str(home.folder))
    monkeypatch.setenv("FANZHA_PORT", "1")
    made = RUN.invoke(fanzha.app, ["backup", str(tmp_path / "a.tar")])
    assert made.exit_code == 0 and "keep them apart" in made.output
    assert "whoever has this file" in RUN.invoke(
        fanzha.app, ["backup", str(tmp_path / "b.tar"), "--with-keys"]
    ).output.replace("\n", " ")
    refused = RUN.invoke(fanzha.app, ["restore", str(tmp_path / "a.tar")])
    assert isinstance(refused.exception, StorageError) and "--force" in str(refused.exception)
    done = RUN.invoke(fanzha.app, ["restore", str(tmp_path / "a.tar"), "--force", "--drop-waiting"])
    assert done.exit_code == 0 and "3 answers" in done.output and "1 messages" in done.output
