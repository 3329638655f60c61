"""Settings: the list in .env.example, and faults that name the variable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from channels.settings import PREFIX, Settings, SettingsError, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_example_lists_the_same_variables_with_a_sentence_and_the_default_each() -> None:
    found = re.findall(r"^# (.+[.])\n(FANZHA_\w+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    defaults = Settings(_env_file=None).model_dump()
    assert {name for _, name, _ in found} == {PREFIX + name.upper() for name in defaults}
    for _, name, value in found:
        default = defaults[name.removeprefix(PREFIX).lower()]
        assert type(default)(value or default) == default, name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FANZHA_PORT", "eighty"),
        ("FANZHA_PORT", "70000"),
        ("FANZHA_RASA_URL", "ftp://secret-host"),
        ("FANZHA_VAULT_TTL_HOURS", "-1"),
        ("FANZHA_RATE_PER_MINUTE", "-5"),
        ("FANZHA_WECHAT_ACCOUNT", "secret-host"),
    ],
)
def test_a_fault_names_the_variable_and_not_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings(None)
    assert "secret-host" not in str(caught.value)


def test_env_file_is_read_the_environment_wins_and_nothing_can_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text("FANZHA_PORT=8001\nFANZHA_ENCODER=x\nFANZHA_OTHER_PROGRAM=1\n")
    monkeypatch.setenv("FANZHA_PORT", "8002")
    settings = load_settings(file)
    assert (settings.port, settings.encoder) == (8002, "x")
    with pytest.raises(ValidationError):
        settings.port = 1


def test_secrets_do_not_show() -> None:
    assert "hush" not in repr(Settings(_env_file=None, vault_key="hush", telegram_token="hush"))
