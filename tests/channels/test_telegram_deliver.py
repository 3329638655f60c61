"""What comes of a message that is sent, by everything Telegram and the network may do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import telegram_requests as tg
from aiolimiter import AsyncLimiter
from pytest_socket import enable_socket
from telegram.ext import AIORateLimiter
from telegram_fake import Fake, running

from channels.base import Button, Delivery, GiveUp, Media, Outcome, Outgoing, Refuse, Reply, Retry
from channels.settings import Settings, SettingsError
from channels.telegram import adapter, build
from channels.telegram.adapter import TelegramChannel


@pytest.fixture(autouse=True)
def loopback() -> None:
    enable_socket()


@contextlib.asynccontextmanager
async def street(seconds: float = 1.0, **more: Any) -> AsyncIterator[tuple[Fake, TelegramChannel]]:
    async with running() as fake, httpx.AsyncClient(trust_env=False) as client:
        fake.world.chat(tg.PERSON).started = True
        yield fake, tg.channel(client, seconds, telegram_api_base=fake.address, **more)


def out(text: str = "先别转账", *buttons: Button, to: object = tg.PERSON) -> Outgoing:
    return Outgoing("0" * 32, "123456789", str(to), Reply(text, buttons))


SENT = Delivery(Outcome.SENT)


@pytest.mark.parametrize("text", ["<b>&lt; *x* [a](b) `c`", "]]>", "😀" * 2048, "a" * 4096, "长" * 4096])
async def test_texts_arrive_as_they_are(text: str) -> None:
    async with street() as (fake, channel):
        assert await channel.deliver(out(text)) == SENT
        seen = fake.world.chat(tg.PERSON).phone[0]
        assert (seen["text"], seen["preview"]) == (text, False)


async def test_buttons_arrive_in_their_form() -> None:
    async with street() as (fake, channel):
        long = '/answer{"guided_answer":"disbelief:official:impersonate_customer_service"}'
        assert await channel.deliver(out("选", Button("甲", long), Button("乙", "/" + "x" * 63))) == SENT
        ((first, second),) = fake.world.chat(tg.PERSON).phone[0]["buttons"]
        assert first["callback_data"] == "a:disbelief:official:impersonate_customer_service"
        assert len(second["callback_data"]) == 64


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\x00"])
async def test_what_nobody_could_see_is_not_sent(text: str) -> None:
    async with street() as (fake, channel):
        assert (await channel.deliver(out(text))).outcome is Outcome.REJECTED
        assert fake.world.ledger == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"retry_after": 7}, Delivery(Outcome.RETRY, "too many requests", after=7.0, pause=7.0)),
        (
            {"refusal": (403, "Forbidden: bot was blocked by the user")},
            Delivery(Outcome.REJECTED, "blocked", gone=True),
        ),
        ({"refusal": (403, "Forbidden: a new reason")}, Delivery(Outcome.REJECTED, "refused", gone=True)),
        ({"refusal": (400, "Bad Request: a new reason")}, Delivery(Outcome.REJECTED, "refused")),
        ({"refusal": (400, "Bad Request: BUTTON_DATA_INVALID")}, Delivery(Outcome.REJECTED, "bug")),
        ({"refusal": (401, "Unauthorized")}, Delivery(Outcome.RETRY, "token refused", pause=300.0)),
        ({"refusal": (500, "Internal Server Error")}, Delivery(Outcome.UNKNOWN, "status 500")),
        ({"status": 502}, Delivery(Outcome.UNKNOWN, "status 502")),
        ({"status": 503}, Delivery(Outcome.RETRY, "status 503")),
        ({"raw": "{"}, Delivery(Outcome.UNKNOWN, "status 200")),
        ({"raw": "[" * 20_000}, Delivery(Outcome.UNKNOWN, "status 200")),
        ({"raw": "[]"}, Delivery(Outcome.UNKNOWN, "status 200")),
        ({"raw": '{"ok": true}'}, Delivery(Outcome.UNKNOWN, "status 200")),
        ({"raw": " " * (9 * 2**20 + 1)}, Delivery(Outcome.UNKNOWN, "status 200")),
        ({"silent": True}, Delivery(Outcome.UNKNOWN, "timeout")),
        ({"hang up": True}, Delivery(Outcome.UNKNOWN, "line broke")),
    ],
)
async def test_each_trouble_has_its_meaning(fault: dict[str, Any], expected: Delivery) -> None:
    async with street() as (fake, channel):
        fake.world.fail("sendMessage", fault)
        assert await channel.deliver(out()) == expected
        assert await channel.deliver(out()) == SENT


async def test_who_cannot_be_reached_is_gone() -> None:
    async with street() as (fake, channel):
        assert await channel.deliver(out(to=5)) == Delivery(Outcome.REJECTED, "chat not found", gone=True)
        fake.world.chat(6)
        assert await channel.deliver(out(to=6)) == Delivery(Outcome.REJECTED, "never started", gone=True)
        fake.world.chat(tg.PERSON).blocked = True
        assert await channel.deliver(out()) == Delivery(Outcome.REJECTED, "blocked", gone=True)


async def test_a_wrong_token_is_not_the_messages_fault() -> None:
    async with street(telegram_token="1:another_token_another_token_01") as (_, channel):
        assert (await channel.deliver(out())).cause == "token refused"


async def test_nobody_there_means_not_sent() -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        nowhere = tg.channel(client, telegram_api_base="http://127.0.0.1:1")
        assert await nowhere.deliver(out()) == Delivery(Outcome.RETRY, "no connection")


async def test_a_proxy_that_cannot_connect_means_not_sent() -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    proxy = f"http://user:pass@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    channel = tg.channel(telegram_proxy=proxy)
    assert (await channel.deliver(out())) == Delivery(Outcome.RETRY, "no connection")
    working = asyncio.create_task(channel.run(_never))
    await asyncio.sleep(0.05)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    assert channel._parts.own is not None and channel._parts.own.is_closed
    server.close()


async def test_messages_go_by_the_proxy() -> None:
    """To http addresses a proxy gets the whole address; one that answers for Telegram is enough."""
    async with running() as fake:
        fake.world.chat(tg.PERSON).started = True
        channel = tg.channel(telegram_proxy=fake.address, telegram_api_base="http://telegram.example")
        assert await channel.deliver(out()) == SENT
        assert channel._parts.own is not None
        await channel._parts.own.aclose()


async def test_waiting_for_our_own_limit_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "WAIT_SECONDS", 0.3)
    async with street(seconds=5.0) as (fake, channel):
        limiter = channel._parts.bot.rate_limiter
        assert isinstance(limiter, AIORateLimiter) and limiter._base_limiter is not None
        assert limiter._base_limiter.max_rate == 30, "messages a second"
        limiter._base_limiter = AsyncLimiter(1, 60)
        assert await channel.deliver(out("1")) == SENT
        assert await channel.deliver(out("2")) == Delivery(Outcome.RETRY, "our own limit", after=0.3)
        assert len(fake.world.chat(tg.PERSON).phone) == 1


async def _never(_: object) -> None:
    raise AssertionError


# Files -----------------------------------------------------------------------------------------------------------


async def test_a_picture_is_fetched_from_telegram_only() -> None:
    async with street() as (fake, channel):
        assert await channel.fetch(Media("picture", fake.people.file(b"picture"))) == b"picture"
        for path in ("https://evil.example/x", "/etc/passwd", "../../x", "photos/../../x", "a?b", "a b", ""):
            fake.world.files["bad"] = (path, b"x")
            with pytest.raises(GiveUp):
                await channel.fetch(Media("picture", "bad"))
        with pytest.raises(GiveUp):
            await channel.fetch(Media("picture", "unknown"))


async def test_a_picture_that_is_too_large_is_refused_before_it_is_loaded() -> None:
    async with street() as (fake, channel):
        with pytest.raises(Refuse, match="picture_too_large"):
            await channel.fetch(Media("picture", ""))
        large = fake.people.file(b"x" * (8 * 2**20 + 1))
        with pytest.raises(Refuse, match="picture_too_large"):
            await channel.fetch(Media("picture", large))
        assert await channel.fetch(Media("picture", fake.people.file(b"x" * (8 * 2**20))))


async def test_a_line_that_breaks_is_no_answer() -> None:
    async with street() as (fake, channel):
        for fault in ({"retry_after": 3}, {"status": 500}, {"hang up": True}):
            fake.world.fail("getFile", fault)
            with pytest.raises(Retry):
                await channel.fetch(Media("picture", fake.people.file(b"x")))


# Settings --------------------------------------------------------------------------------------------------------


def made(**changes: str) -> TelegramChannel | None:
    return build(Settings(_env_file=None, **changes), httpx.AsyncClient())  # type: ignore[arg-type]


def test_without_a_token_there_is_no_channel_and_without_a_secret_no_webhook() -> None:
    assert made() is None
    polls, pushed = made(telegram_token=tg.TOKEN), made(telegram_token=tg.TOKEN, telegram_secret="a" * 256)
    assert polls is not None and polls.path == ""
    assert pushed is not None and pushed.path == "/webhooks/telegram"


@pytest.mark.parametrize("secret", [" ", "a b", "密", "a" * 257, "a\n", "a/b", "a:b"])
def test_a_malformed_secret_is_refused_at_the_start(secret: str) -> None:
    with pytest.raises(SettingsError, match="FANZHA_TELEGRAM_SECRET") as error:
        made(telegram_token=tg.TOKEN, telegram_secret=secret)
    assert secret.strip() == "" or secret not in str(error.value)


@pytest.mark.parametrize(
    "token", ["x", "1:short", "1:../../../../../../../../etc", f"{tg.TOKEN}/x", f"a{tg.TOKEN}"]
)
def test_a_malformed_token_is_refused_at_the_start(token: str) -> None:
    with pytest.raises(SettingsError, match="FANZHA_TELEGRAM_TOKEN") as error:
        made(telegram_token=token)
    assert token not in str(error.value).replace("FANZHA_TELEGRAM_TOKEN", "")


@pytest.mark.parametrize("proxy", ["127.0.0.1:3128", "ftp://x", "socks4://x", "http://"])
def test_a_malformed_proxy_is_refused(proxy: str) -> None:
    with pytest.raises(ValueError, match="proxy"):
        Settings(_env_file=None, telegram_proxy=proxy)


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:3128", "socks5://user:pass@127.0.0.1:1080", "https://p.example"]
)
async def test_proxies_of_each_kind_are_taken_and_told_to_nobody(proxy: str) -> None:
    settings = tg.settings(telegram_proxy=proxy)
    assert "pass" not in repr(settings) and tg.TOKEN not in repr(settings) and tg.SECRET not in repr(settings)
    built = build(settings, httpx.AsyncClient())
    assert built is not None and built._parts.own is not None
    await built._parts.own.aclose()
