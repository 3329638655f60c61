"""Settings, logs and the parts that only run inside Rasa's own interpreter."""

from __future__ import annotations

import logging
import os
import subprocess
from pathlib import Path

import pytest

from bot.quiet_log import QuietFormatter
from bot.rasa_server import hide_words
from bot.settings import SettingsError, load_settings

ROOT = Path(__file__).parents[3]


def test_settings_have_loopback_defaults_and_follow_the_environment() -> None:
    assert load_settings({}).actions_url == "http://127.0.0.1:5055/webhook"
    found = load_settings({"FANZHA_ACTIONS_PORT": "6000", "FANZHA_RASA_PORT": "6001"})
    assert (found.rasa_port, found.actions_url) == (6001, "http://127.0.0.1:6000/webhook")
    assert (
        load_settings({"FANZHA_ACTIONS_URL": "http://actions:1/webhook"}).actions_url
        == "http://actions:1/webhook"
    )


@pytest.mark.parametrize("value", ["0", "70000", "abc", "-1"])
def test_a_wrong_port_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match="FANZHA_RASA_PORT"):
        load_settings({"FANZHA_RASA_PORT": value})


def test_an_exception_is_logged_without_its_message() -> None:
    try:
        try:
            raise ValueError("my card is 6222")
        except ValueError as cause:
            raise RuntimeError("he said: transfer") from cause
    except RuntimeError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "f", 1, "failed", (), (type(error), error, error.__traceback__)
        )
    line = QuietFormatter("%(message)s").format(record)
    assert "RuntimeError at test_processes.py" in line and "ValueError" in line
    assert "6222" not in line and "transfer" not in line


def test_structured_logs_lose_the_words() -> None:
    event = {"event": "rest.message.received.failure", "text": "my card is 6222", "exc_info": True}
    assert hide_words(None, "error", event) == {
        "event": "rest.message.received.failure",
        "cause": "exception in the dialogue engine",
    }
    assert hide_words(None, "error", {"event": "x"}) == {"event": "x"}


def test_the_parts_inside_rasa(postgres_url: str, redis_url: str) -> None:
    """Runs tests/bot/nlu/rasa_side with Python 3.10, where rasa is installed, beside servers of our own."""
    python = Path(os.environ.get("FANZHA_RASA_PYTHON", ROOT / ".venv-rasa/bin/python"))
    if not python.exists():
        pytest.skip(f"no Rasa environment at {python}")
    done = subprocess.run(
        [str(python), "-m", "unittest", "discover", "-s", "tests/bot/nlu/rasa_side", "-p", "check_*.py"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "RASA_TELEMETRY_ENABLED": "false",
            "OMP_NUM_THREADS": "1",
            "FANZHA_TEST_POSTGRES": postgres_url,
            "FANZHA_TEST_REDIS": redis_url,
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
