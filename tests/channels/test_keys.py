"""Keys: where they come from, what a pseudonym looks like."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from channels.keys import KeyFault, derive, load_keys


def encoded(byte: bytes, size: int = 32) -> str:
    return base64.urlsafe_b64encode(byte * size).decode()


def test_a_key_file_is_made_once_for_its_user_only(tmp_path: Path) -> None:
    first, second = load_keys("", tmp_path / "data"), load_keys("", tmp_path / "data")
    path = tmp_path / "data" / "vault.key"
    assert first.owner("web", "a") == second.owner("web", "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["vault.key"]


def test_a_key_file_made_by_another_process_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vault.key"
    path.write_text(encoded(b"x"))
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert load_keys("", tmp_path).owner("web", "a") == derive([b"x" * 32]).owner("web", "a")


@pytest.mark.parametrize("setting", ["short", "*" * 44, encoded(b"x", 31), f"{encoded(b'x')},"])
def test_a_bad_setting_is_named_and_not_shown(tmp_path: Path, setting: str) -> None:
    with pytest.raises(KeyFault, match="FANZHA_VAULT_KEY") as caught:
        load_keys(setting, tmp_path)
    assert setting not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"garbage"])
def test_a_bad_key_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vault.key").write_bytes(content)
    with pytest.raises(KeyFault, match=r"vault\.key"):
        load_keys("", tmp_path)


def test_pseudonyms_differ_by_channel_person_and_key() -> None:
    one, two = derive([b"1" * 32]), derive([b"2" * 32, b"1" * 32])
    names = {one.owner("web", "a").current, one.owner("wx", "a").current, one.owner("web", "b").current}
    assert len(names) == 3
    assert two.owner("web", "a").names[1] == one.owner("web", "a").current
    assert two.owner("web", "a").current != one.owner("web", "a").current


def test_setting_with_two_keys_seals_with_the_first(tmp_path: Path) -> None:
    keys = load_keys(f"{encoded(b'n')}, {encoded(b'o')}", tmp_path)
    sealed = keys.seal("13900001111", "context")
    assert derive([b"n" * 32]).unseal(sealed, "context") == "13900001111"
    assert derive([b"o" * 32]).unseal(sealed, "context") is None
    assert keys.unseal(sealed, "other context") is None
    assert "n" * 32 not in repr(keys)
