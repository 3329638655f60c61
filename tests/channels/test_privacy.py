"""The vault: numbers go in masked, come back to their owner only, and only for a while."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text

from channels import privacy
from channels.base import Reply
from channels.keys import Owner, derive
from channels.privacy import Vault
from storage.engine import open_engine
from storage.migrate import upgrade
from storage.tables import vault as table

OLD, NEW = b"o" * 32, b"n" * 32
KEYS = derive([OLD])
HOUR = 3600.0
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
fillers = st.text(st.sampled_from("他让我转钱给客服快点，。!\n "), min_size=1, max_size=12)


class Clock:
    """A clock that a test turns."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    upgrade(engine)
    return engine


def shown(vault: Vault, owner: Owner, words: str) -> str:
    return vault.unmask(owner, (Reply(words),))[0].text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(mobiles, min_size=1, max_size=4), filler=fillers, who=st.uuids())
def test_masked_hides_every_number_and_only_the_owner_gets_them_back(
    engine: Engine, numbers: list[str], filler: str, who: object
) -> None:
    vault = Vault(engine, KEYS, HOUR)
    mine, stranger = KEYS.owner("web", f"mine {who}"), KEYS.owner("web", f"other {who}")
    words = filler + filler.join(numbers) + filler
    masked = vault.mask(mine, words)
    assert not any(number in masked for number in numbers)
    assert shown(vault, mine, masked) == words
    assert shown(vault, stranger, masked) == masked
    assert vault.mask(mine, words) == masked
    with engine.begin() as connection:
        assert privacy.forget(connection, mine) == len(set(numbers))
    assert shown(vault, mine, masked) == masked


def test_the_same_number_keeps_its_placeholder_and_new_ones_count_on(engine: Engine) -> None:
    vault, mine = Vault(engine, KEYS, HOUR), KEYS.owner("web", "xiaohong")
    first = vault.mask(mine, "打 13900001111")
    second = vault.mask(mine, "打 13900002222,不是 13900001111")
    assert first.split()[-1] in second
    assert len({*first.split()[-1:], *second.replace(",", " ").split()[1:2]}) == 2
    assert shown(vault, mine, second) == "打 13900002222,不是 13900001111"


def test_time_limit_use_prolongs_it_and_the_sweep_deletes(engine: Engine) -> None:
    clock = Clock()
    vault, mine = Vault(engine, KEYS, HOUR, clock), KEYS.owner("web", "xiaohong")
    masked = vault.mask(mine, "13900001111")
    clock.now += HOUR / 2
    vault.mask(mine, "13900001111")
    clock.now += HOUR * 0.75
    assert shown(vault, mine, masked) == "13900001111"
    assert vault.sweep() == 0
    clock.now += HOUR
    assert shown(vault, mine, masked) == masked
    assert vault.mask(mine, "13900009999") == masked, "the number is free again, and means the new original"
    assert shown(vault, mine, masked) == "13900009999"
    clock.now += HOUR * 2
    assert vault.sweep() == 1


def test_nothing_is_stored_in_clear(engine: Engine) -> None:
    Vault(engine, KEYS, HOUR).mask(KEYS.owner("web", "xiaohong"), "13900001111")
    with engine.connect() as connection:
        row = str(connection.execute(select(table)).one())
    assert "13900001111" not in row and "xiaohong" not in row


def test_rotated_keys_still_open_and_a_dropped_key_does_not(engine: Engine) -> None:
    masked = Vault(engine, KEYS, HOUR).mask(KEYS.owner("web", "xiaohong"), "13900001111")
    both, new = derive([NEW, OLD]), derive([NEW])
    rotated = Vault(engine, both, HOUR)
    assert shown(rotated, both.owner("web", "xiaohong"), masked) == "13900001111"
    second = rotated.mask(both.owner("web", "xiaohong"), "13900001111 13900002222")
    assert second.startswith(masked)
    assert shown(Vault(engine, new, HOUR), new.owner("web", "xiaohong"), masked) == masked


def test_a_row_moved_to_another_owner_does_not_open(engine: Engine) -> None:
    vault, thief = Vault(engine, KEYS, HOUR), KEYS.owner("web", "thief")
    masked = vault.mask(KEYS.owner("web", "xiaohong"), "13900001111")
    with engine.begin() as connection:
        connection.execute(text("UPDATE vault SET owner = :owner"), {"owner": thief.current})
    assert shown(vault, thief, masked) == masked


def test_a_person_cannot_fill_the_vault(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "MOST_KEPT", 3)
    vault, mine = Vault(engine, KEYS, HOUR), KEYS.owner("web", "xiaohong")
    words = " ".join(f"1390000{number:04d}" for number in range(10))
    assert "1390000" not in vault.mask(mine, words)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar() == 3


def test_without_personal_data_the_database_is_not_asked(tmp_path: Path) -> None:
    vault = Vault(open_engine(f"sqlite:///{tmp_path / 'no_tables.db'}"), KEYS, HOUR)
    assert vault.mask(KEYS.owner("web", "x"), "先别转账,打 96110") == "先别转账,打 96110"
    assert shown(vault, KEYS.owner("web", "x"), "先别转账") == "先别转账"
