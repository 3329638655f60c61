"""Log lines of every process: one JSON object each when asked for, and never an exception's message."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot import quiet_log
from bot.settings import SettingsError, load_settings

SECRET = "13800138000 xiaohong"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the root logger's handler writes, with the loggers as they were afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    yield written
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    for handler in before[0]:
        root.addHandler(handler)
    root.setLevel(before[1])


def write(lines: io.StringIO, as_json: bool) -> None:
    quiet_log.set_up(as_json=as_json)
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)
    log = logging.getLogger("fanzha.test")
    log.info("not loud enough")
    log.warning("a message is %s, channel=%s", "dead", "wechat")
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise KeyError(SECRET) from error
    except KeyError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")


def test_json_lines_have_their_fields_and_no_message_of_an_exception(lines: io.StringIO) -> None:
    write(lines, as_json=True)
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [set(line) for line in said] == [
        {"at", "level", "part", "message"},
        {"at", "level", "part", "message", "cause"},
    ]
    first, second = said
    assert (first["level"], first["part"]) == ("warning", "fanzha.test")
    assert first["message"] == "a message is dead, channel=wechat"
    assert first["at"].endswith("+00:00")
    assert second["part"] == "uvicorn.error"
    assert second["cause"].startswith("KeyError at test_quiet_log.py:")
    assert "<- ValueError at test_quiet_log.py:" in second["cause"]
    assert SECRET not in lines.getvalue()


def test_plain_lines_name_the_exception_only(lines: io.StringIO) -> None:
    write(lines, as_json=False)
    assert "WARNING fanzha.test a message is dead" in lines.getvalue()
    assert "KeyError at" in lines.getvalue()
    assert SECRET not in lines.getvalue()


@pytest.mark.parametrize(
    ("name", "value"), [("FANZHA_LOG_JSON", "perhaps"), ("FANZHA_BOT_HOST", "bot.example.com")]
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: value})


def test_the_bot_listens_on_loopback_unless_told_otherwise() -> None:
    assert load_settings({}).bot_host == "127.0.0.1"
    found = load_settings({"FANZHA_BOT_HOST": "0.0.0.0", "FANZHA_LOG_JSON": "true"})
    assert (found.bot_host, found.log_json) == ("0.0.0.0", True)
