"""The fake WeChat itself is strict: quotas, the admin's confirmation, tags, menu, codes; and our set-up calls pass it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
import wechat_requests as wx
from pytest_socket import enable_socket
from typer.testing import CliRunner
from wechat_fake import Fake, running

from channels.settings import PREFIX, Settings
from channels.wechat import admin
from channels.wechat.adapter import make_api
from channels.wechat.api import Api
from channels.wechat.errors import ApiError, load_table
from channels.wechat.words import load_words
from channels.wechat_commands import wechat as commands
from tests.fakes.wechat.demo import environment
from tests.fakes.wechat.world import Account

TO_ALL = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "国庆防骗"}}


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    enable_socket()
    async with running() as one:
        for number in range(3):
            one.world.person(f"openid-{number}").subscribed = True
        yield one


def settings(fake: Fake, **changes: Any) -> Settings:
    return wx.settings(**{"wechat_api_base": fake.address, **changes})


@pytest.fixture
async def api(fake: Fake) -> AsyncIterator[Api]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield make_api(settings(fake), client, load_table())


async def code(api: Api, path: str, body: Mapping[str, Any]) -> int:
    """Return the error code of a call, 0 when it was taken."""
    try:
        await api.post(path, body)
    except ApiError as error:
        return error.code
    return 0


def some(*numbers: int, **more: Any) -> dict[str, Any]:
    to = [f"openid-{number}" for number in numbers]
    return {"touser": to, "msgtype": "text", "text": {"content": "提醒"}, **more}


async def finished(fake: Fake, number: int) -> str:
    for _ in range(100):
        if fake.mass.jobs[number].state not in {"sending", "confirming"}:
            break
        await asyncio.sleep(0.02)
    return fake.mass.jobs[number].state


async def test_the_fifth_mass_message_of_a_month_fails_for_that_person(fake: Fake, api: Api) -> None:
    for _ in range(5):
        number = (await api.post("/cgi-bin/message/mass/send", some(0, 1)))["msg_id"]
        await finished(fake, number)
    assert (fake.mass.jobs[number].sent, fake.mass.jobs[number].errors) == (0, 2)
    fresh = (await api.post("/cgi-bin/message/mass/send", some(1, 2)))["msg_id"]
    await finished(fake, fresh)
    assert (fake.mass.jobs[fresh].sent, fake.mass.jobs[fresh].errors) == (1, 1)


async def test_a_subscription_account_sends_once_a_day(fake: Fake, api: Api) -> None:
    fake.world.account = type(fake.world.account)(kind="subscription")
    fake.mass.protected = False
    assert await code(api, "/cgi-bin/message/mass/sendall", TO_ALL) == 0
    assert await code(api, "/cgi-bin/message/mass/sendall", TO_ALL) == 45028
    assert await code(api, "/cgi-bin/message/mass/send", some(0, 1)) == 48001


async def test_sending_to_all_waits_for_the_admin(fake: Fake, api: Api) -> None:
    number = (await api.post("/cgi-bin/message/mass/sendall", TO_ALL))["msg_id"]
    other = (await api.post("/cgi-bin/message/mass/sendall", TO_ALL))["msg_id"]
    await asyncio.sleep(0.25)
    assert fake.mass.jobs[number].state == "confirming"
    fake.mass.confirm(number, True)
    assert await finished(fake, number) == "send success"
    fake.world.offset += 30 * 60 + 1
    assert await finished(fake, other) == "send fail"
    assert len(fake.world.people["openid-0"].phone) == 1


async def test_a_client_number_is_taken_once_and_a_review_may_call_it_fraud(fake: Fake, api: Api) -> None:
    fake.mass.verdict = "err(20008)"
    number = (await api.post("/cgi-bin/message/mass/send", some(0, 1, clientmsgid="autumn")))["msg_id"]
    assert await code(api, "/cgi-bin/message/mass/send", some(0, 1, clientmsgid="autumn")) == 45065
    assert await finished(fake, number) == "err(20008)"
    assert fake.world.people["openid-0"].phone == []


async def test_a_notice_needs_a_grant_and_uses_it_up(fake: Fake, api: Api) -> None:
    fake.world.people["openid-0"].grants["t1"] = 1
    body = {"touser": "openid-0", "template_id": "t1", "data": {"thing1": {"value": "国庆防骗提醒"}}}
    path = "/cgi-bin/message/subscribe/bizsend"
    assert [await code(api, path, body), await code(api, path, body)] == [0, 43101]
    assert fake.world.people["openid-0"].phone == [{"from": "notice", "text": "国庆防骗提醒"}]


async def test_daily_limits_hold_until_they_are_cleared(fake: Fake, api: Api) -> None:
    preview = {"touser": "openid-0", "msgtype": "text", "text": {"content": "预览"}}
    found = [await code(api, "/cgi-bin/message/mass/preview", preview) for _ in range(101)]
    assert found == [0] * 100 + [45009]
    clearings = [await code(api, "/cgi-bin/clear_quota", {"appid": wx.APP_ID}) for _ in range(11)]
    assert clearings == [0] * 10 + [48006]
    assert await code(api, "/cgi-bin/message/mass/preview", preview) == 0


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("message/mass/send", some(0), 40032),
        ("message/mass/send", {**some(0, 1), "msgtype": "hologram"}, 48008),
        ("draft/add", {"articles": []}, 44003),
        ("draft/add", {"articles": [{"title": "t", "content": "c", "thumb_media_id": "none"}]}, 40007),
        ("freepublish/submit", {"media_id": "none"}, 40007),
        ("menu/create", {"button": []}, 40016),
        ("menu/create", {"button": [{"name": "很长很长很长的名字", "type": "click", "key": "k"}]}, 40018),
        ("tags/create", {"tag": {"name": "很长很长很长很长很长很长"}}, 45158),
        ("tags/members/batchtagging", {"tagid": 1, "openid_list": ["x"] * 51}, 40032),
        (
            "qrcode/create",
            {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": ""}}},
            40053,
        ),
        ("message/custom/typing", {"touser": "openid-0", "command": "Sing"}, 45072),
        ("message/custom/typing", {"touser": "openid-0", "command": "Typing"}, 45080),
        ("message/custom/send", {"touser": "nobody", "msgtype": "text", "text": {"content": "x"}}, 40003),
        ("message/custom/send", {"touser": "openid-0", "msgtype": "text", "text": {"content": "x"}}, 45015),
        (
            "message/custom/send",
            {"touser": "openid-0", "msgtype": "text", "text": {"content": "长" * 683}},
            45002,
        ),
    ],
)
async def test_the_fake_refuses(fake: Fake, api: Api, path: str, body: dict[str, Any], expected: int) -> None:
    assert await code(api, f"/cgi-bin/{path}", body) == expected


async def test_the_fake_counts_windows(fake: Fake, api: Api) -> None:
    send = {"touser": "openid-0", "msgtype": "text", "text": {"content": "x"}}
    fake.world.opens("openid-0", "message", (5, 48 * 3600.0))
    found = [await code(api, "/cgi-bin/message/custom/send", send) for _ in range(6)]
    assert found == [0] * 5 + [45047]
    fake.world.offset += 49 * 3600
    assert await code(api, "/cgi-bin/message/custom/send", send) == 45015
    fake.world.people["openid-0"].subscribed = False
    assert await code(api, "/cgi-bin/message/custom/send", send) == 43004


async def test_menu_codes_and_tags_are_set_up(fake: Fake, api: Api) -> None:
    await admin.put_menu(api, load_words())
    assert fake.world.menu is not None and len(fake.world.menu["button"]) == 3
    assert (await admin.make_code(api, "sch:1024", True)).startswith("https://mp.weixin.qq.com/")
    await admin.make_code(api, "com:7", False)
    assert set(fake.world.codes.values()) == {"sch:1024", "com:7"}
    assert await admin.make_tag(api, "大学生") == 100
    for bad in ("", "x" * 65, "a b", "学校"):
        with pytest.raises(ValueError, match="scene"):
            await admin.make_code(api, bad, True)
    with pytest.raises(ValueError, match="tag"):
        await admin.make_tag(api, "长" * 11)


async def test_the_check_says_what_to_mend(fake: Fake) -> None:
    async def asked(**changes: Any) -> str | None:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await admin.check(make_api(settings(fake, **changes), client, load_table()), load_table())

    assert await asked() is None
    assert "SECRET" in str(await asked(wechat_app_secret="wrong"))
    assert "APP_ID" in str(await asked(wechat_app_id="wx9"))
    fake.world.ip_listed = False
    assert "white list" in str(await asked())
    assert "cannot be reached" in str(await asked(wechat_api_base="http://127.0.0.1:1"))


async def test_the_commands_speak_in_one_line(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("APP_ID", wx.APP_ID), ("APP_SECRET", wx.SECRET), ("API_BASE", fake.address)):
        monkeypatch.setenv(f"FANZHA_WECHAT_{name}", value)

    async def run(*words: str) -> tuple[int, str]:
        found = await asyncio.to_thread(CliRunner().invoke, commands, list(words))
        return found.exit_code, found.output

    assert await run("check") == (0, "WeChat gave us an access token\n")
    assert (await run("menu"))[0] == 0 and fake.world.menu is not None
    assert "ticket-" in (await run("code", "sch:1"))[1]
    assert (await run("tag", "大学生"))[1].strip() == "100"
    status, said = await run("code", "a b")
    assert status == 1 and "scene" in said
    fake.world.ip_listed = False
    status, said = await run("check")
    assert status == 1 and "white list" in said and wx.SECRET not in said
    monkeypatch.setenv("FANZHA_WECHAT_API_BASE", "http://127.0.0.1:1")
    assert (await run("menu"))[0] == 1


def test_the_demo_sets_variables_that_exist(tmp_path: Any) -> None:
    made = environment(Account(kind="unverified"), 8001, 8002, tmp_path)
    ours = {name for name in made if name.startswith("FANZHA_WECHAT_")}
    known = {PREFIX + name.upper() for name in Settings.model_fields if name.startswith("wechat_")}
    campaigns = {name for name in known if "_NOTICE_" in name} | {"FANZHA_WECHAT_TO_ALL"}
    assert ours == known - campaigns - {"FANZHA_WECHAT_PLAIN"}
    assert (made["FANZHA_WECHAT_ACCOUNT"], made["FANZHA_WECHAT_API_BASE"]) == (
        "unverified",
        "http://127.0.0.1:8002",
    )
