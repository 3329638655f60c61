"""Handing over to a human: the queue, the silence of the bot, answers through the outbox, the audit."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from push_channel import PushChannel, hook

from channels.base import Inbound, Reply
from channels.dialogue import Answer
from channels.handover import IDLE_SECONDS, Words, load_words
from channels.operators import Role, load_operators, make_entry
from channels.settings import SettingsError

Open = Callable[..., Any]
PHONE = "13912345678"
TOKENS = {role: make_entry(f"{role}-li", role) for role in ("reader", "agent", "admin")}
OTHER = make_entry("agent-wang", "agent")
OPERATORS = ",".join(entry for _, entry in [*TOKENS.values(), OTHER])
ROOT = "/api/v1/operator"


def bearer(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[role][0]}"}


async def news(gateway: Any, after: int = 0, who: str = "xiaohong-0123456789") -> dict[str, Any]:
    headers = {"X-Session-Id": who}  # not in the address, which proxies and clients write into logs
    return (await gateway.client.get("/api/v1/chat/news", params={"after": after}, headers=headers)).json()


@pytest.fixture
def words() -> Words:
    return load_words()


@pytest.mark.parametrize(
    "said",
    ["转人工", "我要找人工客服", "人工服务", "能不能转人工", "帮我转接人工", "找真人", "转人工！", "人工"],
)
def test_who_asks_for_a_human(words: Words, said: str) -> None:
    assert words.asks(Inbound("web", "x", said))
    assert words.asks(Inbound("web", "x", None, "/human"))


@pytest.mark.parametrize(
    "said", ["对方说转人工要先交500元", "刚才人工客服让我转账", "你好", "人工智能课程骗钱吗", "我不是人工"]
)
def test_who_does_not(words: Words, said: str) -> None:
    assert not words.asks(Inbound("web", "x", said))
    assert not words.asks(Inbound("web", "x", None, "/already_paid"))


def test_every_sentence_about_queues_names_both_numbers_and_hours_are_local(words: Words) -> None:
    for name in (
        "queue",
        "queue_first",
        "closed_hours",
        "still_waiting",
        "human_here",
        "given_back",
        "expired",
    ):
        assert "96110" in words.sentences[name] and "110" in words.sentences[name].replace("96110", "")
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    assert words.staffed(noon) and not words.staffed(noon + 12 * 3600)


def test_operators_are_known_by_token_only() -> None:
    operators = load_operators(OPERATORS)
    found = operators.known(f"Bearer {TOKENS['agent'][0]}")
    assert found is not None and (found.name, found.role) == ("agent-li", Role.AGENT)
    for header in ("", "Bearer ", "Bearer guess", f"Basic {TOKENS['agent'][0]}", TOKENS["agent"][0]):
        assert operators.known(header) is None
    assert all(token not in OPERATORS for token, _ in TOKENS.values())
    for bad in ("li:agent:xyz", "li:boss:" + "0" * 64, "li"):
        with pytest.raises(SettingsError, match="FANZHA_OPERATORS"):
            load_operators(bad)


async def test_the_whole_way(open_gateway: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with open_gateway(operators=OPERATORS) as gateway:
        await gateway.say(f"他让我转账，打 {PHONE}")
        queued = (await gateway.say("转人工")).json()
        assert queued["talk"] == "waiting" and "96110" in queued["replies"][0]["text"]
        assert (await gateway.say("等的时候再问一句")).json()["replies"], "the bot goes on while they wait"
        listed = (await gateway.client.get(f"{ROOT}/cases", headers=bearer("reader"))).json()
        (case,) = listed["cases"]
        path = f"{ROOT}/cases/{case['id']}"
        assert (await gateway.client.post(f"{path}/claim", headers=bearer("agent"))).status_code == 204
        assert (await gateway.client.post(f"{path}/claim", headers=bearer("agent"))).status_code == 409
        seen = (await gateway.client.get(path, headers=bearer("reader"))).json()
        asked = len(gateway.dialogue.history)
        silent = (await gateway.say("我该怎么办")).json()
        assert (silent["talk"], len(gateway.dialogue.history)) == ("human", asked)
        (came,) = silent["replies"]
        assert "验证码" in came["text"], "what waited for the person rides along"
        assert (await gateway.say("在吗")).json()["replies"] == []
        reply = {"json": {"text": f"先别转，打 {PHONE} 的是骗子"}, "headers": bearer("agent")}
        assert (await gateway.client.post(f"{path}/reply", **reply)).status_code == 204
        stranger = {"json": {"text": "我来"}, "headers": {"Authorization": f"Bearer {OTHER[0]}"}}
        assert (await gateway.client.post(f"{path}/reply", **stranger)).status_code == 409
        told = await news(gateway)
        assert told["talk"] == "human" and PHONE in told["replies"][-1]["text"]
        assert "人工" in told["replies"][-1]["text"]
        assert (await news(gateway, told["after"]))["replies"] == []
        again = await news(gateway)
        assert again["replies"] == told["replies"], "a lost answer is asked for again"
        assert (await gateway.client.post(f"{path}/give-back", headers=bearer("agent"))).status_code == 204
        assert (await gateway.say("你好")).json()["replies"][0]["text"] == "你好"
        await gateway.say("转人工")
        assert (await gateway.client.post(f"{path}/close", headers=bearer("agent"))).status_code == 204
        assert (await gateway.say("再见")).json()["talk"] == "bot"
        audit = (await gateway.client.get(f"{ROOT}/audit", headers=bearer("admin"))).json()["audit"]
    assert [line["action"] for line in reversed(audit)] == ["claim", "read", "reply", "give back", "close"]
    assert PHONE not in json.dumps(seen, ensure_ascii=False) and "<手机号#1>" in str(seen["transcript"])
    assert seen["assessments"][0]["verdict"] == "scam" and not seen["reachable"]
    assert PHONE not in caplog.text and "xiaohong" not in caplog.text and PHONE not in str(audit)


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("reader", "POST", "/cases/1/claim", 403),
        ("agent", "GET", "/audit", 403),
        ("agent", "GET", "/letters", 403),
        ("agent", "POST", "/cases/999/claim", 404),
        ("agent", "POST", "/cases/1%27/claim", 404),
        ("agent", "POST", "/cases/99999999999999999999/claim", 404),
        ("reader", "GET", "/cases?talk=nonsense", 404),
        ("admin", "POST", "/letters/1/resend", 404),
    ],
)
async def test_who_may_what(open_gateway: Open, role: str, method: str, path: str, status: int) -> None:
    async with open_gateway(operators=OPERATORS) as gateway:
        assert (await gateway.client.request(method, ROOT + path)).status_code == 401
        assert (await gateway.client.request(method, ROOT + path, headers=bearer(role))).status_code == status


async def test_news_wants_to_know_whose(open_gateway: Open) -> None:
    async with open_gateway(rate_ip_per_minute=5) as gateway:
        for query in ("", "?after=-1&session_id=x", "?session_id=" + "x" * 200, "?session_id=x&after=a"):
            assert (await gateway.client.get(f"/api/v1/chat/news{query}")).status_code == 422
        query = "?session_id=nobody-0123456789"
        assert (await gateway.client.get(f"/api/v1/chat/news{query}")).json()["replies"] == []
        assert (await gateway.client.get(f"/api/v1/chat/news{query}")).status_code == 429
    async with open_gateway() as gateway:
        alien = await gateway.client.get(
            f"/api/v1/chat/news{query}", headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert alien.status_code == 403


async def test_without_operators_there_is_nothing_to_call(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        assert (await gateway.client.get(f"{ROOT}/cases", headers=bearer("admin"))).status_code == 404
        assert (await gateway.say("转人工")).json()["talk"] == "bot"
        assert gateway.dialogue.history[-1][1] == "转人工", "the dialogue engine answers as before"


async def test_the_dialogue_engine_may_ask_for_a_human_too(open_gateway: Open) -> None:
    asked = Answer((Reply("这里没有真人"),), ({"command": "handover"},))
    async with open_gateway(operators=OPERATORS) as gateway:
        gateway.dialogue.enqueue(asked)
        queued = (await gateway.say("我不想跟机器人说话")).json()
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(asked)
        alone = (await gateway.say("我不想跟机器人说话", "aming-9876543210")).json()
    assert queued["talk"] == "waiting" and [reply["text"][:3] for reply in queued["replies"]] in (
        ["已经给"],
        ["人工现"],
    )
    assert alone["talk"] == "bot" and alone["replies"][0]["text"] == "这里没有真人"


async def test_an_answer_of_a_human_is_pushed(open_gateway: Open) -> None:
    channel = PushChannel()
    async with open_gateway(operators=OPERATORS, more=[channel]) as gateway:
        await gateway.client.post(channel.path, **hook("m1", text="转人工"))
        async with asyncio.timeout(5):
            while not channel.ledger:
                await asyncio.sleep(0.01)
        (case,) = (await gateway.client.get(f"{ROOT}/cases", headers=bearer("agent"))).json()["cases"]
        path = f"{ROOT}/cases/{case['id']}"
        await gateway.client.post(f"{path}/claim", headers=bearer("agent"))
        await gateway.client.post(f"{path}/reply", json={"text": "在的"}, headers=bearer("agent"))
        async with asyncio.timeout(5):
            while len(channel.ledger) < 3:
                await asyncio.sleep(0.01)
    said = [words for _, words in channel.ledger]
    assert "96110" in said[0] and "真人" in said[1] and said[2] == "【人工】在的"


async def test_a_silent_operator_does_not_keep_people_waiting(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.house.TEND_SECONDS", 0.05)
    async with open_gateway(operators=OPERATORS) as gateway:
        await gateway.say("转人工")
        (case,) = (await gateway.client.get(f"{ROOT}/cases", headers=bearer("agent"))).json()["cases"]
        await gateway.client.post(f"{ROOT}/cases/{case['id']}/claim", headers=bearer("agent"))
        assert (await gateway.say("在吗")).json()["talk"] == "human"
        monkeypatch.setattr("channels.handover.IDLE_SECONDS", IDLE_SECONDS * 0)
        await asyncio.sleep(0.3)
        back = await gateway.say("在吗")
        assert back.json()["talk"] == "bot" and back.json()["replies"]
