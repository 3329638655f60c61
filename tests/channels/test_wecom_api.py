"""The client of WeCom's API against the fake: one refresh, error codes, media, duplicates, menu, commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import wecom_requests as wc
from pytest_socket import enable_socket
from typer.testing import CliRunner
from wecom_requests import Fake, running

from channels.base import Delivery, GiveUp, Media, Outcome, Outgoing, Reply, Retry
from channels.wechat.errors import load_table
from channels.wecom.adapter import HERE, WeComChannel
from channels.wecom_commands import wecom as commands

MEDIA = "/cgi-bin/media/get"
TOKEN = "/cgi-bin/gettoken"


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    enable_socket()
    async with running() as one:
        one.world.member(wc.MEMBER)
        yield one


def channel(fake: Fake, **changes: Any) -> WeComChannel:
    return wc.channel(wecom_api_base=fake.address, **changes)


def letter(text: str = "先别转账", to: str = wc.MEMBER, key: str = "ab" * 16) -> Outgoing:
    return Outgoing(key, "account", to, Reply(text))


def phone(fake: Fake) -> list[str]:
    return [one["text"] for one in fake.world.member(wc.MEMBER).phone]


async def test_a_message_arrives_as_it_was_written(fake: Fake) -> None:
    text = '先别转账 "😀" <b>\n拿不准打96110'
    wecom = channel(fake)
    assert await wecom.deliver(letter("好" * 682)) == Delivery(Outcome.SENT)
    assert await wecom.deliver(letter(text)) == Delivery(Outcome.SENT)
    assert phone(fake) == ["好" * 682, text.replace("<b", "＜b")]
    assert fake.world.calls(TOKEN) == 1


async def test_many_with_an_expired_token_make_one_refresh(fake: Fake) -> None:
    wecom = channel(fake, seconds=20)
    await wecom.deliver(letter())
    fake.world.token_until = 0.0
    found = await asyncio.gather(
        *(wecom.deliver(letter(str(n), f"m-{n}")) for n in range(30) if fake.world.member(f"m-{n}"))
    )
    assert [one.outcome for one in found] == [Outcome.SENT] * 30
    assert fake.world.calls(TOKEN) == 2


@pytest.mark.parametrize("code", [40014, 42001, 41001])
async def test_a_refused_token_for_ever_makes_one_refresh_and_two_sends(fake: Fake, code: int) -> None:
    wecom = channel(fake)
    await wecom.deliver(letter())
    fake.world.order(wc.SEND, {"errcode": code}, 100)
    found = [await wecom.deliver(letter()) for _ in range(3)]
    assert {(one.outcome, one.pause) for one in found} == {(Outcome.RETRY, 60)}
    assert fake.world.calls(TOKEN) <= 2 and fake.world.calls(wc.SEND) <= 1 + 2 + 2


@pytest.mark.parametrize(
    ("code", "outcome", "more"),
    [
        (-1, Outcome.RETRY, {}),
        (60020, Outcome.RETRY, {"pause": 300}),
        (40001, Outcome.RETRY, {"pause": 300}),
        (40056, Outcome.RETRY, {"pause": 300}),
        (45009, Outcome.RETRY, {"pause": 60}),
        (45033, Outcome.RETRY, {"pause": 5}),
        (48002, Outcome.RETRY, {"pause": 3600}),
        (81013, Outcome.REJECTED, {"gone": True}),
        (60111, Outcome.REJECTED, {"gone": True}),
        (45002, Outcome.REJECTED, {}),
        (99999, Outcome.REJECTED, {}),
    ],
)
async def test_what_an_error_code_means(
    fake: Fake, code: int, outcome: Outcome, more: dict[str, Any]
) -> None:
    fake.world.order(wc.SEND, {"errcode": code})
    found = await channel(fake).deliver(letter())
    assert found.outcome is outcome and found.cause and len(found.cause) <= 40
    expected = {"gone": False, "pause": 0, **more}
    assert {name: getattr(found, name) for name in expected} == expected


async def test_who_cannot_be_reached_is_told_apart(fake: Fake) -> None:
    wecom = channel(fake)
    assert await wecom.deliver(letter(to="nobody")) == Delivery(Outcome.REJECTED, "not in scope", gone=True)
    fake.world.order(wc.SEND, {"answer": {"errcode": 0, "invaliduser": wc.MEMBER}})
    assert await wecom.deliver(letter()) == Delivery(Outcome.REJECTED, "not in scope", gone=True)
    fake.world.member(wc.MEMBER).licensed = False
    assert await wecom.deliver(letter()) == Delivery(Outcome.REJECTED, "not licensed")
    calls = fake.world.calls(wc.SEND)
    for everybody in ("@all", "@ALL", "a|b", "", "a b"):
        assert (await wecom.deliver(letter(to=everybody))).outcome is Outcome.REJECTED
    assert fake.world.calls(wc.SEND) == calls


async def test_a_repetition_is_dropped_by_wecom_and_another_answer_of_the_same_words_is_not(
    fake: Fake,
) -> None:
    wecom = channel(fake)
    for key in ("ab" * 16, "ab" * 16, "cd" * 16):
        assert (await wecom.deliver(letter(key=key))).outcome is Outcome.SENT
    assert phone(fake) == ["先别转账"] * 2


async def test_an_address_that_is_not_listed_says_what_to_do(
    fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    fake.world.ip_listed = False
    found = await channel(fake).deliver(letter("<13912345678>"))
    assert (found.outcome, found.pause, found.cause) == (Outcome.RETRY, 300, "ip not listed")
    assert "trusted addresses" in caplog.text
    for secret in ("13912345678", wc.MEMBER, wc.CORP.secret, wc.CORP.token):
        assert secret not in caplog.text


@pytest.mark.parametrize("path", [TOKEN, wc.SEND])
@pytest.mark.parametrize("trouble", [{"silent": True}, {"hang up": True}, {"status": 502}, {"status": 503}])
async def test_what_was_surely_not_sent_is_told_apart(fake: Fake, path: str, trouble: dict[str, Any]) -> None:
    fake.world.order(path, trouble)
    found = await channel(fake).deliver(letter())
    sure = path != wc.SEND or trouble == {"status": 503}
    assert found.outcome is (Outcome.RETRY if sure else Outcome.UNKNOWN)


async def test_pictures_come_from_wecom_itself(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.world.media["m-1"] = ("image/jpeg", b"\xff\xd8picture")
    fake.world.media["m-2"] = ("image/jpeg", b"x" * (11 * 1024 * 1024))
    wecom = channel(fake, seconds=5)
    assert await wecom.fetch(Media("picture", "m-1")) == b"\xff\xd8picture"
    for reference in ("m-2", "m-3", ""):
        with pytest.raises(GiveUp):
            await wecom.fetch(Media("picture", reference))
    fake.world.order(MEDIA, {"errcode": -1})
    with pytest.raises(Retry):
        await wecom.fetch(Media("picture", "m-1"))
    with pytest.raises(Retry):
        await wc.channel(wecom_api_base="http://127.0.0.1:1").fetch(Media("picture", "m-1"))


async def test_the_commands_speak_in_one_line(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in wc.settings(wecom_api_base=fake.address).model_dump().items():
        if name.startswith("wecom_"):
            monkeypatch.setenv(f"FANZHA_{name.upper()}", str(value))

    async def run(*words: str) -> tuple[int, str]:
        found = await asyncio.to_thread(CliRunner().invoke, commands, list(words))
        return found.exit_code, found.output

    assert await run("check") == (0, "WeCom gave us an access token\n")
    assert (await run("menu"))[0] == 0
    assert fake.world.menu is not None and len(fake.world.menu["button"]) == 3
    fake.world.ip_listed = False
    for word in ("check", "menu"):
        status, said = await run(word)
        assert status == 1 and "trusted addresses" in said and wc.CORP.secret not in said
    monkeypatch.setenv("FANZHA_WECOM_API_BASE", "http://127.0.0.1:1")
    assert (await run("check"))[0] == 1
    monkeypatch.setenv("FANZHA_WECOM_SECRET", "")
    status, said = await run("check")
    assert status == 1 and "FANZHA_WECOM_SECRET" in said


def test_each_code_has_a_cause_for_figures() -> None:
    table = load_table(HERE / "errors.yml")
    assert {60020, 81013, 45009, 45033, 40014, 42001} <= set(table)
    assert all(0 < len(meaning.cause) <= 40 for meaning in table.values())
    assert all(meaning.do == "token" for code, meaning in table.items() if code in {40014, 42001, 41001})
