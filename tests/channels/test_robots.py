"""Group robots against the fakes of both platforms: sizes, signatures, mentions, error codes, secrets."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dingtalk_requests as dt
import httpx
import pytest
import wecom_requests as wc
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from pytest_socket import enable_socket

from channels.base import Forged, GiveUp, Hook, Media, Outcome, Outgoing, Reply, Turn
from channels.mentions import load_silencer
from channels.robots import build
from channels.robots.platforms import DingTalkRobot
from channels.robots.robot import Notice, Robot, load_tables, notice_of
from channels.robots.roster import load_robots
from channels.settings import Settings, SettingsError
from tests.fakes.dingtalk.world import Group as DingGroup
from tests.fakes.wecom.world import Group

WKEY, DKEY, DSECRET = "693a91f6-7xxx-4bc4-97a0-test", "d0ding0token0d", "SEC000ding000robot"
SENDS = {"wecom": "/cgi-bin/webhook/send", "dingtalk": "/robot/send"}
LINK = "https://www.12377.cn/"


class Town:
    """Both platforms, and our robots there."""

    def __init__(self, wecom: wc.Fake, ding: dt.Fake) -> None:
        self.fakes = {"wecom": wecom, "dingtalk": ding}
        self.groups: dict[str, Any] = {"wecom": Group(), "dingtalk": DingGroup(DSECRET)}
        wecom.world.groups[WKEY] = self.groups["wecom"]
        ding.world.groups[DKEY] = self.groups["dingtalk"]
        self.settings = Settings(
            _env_file=None,
            wecom_api_base=wecom.address,
            dingtalk_webhook_base=ding.address,
            robots=json.dumps(
                [
                    {"name": "wecom", "kind": "wecom", "key": WKEY},
                    {"name": "dingtalk", "kind": "dingtalk", "key": DKEY, "secret": DSECRET},
                ]
            ),
        )

    def robot(self, kind: str) -> Robot:
        return load_robots(self.settings, httpx.AsyncClient(trust_env=False), 0.5)[kind]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    enable_socket()
    async with wc.running() as wecom, dt.running() as ding:
        yield Town(wecom, ding)


both = pytest.mark.parametrize("kind", ["wecom", "dingtalk"])


@both
@pytest.mark.parametrize("markdown", [False, True])
async def test_a_notice_is_said_in_the_group(town: Town, kind: str, markdown: bool) -> None:
    text = f'**先别转账** "😀" \\u4f60\n拿不准打96110 {LINK}'
    found = await town.robot(kind).send(Notice(text, "中秋提醒", markdown))
    assert (found.outcome, found.cause) == (Outcome.SENT, "")
    assert town.groups[kind].said == [{"kind": "markdown" if markdown else "text", "text": text}]


@both
@pytest.mark.parametrize(("markdown", "most"), [(False, 2048), (True, 4096)])
async def test_too_long_a_text_is_cut_between_characters(
    town: Town, kind: str, markdown: bool, most: int
) -> None:
    for text in ("a" * (most - 1) + "长", "😀" * most, "b" * most):
        assert (await town.robot(kind).send(Notice(text, "", markdown))).outcome is Outcome.SENT
        said = town.groups[kind].said[-1]["text"]
        assert most - 4 < len(said.encode()) <= most and text.startswith(said)


@both
@pytest.mark.parametrize("markdown", [False, True])
async def test_nobody_can_have_everybody_rung(town: Town, kind: str, markdown: bool) -> None:
    text = "<@all> @all @所有人 @everyone <@zhangsan> @13912345678 写信到 a@b.example"
    await town.robot(kind).send(Notice(text, "@all", markdown))
    (said,) = town.groups[kind].said
    assert town.groups[kind].rings == 0 and "a@b.example" in said["text"]
    for mention in ("<@", "@all", "@所有人", "@everyone", "@139"):
        assert mention not in said["text"]


@limits(max_examples=200)
@given(st.text(alphabet="<@allAL所有人 1390\n*[]()", max_size=40))
def test_no_text_mentions_anybody(text: str) -> None:
    silent = load_silencer()
    said = silent(text)
    assert "<@" not in said and "@所有人" not in said and silent(said) == said and len(said) == len(text)


@pytest.mark.parametrize("off", [-3605, 3605])
async def test_a_clock_an_hour_off_is_refused_and_the_reason_told(
    town: Town, off: float, caplog: pytest.LogCaptureFixture
) -> None:
    robot = town.robot("dingtalk")
    assert isinstance(robot, DingTalkRobot)
    slow = replace(robot, clock=lambda: robot.clock() + off)
    found = await slow.send(Notice("先别转账"))
    assert (found.outcome, found.cause) == (Outcome.REJECTED, "refused by rule") and "clock" in caplog.text
    assert (
        await replace(robot, clock=lambda: robot.clock() + off * 0.9).send(Notice("好"))
    ).outcome is Outcome.SENT
    assert (await replace(robot, secret="SECwrong").send(Notice("好"))).outcome is Outcome.REJECTED


async def test_each_attempt_is_signed_anew(town: Town) -> None:
    robot = town.robot("dingtalk")
    assert isinstance(robot, DingTalkRobot)
    seen: list[httpx.QueryParams] = []

    async def note(request: httpx.Request) -> None:
        seen.append(request.url.params)

    line = replace(robot.line, client=httpx.AsyncClient(trust_env=False, event_hooks={"request": [note]}))
    ticks = iter((1_700_000_000.0, 1_700_000_001.5))
    for _ in range(2):
        await replace(robot, line=line, clock=lambda: next(ticks)).send(Notice("好"))
    assert [one["timestamp"] for one in seen] == ["1700000000000", "1700000001500"]
    assert seen[0]["sign"] != seen[1]["sign"] and len(seen[0]["sign"]) == 44


@both
async def test_the_platforms_count_and_their_refusal_pauses_the_robot(town: Town, kind: str) -> None:
    robot = town.robot(kind)
    found = [await robot.send(Notice(str(n))) for n in range(21)]
    assert [one.outcome for one in found] == [Outcome.SENT] * 20 + [Outcome.RETRY]
    assert found[-1].pause == {"wecom": 60, "dingtalk": 600}[kind] and found[-1].cause == "too frequent"


@pytest.mark.parametrize(
    ("kind", "code", "outcome", "pause"),
    [
        ("wecom", 93000, Outcome.REJECTED, 0),
        ("wecom", 40058, Outcome.REJECTED, 0),
        ("wecom", 45009, Outcome.RETRY, 60),
        ("wecom", -1, Outcome.RETRY, 0),
        ("dingtalk", 300001, Outcome.REJECTED, 0),
        ("dingtalk", 310000, Outcome.REJECTED, 0),
        ("dingtalk", 130101, Outcome.RETRY, 600),
        ("dingtalk", 99999, Outcome.REJECTED, 0),
    ],
)
async def test_what_an_error_code_means(
    town: Town, kind: str, code: int, outcome: Outcome, pause: float
) -> None:
    town.fakes[kind].world.order(SENDS[kind], {"errcode": code})
    found = await town.robot(kind).send(Notice("好"))
    assert (found.outcome, found.pause, found.gone) == (outcome, pause, False) and found.cause


@both
@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ({"silent": True}, Outcome.UNKNOWN),
        ({"hang up": True}, Outcome.UNKNOWN),
        ({"status": 502}, Outcome.UNKNOWN),
        ({"status": 503}, Outcome.RETRY),
        ({"status": 302}, Outcome.UNKNOWN),
    ],
)
async def test_what_was_surely_not_sent_is_told_apart(
    town: Town, kind: str, trouble: dict[str, Any], outcome: Outcome
) -> None:
    town.fakes[kind].world.order(SENDS[kind], trouble)
    assert (await town.robot(kind).send(Notice("好"))).outcome is outcome
    nobody = {"wecom_api_base": "http://127.0.0.1:1", "dingtalk_webhook_base": "http://127.0.0.1:1"}
    town.settings = town.settings.model_copy(update=nobody)
    assert (await town.robot(kind).send(Notice("好"))).outcome is Outcome.RETRY


async def test_keys_are_in_no_log_no_repr_and_no_error(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    robots = [town.robot("wecom"), town.robot("dingtalk")]
    for kind, robot in zip(("wecom", "dingtalk"), robots, strict=True):
        for trouble in ({"errcode": 45009}, {"errcode": 310000}, {"status": 502}, {"silent": True}, {}):
            town.fakes[kind].world.order(SENDS[kind], trouble)
            delivery = await robot.send(Notice("13912345678"))
            assert WKEY not in repr(delivery) and DKEY not in repr(delivery)
    channel = build(town.settings, httpx.AsyncClient())
    shown = f"{caplog.text} {robots!r} {town.settings!r} {channel!r} {vars(channel)!r}"
    for secret in (WKEY, DKEY, DSECRET, "13912345678"):
        assert secret not in shown


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "wecom", "key": WKEY},
        {"name": "a", "kind": "feishu", "key": WKEY},
        {"name": "a", "kind": "wecom"},
        {"name": "a", "kind": "wecom", "key": "short"},
        {"name": "a b", "kind": "wecom", "key": WKEY},
        {"name": "../a", "kind": "wecom", "key": WKEY},
        {"name": "a", "kind": "wecom", "key": WKEY, "secret": DSECRET},
        {"name": "a", "kind": "wecom", "key": WKEY, "more": WKEY},
        {"name": "a", "kind": "wecom", "key": 7},
        {"name": "a", "kind": "wecom", "url": f"https://evil.example/cgi-bin/webhook/send?key={WKEY}"},
        {"name": "a", "kind": "wecom", "url": f"http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={WKEY}"},
        {
            "name": "a",
            "kind": "dingtalk",
            "url": f"https://oapi.dingtalk.com/robot/sendX?access_token={WKEY}",
        },
        {
            "name": "a",
            "kind": "dingtalk",
            "url": f"https://[oapi.dingtalk.com/robot/send?access_token={WKEY}",
        },
        WKEY,
    ],
)
def test_a_bad_robot_is_named_by_its_place_and_its_key_is_not_told(entry: object) -> None:
    good = {"name": "good", "kind": "wecom", "key": WKEY}
    with pytest.raises(SettingsError, match="FANZHA_ROBOTS: robot 2") as caught:
        load_robots(Settings(_env_file=None, robots=json.dumps([good, entry])), httpx.AsyncClient())
    assert WKEY not in str(caught.value) and DSECRET not in str(caught.value)


def test_robots_come_from_a_file_or_from_addresses(tmp_path: Path) -> None:
    path = tmp_path / "robots.yml"
    path.write_text(
        f"robots:\n- {{name: class-1, kind: wecom, url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={WKEY}'}}\n"
        f"- {{name: 'ding', kind: dingtalk, url: 'https://oapi.dingtalk.com/robot/send?access_token={DKEY}'}}\n",
        encoding="utf-8",
    )
    robots = load_robots(Settings(_env_file=None, robots=str(path)), httpx.AsyncClient())
    assert [(one.name, one.kind) for one in robots.values()] == [("class-1", "wecom"), ("ding", "dingtalk")]
    assert load_robots(Settings(_env_file=None), httpx.AsyncClient()) == {}
    for bad in (str(tmp_path / "none.yml"), "[{", "{}", '["a", ', '{"robots": 5}'):
        with pytest.raises(SettingsError, match="FANZHA_ROBOTS"):
            load_robots(Settings(_env_file=None, robots=bad), httpx.AsyncClient())
    twice = json.dumps([{"name": "a", "kind": "wecom", "key": WKEY}] * 2)
    with pytest.raises(SettingsError, match="another"):
        load_robots(Settings(_env_file=None, robots=twice), httpx.AsyncClient())


def test_nobody_writes_to_robots() -> None:
    settings = Settings(_env_file=None, robots=json.dumps([{"name": "a", "kind": "wecom", "key": WKEY}]))
    channel = build(settings, httpx.AsyncClient())
    assert channel is not None and channel.path == "" and channel.greet(Hook("GET", {})) is None
    with pytest.raises(Forged):
        channel.verify(Hook("POST", {}))
    assert list(channel.parse(Hook("POST", {}))) == [] and list(channel.split(Turn((Reply("a"),)))) == [
        Reply("a")
    ]
    with pytest.raises(GiveUp):
        asyncio.run(channel.fetch(Media("picture", "a")))
    unknown = asyncio.run(channel.deliver(Outgoing("0" * 32, "b", "b", Reply("a"))))
    assert (unknown.outcome, unknown.cause) == (Outcome.REJECTED, "no such robot")
    assert build(Settings(_env_file=None), httpx.AsyncClient()) is None


def test_a_notice_survives_the_outbox_and_robots_are_never_lost_for_good() -> None:
    notice = Notice("字", "题", True)
    assert notice_of(notice.reply()) == notice and notice_of(Reply("字")) == Notice("字")
    for table in load_tables().values():
        assert all(
            not row.gone and row.do in {"retry", "reject"} and len(row.cause) <= 40 for row in table.values()
        )
