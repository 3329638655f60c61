"""What every channel must do. The cases stand in cases.py."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from cases import CASES, PLATFORM_SAYS, Case
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from pytest_socket import enable_socket

from channels.base import (  # fmt: skip
    Button,
    Channel,
    Forged,
    Hook,
    HookAnswer,
    Kind,
    Outcome,
    Outgoing,
    Push,
    Refuse,
    Reply,
    Turn,
)
from channels.registry import ADAPTERS
from channels.sizes import size

LONG = "先别转账。对方说：<手机号#1> 是客服，让您把钱转到 <银行卡#1>。\n" * 120
HOSTILE = "]]></Content><Content>b <script>alert(1)</script> & \"' <@all> \u202e=1+1 你好😀"
CHANNELS = Path(__file__).parents[3] / "channels"


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def channel(case: Case) -> Channel:
    return case.build("")


def test_every_adapter_has_a_case() -> None:
    assert {name.rpartition(".")[2] for name in ADAPTERS} <= {case.name for case in CASES}


def test_it_says_what_it_can(channel: Channel) -> None:
    can = channel.capabilities
    assert channel.name and len(channel.name) <= 20
    assert channel.path == "" or channel.path.startswith("/")
    assert can.passive_seconds >= 0 and can.passive_messages >= 0 and can.text_bytes >= 0
    if can.push is Push.NEVER:
        assert can.passive_seconds, "a channel must have some way to answer"
    assert all(isinstance(left, float | int) for left in channel.quota().values())


def test_a_good_request_is_one_message_with_its_own_key(case: Case, channel: Channel) -> None:
    hook = case.good("1", "他让我转账 13912345678", "person-0000000001")
    channel.verify(hook)
    (message,) = channel.parse(hook)
    assert (message.channel, message.kind, message.text) == (
        channel.name,
        Kind.TEXT,
        "他让我转账 13912345678",
    )
    assert "13912345678" not in repr(message) and "person-0000000001" not in repr(message)
    assert "13912345678" not in repr(hook) and "person-0000000001" not in repr(hook)
    (again,) = channel.parse(case.good("1", "他让我转账 13912345678", "person-0000000001"))
    (other,) = channel.parse(case.good("2", "他让我转账 13912345678", "person-0000000001"))
    assert message.dedupe_key and message.dedupe_key == again.dedupe_key != other.dedupe_key
    assert message.sender == again.sender == other.sender
    assert len(message.account) <= 64 and len(message.scene) <= 64


def test_forged_requests_are_refused(case: Case, channel: Channel) -> None:
    assert case.forged
    for hook in case.forged:
        with pytest.raises(Forged):
            channel.verify(hook)


def test_broken_requests_are_refused_at_once(case: Case, channel: Channel) -> None:
    assert case.broken
    for hook in case.broken:
        started = time.perf_counter()
        try:
            channel.verify(hook)
            assert list(channel.parse(hook)) == [], hook.body[:80]
        except (Refuse, Forged):
            pass
        assert time.perf_counter() - started < 0.25, "0.05 s alone on a core"


@limits(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=400), headers=st.dictionaries(st.text(max_size=20), st.text(max_size=20)))
def test_rubbish_raises_nothing_else(
    case: Case, channel: Channel, body: bytes, headers: dict[str, str]
) -> None:
    hook = case.good("1", "你好", "person-0000000001")
    for bad in (Hook("POST", {**hook.headers, **headers}, hook.query, body), Hook("POST", headers, {}, body)):
        try:
            channel.verify(bad)
            channel.parse(bad)
        except (Forged, Refuse):
            pass


def test_splitting_loses_nothing_and_fits(channel: Channel) -> None:
    turn = Turn((Reply(LONG), Reply("选一个", (Button("我转了", "/already_paid"),)), Reply(HOSTILE)))
    parts = channel.split(turn)
    joined = "".join(part.text for part in parts)
    for piece in ("<手机号#1>", "<银行卡#1>", "我转了" if not channel.capabilities.buttons else "选一个"):
        assert piece in joined
    assert joined.count("先别转账") == 120 and joined.count("<银行卡#1>") == 120
    if channel.capabilities.text_bytes:
        assert all(size(part.text) <= channel.capabilities.text_bytes for part in parts)
    if channel.capabilities.buttons:
        assert [button.title for part in parts for button in part.buttons] == ["我转了"]
    assert channel.split(Turn(())) == () or list(channel.split(Turn(()))) == []


def test_answers_to_requests_are_whole_whatever_they_quote(case: Case, channel: Channel) -> None:
    hook = case.good("1", "你好", "person-0000000001")
    empty = channel.answer(hook, Turn(()))
    assert isinstance(empty, HookAnswer) and empty.status == 200
    if channel.capabilities.passive_seconds:
        (first, *_) = channel.split(Turn((Reply(HOSTILE),)))
        full = channel.answer(hook, Turn((first,)))
        assert full.status == 200 and full.body != empty.body
        full.body.decode("utf-8")


@pytest.mark.asyncio
@pytest.mark.parametrize("says", PLATFORM_SAYS)
async def test_what_comes_of_a_push(case: Case, says: str) -> None:
    outgoing = Outgoing("0" * 32, "account", "person-0000000001", Reply("先别转账，拿不准打96110。"))
    if case.platform is None:
        delivery = await case.build("").deliver(outgoing)
        assert delivery.outcome in {Outcome.HOLD, Outcome.REJECTED} and delivery.cause
        return
    enable_socket()
    async with case.platform(says) as address:
        delivery = await case.build(address).deliver(replace(outgoing, route=case.route(address)))
    assert delivery.outcome is case.expected.get(says, PLATFORM_SAYS[says])
    assert delivery.outcome is Outcome.SENT or (delivery.cause and len(delivery.cause) <= 40)
    assert "person-0000000001" not in repr(delivery) and "person-0000000001" not in repr(outgoing)


def test_the_adapters_log_nothing_of_people() -> None:
    """No log call of an adapter names a text, an address or a body."""
    offenders = []
    for path in (file for name in ADAPTERS for file in (CHANNELS / name.split(".")[1]).rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = (".text", "sender", "address", "body", "openid", "payload")
            if "log." in line and any(word in line.partition("log.")[2] for word in words):
                offenders.append(f"{path.name}:{number}")
    assert offenders == []
