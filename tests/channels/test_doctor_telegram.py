"""The doctor asks Telegram, played by a small server on loopback; the token stays out of what it says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_socket import enable_socket

from channels.doctor import telegram
from channels.doctor.finding import Finding, Level
from channels.settings import Settings

TOKEN = "123456789:" + "A" * 35
URL = "https://bot.example.com/webhooks/telegram"


class Bot:
    """Telegram, as far as the doctor asks."""

    def __init__(self) -> None:
        self.hook: dict[str, Any] = {"url": URL, "pending_update_count": 0}
        self.body: bytes | None = None
        bot = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = {"getMe": {"username": "fanzha_bot"}, "getWebhookInfo": bot.hook}
                token, _, method = self.path.removeprefix("/bot").partition("/")
                answer = {"ok": True, "result": known[method]}
                if token != TOKEN:
                    answer = {"ok": False, "error_code": 401}
                body = bot.body or json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def look(self, **more: Any) -> dict[str, Finding]:
        known = {
            "telegram_token": TOKEN,
            "telegram_secret": "s" * 20,
            "telegram_api_base": f"http://127.0.0.1:{self.server.server_address[1]}",
            "public_base_url": "https://bot.example.com",
        }
        found = list(telegram.look(Settings(_env_file=None, **{**known, **more})))
        assert TOKEN not in str(found)
        return {one.name: one for one in found}


@pytest.fixture
def bot() -> Iterator[Bot]:
    enable_socket()
    one = Bot()
    yield one
    one.server.shutdown()
    one.server.server_close()


def test_all_is_well(bot: Bot) -> None:
    found = bot.look()
    assert found["Telegram"].said == "the bot is @fanzha_bot"
    assert {one.level for one in found.values()} == {Level.OK}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"telegram_token": "123456789:" + "B" * 35}, "the token is wrong"),
        ({"telegram_token": "no token"}, "has not the form"),
        ({"telegram_secret": "with space"}, "FANZHA_TELEGRAM_SECRET"),
        ({"telegram_api_base": "http://127.0.0.1:1"}, "cannot be reached (ConnectError)"),
    ],
)
def test_what_is_wrong_is_named(bot: Bot, change: dict[str, str], said: str) -> None:
    errors = [one for one in bot.look(**change).values() if one.level is Level.ERROR]
    assert any(said in one.said for one in errors)


@pytest.mark.parametrize(
    ("hook", "more", "level", "said"),
    [
        ({"url": "https://old.example.com/x"}, {}, Level.ERROR, "another address"),
        ({"url": ""}, {}, Level.ERROR, "no address"),
        ({"url": ""}, {"telegram_secret": ""}, Level.OK, "polled"),
        ({"url": URL}, {"telegram_secret": ""}, Level.ERROR, "another address"),
        ({"url": URL, "pending_update_count": 500}, {}, Level.WARNING, "500 messages wait"),
    ],
)
def test_the_webhook(bot: Bot, hook: dict[str, Any], more: dict[str, str], level: Level, said: str) -> None:
    bot.hook = hook
    found = bot.look(**more)["Telegram webhook"]
    assert found.level is level and said in found.said


def test_a_failed_call_is_told(bot: Bot) -> None:
    bot.hook = {"url": URL, "last_error_message": "Connection timed out", "pending_update_count": 500}
    found = list(
        telegram.look(
            Settings(
                _env_file=None,
                telegram_token=TOKEN,
                telegram_secret="s",
                telegram_api_base=f"http://127.0.0.1:{bot.server.server_address[1]}",
                public_base_url="https://bot.example.com",
            )
        )
    )
    assert any("Connection timed out" in one.said and one.level is Level.WARNING for one in found)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"ok": true, "result": 5}', b'{"ok": false}'])
def test_an_answer_that_is_not_telegrams(bot: Bot, body: bytes) -> None:
    bot.body = body
    assert bot.look()["Telegram"].level is Level.ERROR


def test_nothing_is_asked_without_a_token() -> None:
    assert list(telegram.look(Settings(_env_file=None))) == []
