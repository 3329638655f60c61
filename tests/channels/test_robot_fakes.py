"""The fakes of WeCom and DingTalk as processes of their own, and what they refuse."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dingtalk_requests as dt
import httpx
import pytest
import wecom_requests as wc
from pytest_socket import enable_socket
from typer.testing import CliRunner

from channels.base import Outcome
from channels.dingtalk_commands import dingtalk as commands
from channels.robots.robot import Notice
from channels.robots.roster import load_robots
from channels.settings import Settings
from tests.fakes.dingtalk.world import sign

ROOT = Path(__file__).parents[2]
KEY, SECRET = "0123456789abcdef", "SECret-of-a-robot"


@pytest.fixture(params=["wecom", "dingtalk"])
def process(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Start a fake and give its name and address."""
    enable_socket()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    module = f"tests.fakes.{request.param}"
    running = subprocess.Popen([sys.executable, "-m", module, "--port", str(port)], cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"{address}/control/ledger", trust_env=False)
                break
            except httpx.HTTPError:
                assert time.monotonic() < end and running.poll() is None
                time.sleep(0.1)
        yield request.param, address
    finally:
        running.terminate()
        running.wait(10)


def test_a_robot_speaks_in_the_group_of_another_process(process: tuple[str, str]) -> None:
    kind, address = process
    robot: dict[str, Any] = {"key": KEY} if kind == "wecom" else {"key": KEY, "secret": SECRET}
    with httpx.Client(trust_env=False, base_url=address) as client:
        client.post("/control/robot", json=robot).raise_for_status()
        entry = f'[{{"name": "a", "kind": "{kind}", "key": "{KEY}"' + (
            "}]" if kind == "wecom" else f', "secret": "{SECRET}"}}]'
        )
        settings = Settings(
            _env_file=None, wecom_api_base=address, dingtalk_webhook_base=address, robots=entry
        )

        async def send() -> Outcome:
            async with httpx.AsyncClient(trust_env=False) as outside:
                return (await load_robots(settings, outside)["a"].send(Notice("先别转账"))).outcome

        assert asyncio.run(send()) is Outcome.SENT
        path = {"wecom": "/cgi-bin/webhook/send", "dingtalk": "/robot/send"}[kind]
        client.post("/control/fault", json={"path": path, "fault": {"errcode": -1}}).raise_for_status()
        assert asyncio.run(send()) is Outcome.RETRY
        assert client.get("/control/groups").json()[KEY]["said"] == [{"kind": "text", "text": "先别转账"}]


async def test_the_fake_dingtalk_refuses_what_is_not_signed_or_not_now() -> None:
    enable_socket()
    async with dt.running() as fake, httpx.AsyncClient(trust_env=False, base_url=fake.address) as client:
        from tests.fakes.dingtalk.world import Group

        fake.world.groups[KEY] = Group(SECRET, ("反诈",))

        async def send(text: str, stamp: float | None = None, secret: str = SECRET) -> int:
            now = str(int((time.time() if stamp is None else stamp) * 1000))
            query = {"access_token": KEY, "timestamp": now, "sign": sign(secret, now)}
            body = {"msgtype": "text", "text": {"content": text}}
            return int((await client.post("/robot/send", params=query, json=body)).json()["errcode"])

        assert await send("反诈提醒") == 0
        assert await send("反诈提醒", time.time() - 3601) == 310000
        assert await send("反诈提醒", secret="no") == 310000
        assert await send("没有关键词") == 310000
        for _ in range(18):
            await send("反诈提醒")
        assert await send("反诈提醒") == 130101
        fake.world.offset = 300
        assert await send("反诈提醒", time.time() + 300) == 130101, "ten minutes of silence"
        fake.world.offset = 700
        assert await send("反诈提醒", time.time() + 700) == 0


async def test_the_fake_wecom_drops_without_a_word() -> None:
    enable_socket()
    async with wc.running() as fake, httpx.AsyncClient(trust_env=False, base_url=fake.address) as client:
        world = fake.world
        world.member("m")
        wanted = {"corpid": wc.CORP.corp_id, "corpsecret": wc.CORP.secret}
        first = (await client.get("/cgi-bin/gettoken", params=wanted)).json()["access_token"]
        assert (await client.get("/cgi-bin/gettoken", params=wanted)).json()["access_token"] == first

        async def send(text: str, **more: Any) -> int:
            body = {
                "touser": "m",
                "agentid": wc.CORP.agent_id,
                "msgtype": "text",
                "text": {"content": text},
                **more,
            }
            answer = await client.post("/cgi-bin/message/send", params={"access_token": first}, json=body)
            return int(answer.json()["errcode"])

        check = {"enable_duplicate_check": 1, "duplicate_check_interval": 600}
        assert [await send("同一句", **check) for _ in range(3)] == [0, 0, 0]
        assert len(world.member("m").phone) == 1
        world.offset = 601
        assert await send("同一句", **check) == 0 and len(world.member("m").phone) == 2
        assert {await send(str(n)) for n in range(40)} == {0}
        assert len(world.member("m").phone) == 1 + 30, "one was sent more than a minute ago"
        assert await send("长" * 683) == 45002 and await send("a", agentid=1) == 40056
        world.offset = 7300
        assert await send("a") == 42001


async def test_dingtalk_check_speaks_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    enable_socket()
    monkeypatch.chdir(tmp_path)

    async def run() -> tuple[int, str]:
        found = await asyncio.to_thread(CliRunner().invoke, commands, ["check"])
        return found.exit_code, found.output

    assert (await run())[0] == 1
    async with dt.running() as fake:
        monkeypatch.setenv("FANZHA_DINGTALK_API_BASE", fake.address)
        monkeypatch.setenv("FANZHA_DINGTALK_APP_KEY", dt.APP.key)
        monkeypatch.setenv("FANZHA_DINGTALK_APP_SECRET", dt.APP.secret)
        assert await run() == (0, "DingTalk gave us an access token\n")
        monkeypatch.setenv("FANZHA_DINGTALK_APP_SECRET", "wrong-secret")
        status, said = await run()
        assert status == 1 and "refuses" in said and "wrong-secret" not in said
    status, said = await run()
    assert status == 1 and "cannot be reached" in said
