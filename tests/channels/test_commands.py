"""The operator's commands: letters, keys, tokens."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

import fanzha
from channels import people, posting
from channels.base import Inbound, Reply
from channels.keys import load_keys
from channels.operators import load_operators
from storage.engine import default_url, open_engine
from storage.migrate import upgrade
from storage.tables import outbox

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one message that died and one that perhaps arrived."""
    monkeypatch.setenv("FANZHA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("FANZHA_DATABASE_URL", raising=False)
    engine, keys = open_engine(default_url(tmp_path)), load_keys("", tmp_path)
    upgrade(engine)
    with engine.begin() as connection:
        message = Inbound("push", "openid-1", account="acc")
        met = people.meet(connection, keys, message, keys.owner("push", "openid-1", "acc"), 1.0)
        for state in ("dead", "unknown", "sent"):
            posting.add(connection, keys, met.id, [(Reply("秘密的话"), False)], 1.0, 1.0)
            new = update(outbox).where(outbox.c.state == "queued")
            connection.execute(new.values(state=state, cause="blocked", attempts=3))
    return tmp_path


def states(folder: Path) -> list[str]:
    with open_engine(default_url(folder)).connect() as connection:
        return list(connection.scalars(select(outbox.c.state).order_by(outbox.c.id)))


def test_letters_are_listed_without_their_text_and_sent_again(folder: Path) -> None:
    dead = RUN.invoke(fanzha.app, ["letters", "list"])
    assert dead.exit_code == 0 and "blocked" in dead.output and "秘密" not in dead.output
    assert len(RUN.invoke(fanzha.app, ["letters", "list", "--state", "sent"]).output.splitlines()) == 0
    again = RUN.invoke(fanzha.app, ["letters", "resend", "--every-dead"])
    assert again.exit_code == 0 and states(folder) == ["queued", "unknown", "sent"]
    assert RUN.invoke(fanzha.app, ["letters", "resend", "3"]).exit_code == 1, "it was sent"
    assert RUN.invoke(fanzha.app, ["letters", "resend", "2"]).exit_code == 0
    assert states(folder) == ["queued", "queued", "sent"]


def test_keys_are_rotated_and_rows_written_anew(folder: Path) -> None:
    before = (folder / "vault.key").read_text()
    assert RUN.invoke(fanzha.app, ["keys", "rotate"]).exit_code == 0
    fresh, old = (folder / "vault.key").read_text().split(",")
    assert old == before != fresh
    assert "4 rows written anew; 0 that no key opens" in RUN.invoke(fanzha.app, ["keys", "reseal"]).output
    (folder / "vault.key").write_text(fresh)
    assert "0 that no key opens" in RUN.invoke(fanzha.app, ["keys", "reseal"]).output


def test_a_key_in_the_settings_is_not_touched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = (folder / "vault.key").read_text()
    monkeypatch.setenv("FANZHA_VAULT_KEY", setting)
    shown = RUN.invoke(fanzha.app, ["keys", "rotate"]).output
    assert "FANZHA_VAULT_KEY" in shown and setting not in shown
    assert (folder / "vault.key").read_text() == setting


def test_a_token_is_shown_once_and_its_entry_is_understood() -> None:
    shown = RUN.invoke(fanzha.app, ["operator", "li", "admin"]).output.split()
    token = next(word for word in shown if len(word) == 43)
    entry = next(word for word in shown if word.startswith("li:admin:"))
    assert token not in entry
    assert load_operators(entry).known(f"Bearer {token}") is not None
