"""The doctor's looks at settings, data and platforms; WeChat is the strict fake."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wechat_requests as wx
from pytest_socket import enable_socket
from sqlalchemy import Engine
from wechat_fake import Fake, running

from channels import people
from channels.base import Inbound
from channels.doctor import configured, examine, kept, reached, wechat
from channels.doctor.finding import Finding, Level, ok
from channels.keys import load_keys
from channels.rekey import new_key
from channels.settings import Settings
from storage.engine import default_url, open_engine
from storage.migrate import newest, revision, upgrade

HASH = "0" * 64


def by_name(found: Iterator[Finding]) -> dict[str, Finding]:
    return {one.name: one for one in found}


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Settings]:
    enable_socket()
    return lambda **more: wx.settings(
        **{"data_dir": tmp_path, "public_base_url": "https://bot.example.com", **more}
    )


async def asked(fake: Fake, clock: Callable[[], float] = time.time, **more: Any) -> dict[str, Finding]:
    settings = wx.settings(wechat_api_base=fake.address, **more)
    return by_name(iter(await asyncio.to_thread(lambda: list(wechat.look(settings, clock)))))


async def test_wechat_lets_us_in() -> None:
    enable_socket()
    async with running() as fake:
        found = await asked(fake)
    assert {name: one.level for name, one in found.items()} == {"WeChat token": Level.OK, "clock": Level.OK}


async def test_the_white_list_is_explained_with_the_address_that_wechat_saw() -> None:
    enable_socket()
    async with running() as fake:
        fake.world.ip_listed = False
        found = (await asked(fake))["WeChat token"]
    assert found.level is Level.ERROR
    assert "203.0.113.9, which is not on the white list (40164)" in found.said
    assert "white list" in found.cure


@pytest.mark.parametrize(
    ("change", "code", "variable"),
    [
        ({"wechat_app_secret": "wrong"}, "40125", "FANZHA_WECHAT_APP_SECRET"),
        ({"wechat_app_id": "wx0000000000000009"}, "40013", "FANZHA_WECHAT_APP_ID"),
    ],
)
async def test_wrong_credentials_are_named(change: dict[str, str], code: str, variable: str) -> None:
    enable_socket()
    async with running() as fake:
        found = (await asked(fake, **change))["WeChat token"]
    assert found.level is Level.ERROR
    assert code in found.said and variable in found.cure
    assert "wrong" not in found.said and "wx00" not in found.said


@pytest.mark.parametrize(
    ("off", "level"), [(10, Level.OK), (60, Level.WARNING), (-290, Level.WARNING), (310, Level.ERROR)]
)
async def test_the_clock_is_compared_with_wechats(off: float, level: Level) -> None:
    enable_socket()
    async with running() as fake:
        found = (await asked(fake, clock=lambda: time.time() + off))["clock"]
    assert found.level is level
    assert ("ahead" in found.said) is (off > 0)


async def test_a_wechat_that_cannot_be_read_or_reached() -> None:
    enable_socket()
    async with running() as fake:
        fake.world.faults["/cgi-bin/stable_token"] = deque([{"status": 502}])
        assert "status 502" in (await asked(fake))["WeChat token"].said
    found = (await asked(fake))["WeChat token"]
    assert found.level is Level.ERROR and "cannot be reached (ConnectError)" in found.said


def test_addresses_are_found_in_wechats_words() -> None:
    words = "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 6740aa00-1a2b3c4d-5e6f"
    assert wechat.addresses(words) == ["203.0.113.9"]
    assert wechat.addresses("invalid ip 2001:db8::7, not in whitelist") == ["2001:db8::7"]
    assert wechat.addresses("not in whitelist") == []


@pytest.mark.parametrize(
    ("change", "name", "level", "said"),
    [
        ({}, "public address", Level.OK, "https://"),
        ({"public_base_url": "http://127.0.0.1:8000"}, "public address", Level.ERROR, "this machine"),
        ({"public_base_url": "http://10.1.2.3"}, "public address", Level.ERROR, "or network only"),
        ({"public_base_url": "http://bot.example.com"}, "public address", Level.ERROR, "not encrypted"),
        ({"public_base_url": "https://bot.example.com:8443"}, "public address", Level.ERROR, "8443"),
        ({"wechat_aes_key": "x" * 42}, "WeChat key", Level.ERROR, "42 characters"),
        ({"wechat_plain": True}, "WeChat key", Level.ERROR, "plain mode"),
        ({"wechat_token": ""}, "channel wechat", Level.ERROR, "FANZHA_WECHAT_TOKEN"),
        ({}, "channel wechat", Level.OK, "on"),
        ({}, "operators", Level.WARNING, "nobody can take over"),
        ({"operators": f"li:agent:{HASH}"}, "operators", Level.OK, "1 set up"),
        ({"operators": "li:boss:1"}, "operators", Level.ERROR, "FANZHA_OPERATORS"),
        ({"schools_file": "/no/such/file"}, "schools", Level.ERROR, "FANZHA_SCHOOLS_FILE"),
        ({}, "hotlines", Level.WARNING, "never called"),
    ],
)
def test_settings_are_judged(
    make: Callable[..., Settings], change: dict[str, Any], name: str, level: Level, said: str
) -> None:
    found = by_name(configured.look(make(**change)))[name]
    assert found.level is level
    assert said in found.said
    assert bool(found.cure) is (level is not Level.OK)


def test_a_trial_on_one_machine_needs_no_public_address(tmp_path: Path) -> None:
    found = by_name(configured.look(Settings(_env_file=None, data_dir=tmp_path)))
    assert found["public address"].level is Level.OK


def test_nothing_is_made_where_nothing_is(make: Callable[..., Settings], tmp_path: Path) -> None:
    found = by_name(kept.look(make()))
    assert {one.level for one in found.values()} == {Level.OK}
    assert list(tmp_path.iterdir()) == []


def person(engine: Engine, folder: Path, key: str = "") -> None:
    keys = load_keys(key, folder)
    message = Inbound("push", "openid-1", account="acc")
    with engine.begin() as connection:
        people.meet(connection, keys, message, keys.owner("push", "openid-1", "acc"), 1.0)


def test_the_key_must_be_there_be_private_and_fit(make: Callable[..., Settings], tmp_path: Path) -> None:
    engine = open_engine(default_url(tmp_path))
    upgrade(engine)
    person(engine, tmp_path)
    path = tmp_path / "vault.key"
    assert by_name(kept.look(make()))["vault key"].level is Level.OK
    path.chmod(0o644)
    assert "chmod 600" in by_name(kept.look(make()))["vault key"].cure
    path.chmod(0o600)
    other = by_name(kept.look(make(vault_key=new_key())))["vault key"]
    assert other.level is Level.ERROR and "does not open" in other.said
    path.unlink()
    gone = by_name(kept.look(make()))["vault key"]
    assert gone.level is Level.ERROR and "is gone" in gone.said
    assert not path.exists()
    assert "each key must be" in by_name(kept.look(make(vault_key="short")))["vault key"].said


def test_old_and_too_new_schemas_are_told_apart(make: Callable[..., Settings], any_engine: Engine) -> None:
    url = any_engine.url.render_as_string(hide_password=False)
    assert by_name(kept.look(make(database_url=url)))["database"].said.endswith(f"schema {newest()}")
    for version, level in (("0001", Level.WARNING), ("9999", Level.ERROR)):
        with any_engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
        assert by_name(kept.look(make(database_url=url)))["database"].level is level
    with any_engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newest()}'")
    assert revision(any_engine) == newest()


def test_what_cannot_be_opened_or_reached(make: Callable[..., Settings]) -> None:
    away = make(
        database_url="postgresql+psycopg://u:hush@127.0.0.1:1/x", redis_url="redis://:hush@127.0.0.1:1/0"
    )
    found = by_name(kept.look(away))
    assert found["database"].level is found["Redis"].level is Level.ERROR
    assert "hush" not in str(found)
    assert by_name(kept.look(make(database_url="nonsense")))["database"].level is Level.ERROR


def test_little_disk(make: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((1e8, Level.ERROR), (1e9, Level.WARNING), (1e10, Level.OK)):
        monkeypatch.setattr(kept, "free_bytes", lambda _, left=free: left)
        assert by_name(kept.look(make()))["disk"].level is level


def test_parts_that_are_away(make: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    here = make(port=1, rasa_port=2, actions_url="http://127.0.0.1:3/webhook")
    found = by_name(reached.look(here))
    assert found["dialogue engine"].level is found["actions"].level is Level.WARNING  # nothing was started
    remote = make(port=1, rasa_url="http://rasa.example.invalid:5005,http://127.0.0.1:2")
    found = by_name(reached.look(remote))
    assert found["dialogue engine 1"].level is Level.ERROR
    monkeypatch.setattr(reached, "_asked", lambda _, url: "" if "healthz" in url else "ConnectError")
    assert by_name(reached.look(here))["actions"].level is Level.ERROR  # beside a gateway that runs
    monkeypatch.setattr(reached, "_asked", lambda _, url: "ConnectError" if "5056" in url else "")
    found = by_name(reached.look(make(port=1)))
    assert found["campaigns"].level is Level.ERROR and "six hours" in found["campaigns"].cure


def test_a_look_that_breaks_does_not_hide_the_others(tmp_path: Path) -> None:
    def broken(_: Settings) -> Iterator[Finding]:
        raise ValueError("hush")
        yield

    found = examine.examine(None, broken, looks=(lambda _: iter([ok("a", "b")]),))
    assert [one.level for one in found] == [Level.OK, Level.ERROR]
    assert "hush" not in str(found) and not examine.healthy(found)
