"""The operator's commands, against the fake as a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import telegram_requests as tg
from pytest_socket import enable_socket
from telegram_fake import Fake, running
from typer.testing import CliRunner, Result

from channels.telegram_commands import telegram


@pytest.fixture
async def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Fake]:
    enable_socket()
    monkeypatch.chdir(tmp_path)
    async with running() as found:
        monkeypatch.setenv("FANZHA_TELEGRAM_TOKEN", tg.TOKEN)
        monkeypatch.setenv("FANZHA_TELEGRAM_SECRET", tg.SECRET)
        monkeypatch.setenv("FANZHA_TELEGRAM_API_BASE", found.address)
        monkeypatch.setenv("FANZHA_PUBLIC_BASE_URL", "https://fanzha.example")
        yield found


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, telegram, list(words))


async def test_the_webhook_is_set_with_all_that_belongs_to_it(fake: Fake) -> None:
    done = await run("set-webhook")
    assert (done.exit_code, done.output) == (
        0,
        "Telegram pushes to https://fanzha.example/webhooks/telegram\n",
    )
    hook = fake.world.webhook
    assert (hook.url, hook.secret, hook.connections) == (
        "https://fanzha.example/webhooks/telegram",
        tg.SECRET,
        40,
    )
    assert set(hook.allowed) == {"message", "edited_message", "callback_query", "my_chat_member"}
    assert (await run("check")).output == f"this is @{tg.NAME}\n"
    fake.people.say(tg.PERSON, "一")
    assert (await run("delete-webhook")).exit_code == 0
    assert fake.world.webhook.url == "" and len(fake.world.updates) == 1, "what waits is kept"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TELEGRAM_SECRET", "", "TELEGRAM_SECRET is empty"),
        ("TELEGRAM_SECRET", "a b", "FANZHA_TELEGRAM_SECRET"),
        ("TELEGRAM_TOKEN", "", "FANZHA_TELEGRAM_TOKEN"),
        ("TELEGRAM_TOKEN", "1:another_token_another_token_01", "refuses FANZHA_TELEGRAM_TOKEN"),
        ("PUBLIC_BASE_URL", "http://fanzha.example", "must be https"),
        ("PUBLIC_BASE_URL", "https://fanzha.example:8080", "port 443"),
        ("TELEGRAM_API_BASE", "http://127.0.0.1:1", "did not do it"),
    ],
)
async def test_what_is_wrong_is_said_in_a_line(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"FANZHA_{name}", value)
    done = await run("set-webhook")
    assert done.exit_code == 1 and says in done.output and done.output.count("\n") == 1
    assert tg.TOKEN not in done.output and tg.SECRET not in done.output
    assert fake.world.webhook.url == ""


async def test_commands_are_listed_in_both_languages(fake: Fake) -> None:
    assert (await run("commands")).exit_code == 0
    listed: dict[str, list[dict[str, Any]]] = fake.world.commands
    assert set(listed) == {f"all_{kind}_chats/{code}" for kind in ("private", "group") for code in ("", "en")}
    names = [one["command"] for one in listed["all_private_chats/"]]
    assert {"start", "help", "report", "settings", "stop", "privacy"} <= set(names)
    assert [one["command"] for one in listed["all_group_chats/en"]] == ["help"]
    assert listed["all_private_chats/"][0]["description"] != listed["all_private_chats/en"][0]["description"]


async def test_a_busy_telegram_is_asked_again(fake: Fake) -> None:
    fake.world.fail("setWebhook", {"retry_after": 1}, 2)
    assert (await run("set-webhook")).exit_code == 0


async def test_links_carry_the_scene(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANZHA_PUBLIC_BASE_URL", "http://127.0.0.1:8000")
    assert (await run("link", "sch:1024")).output == f"https://t.me/{tg.NAME}?start=sch_1024\n"
    assert (await run("link")).output == f"https://t.me/{tg.NAME}\n"
    assert (await run("link", "学校")).exit_code == 1


async def test_check_tells_what_to_mend(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    done = await run("check")
    assert done.exit_code == 1 and "set-webhook" in done.output
    fake.world.webhook.url = "https://other.example"
    fake.world.webhook.last_error = "Connection refused"
    monkeypatch.setenv("FANZHA_TELEGRAM_SECRET", "")
    done = await run("check")
    assert "will be removed" in done.output and "Connection refused" in done.output
