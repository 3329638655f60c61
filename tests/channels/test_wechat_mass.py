"""The calls for many at once against the strict WeChat, what its refusals mean, and how its reports are kept."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import wechat_requests as wx
from pytest_socket import enable_socket
from wechat_fake import Fake, running
from wechat_street import Open, opener

from channels import broadcast
from channels.base import Outcome
from channels.broadcast import Article, Content, MassState
from channels.registry import build_broadcaster
from channels.wechat import drafts, mass, tags
from channels.wechat.adapter import make_api
from channels.wechat.api import Api
from channels.wechat.broadcast import WeChatBroadcaster
from channels.wechat.errors import ApiError, BadAnswer, load_table

JPEG = b"\xff\xd8\xff\xe0 a picture"
KEY = "0" * 32


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    enable_socket()
    async with running() as one:
        for number in range(3):
            one.world.person(f"o-{number}").subscribed = True
        yield one


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as one:
        yield one


@pytest.fixture
def api(fake: Fake, client: httpx.AsyncClient) -> Api:
    return make_api(wx.settings(wechat_api_base=fake.address), client, load_table(), 1.0)


@pytest.fixture
def account(api: Api) -> WeChatBroadcaster:
    return WeChatBroadcaster(api, wx.APP_ID, "service", load_table())


def fault(fake: Fake, path: str, **what: Any) -> None:
    fake.world.faults[f"/cgi-bin/{path}"] = deque([what])


async def made(account: WeChatBroadcaster, title: str = "年前防骗") -> str:
    cover = await account.cover(JPEG)
    assert cover.value is not None
    draft = await account.add_draft(Article(title, "先别转账", "<p>先别转账</p>", cover.value))
    assert draft.value is not None
    return draft.value


async def test_a_list_a_tag_and_all_by_one_key_each(fake: Fake, account: WeChatBroadcaster) -> None:
    text = Content(text="先别转账 <a href='http://x'>x</a>")
    first = await account.to_people(["o-0", "o-1"], text, "1" * 32)
    again = await account.to_people(["o-0", "o-1"], text, "1" * 32)
    assert first.done and (again.value, again.cause) == (first.value, broadcast.SENT_BEFORE)
    tag = (await account.make_tag("fz")).value or 0
    assert (await account.tag_people(tag, ["o-2"])).done
    assert (await account.to_tag(tag, text, "2" * 32)).done
    assert (await account.to_all(text, "3" * 32)).done
    assert len(fake.mass.jobs) == 3 and [*fake.mass.jobs.values()][2].state == "confirming"
    assert "<a" not in next(iter(fake.mass.jobs.values())).content
    with pytest.raises(ValueError, match="2 to 10000"):
        await mass.to_people(account._api, ["o-0"], text, KEY)


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("send success", MassState.SENT),
        ("sending", MassState.SENDING),
        ("confirming", MassState.SENDING),
        ("err(20008)", MassState.FAILED),
        ("deleted", MassState.DELETED),
    ],
)
async def test_what_became_of_a_message(
    fake: Fake, account: WeChatBroadcaster, state: str, found: MassState
) -> None:
    fake.mass.work = lambda: None  # type: ignore[method-assign]
    number = (await account.to_people(["o-0", "o-1"], Content(text="先别转账"), KEY)).value or ""
    fake.mass.jobs[int(number)].state = state
    assert (await account.state(number)).value is found
    assert (await account.withdraw(number)).done
    assert (await account.state("77")).outcome is Outcome.REJECTED


async def test_drafts_come_go_and_are_found(fake: Fake, account: WeChatBroadcaster) -> None:
    draft = await made(account)
    found = await account.find_draft("年前防骗", "先别转账", fake.world.now() - 5)
    assert found.value == draft and (await account.has_draft(draft)).value is True
    for title, digest, later in (
        ("别的", "先别转账", -5),
        ("年前防骗", "别的", -5),
        ("年前防骗", "先别转账", 60),
    ):
        found = await account.find_draft(title, digest, fake.world.now() + later)
        assert found.done and found.value == ""
    assert (await account.published("年前防骗", 0)).value is False
    number = await drafts.publish(account._api, draft)
    assert await drafts.publication(account._api, number) == 0
    assert (await account.published("年前防骗", fake.world.now() - 60)).value is True
    assert (await account.has_draft(draft)).value is False
    gone = await account.drop_draft(draft)
    assert (gone.outcome, gone.cause) == (Outcome.REJECTED, broadcast.MEDIA_UNKNOWN)


async def test_a_draft_that_is_sent_leaves_the_box(fake: Fake, account: WeChatBroadcaster) -> None:
    draft = await made(account)
    assert (await account.preview("o-0", Content(draft=draft))).done
    assert (await account.to_people(["o-0", "o-1"], Content(draft=draft), KEY)).done
    assert (await account.has_draft(draft)).value is False


@pytest.mark.parametrize(
    ("picture", "cause"),
    [
        (JPEG + bytes(broadcast.MOST_COVER), broadcast.TOO_LARGE),
        (b"<svg/>", "picture kind refused"),
        (b"", "picture kind refused"),
    ],
)
async def test_a_picture_that_cannot_be_kept_is_not_even_sent(
    fake: Fake, account: WeChatBroadcaster, picture: bytes, cause: str
) -> None:
    said = await account.cover(picture)
    assert (said.outcome, said.cause) == (Outcome.REJECTED, cause)
    assert fake.world.calls("material/add_material") == 0


async def test_tags_are_made_once_given_fifty_at_a_time_and_deleted(
    fake: Fake, account: WeChatBroadcaster
) -> None:
    first, again = await account.make_tag("fz"), await account.make_tag("fz")
    assert first.value == again.value == 100
    with pytest.raises(ValueError, match="1 to 50"):
        await tags.give(account._api, 100, ["o-0"] * 51, True)
    assert (await account.tag_people(100, ["o-0", "o-1"])).done
    assert (await account.tag_people(100, ["o-1"], on=False)).done
    tag = (await account.tag(100)).value
    assert tag is not None and (tag.name, tag.count) == ("fz", 1)
    fake.world.person("o-2").subscribed = False
    assert (await account.tag_people(100, ["o-0", "o-2"])).gone
    assert (await account.drop_tag(100)).done
    for said in (
        await account.tag(100),
        await account.drop_tag(100),
        await account.tag_people(100, ["o-0"]),
        await account.to_tag(100, Content(text="x"), KEY),
    ):
        assert (said.outcome, said.cause) == (Outcome.REJECTED, broadcast.TAG_MISSING)


async def test_a_name_that_is_not_ours_to_take_is_told(fake: Fake, api: Api) -> None:
    fault(fake, "tags/create", errcode=45157)
    with pytest.raises(ApiError):
        await tags.make(api, "fz")


async def test_a_notice_uses_up_a_grant(fake: Fake, account: WeChatBroadcaster) -> None:
    fake.world.person("o-0").grants["t1"] = 1
    said = [await account.notice("o-0", "t1", {"thing1": "先别转账"}, "https://x.example") for _ in range(2)]
    assert [one.outcome for one in said] == [Outcome.SENT, Outcome.REJECTED]
    assert said[1].cause == broadcast.GRANT_GONE


@pytest.mark.parametrize(
    ("what", "outcome", "cause", "after"),
    [
        ({"errcode": -1}, Outcome.RETRY, "busy", 0.0),
        ({"errcode": 45066}, Outcome.RETRY, "too soon", 60.0),
        ({"errcode": 45067}, Outcome.REJECTED, "bug", 0.0),
        ({"errcode": 45028}, Outcome.REJECTED, broadcast.NO_QUOTA, 0.0),
        ({"errcode": 45009}, Outcome.RETRY, "daily quota", 3600.0),
        ({"errcode": 48001}, Outcome.HOLD, "not permitted", 0.0),
        ({"errcode": 99999}, Outcome.REJECTED, "refused", 0.0),
        ({"errcode": 45065}, Outcome.SENT, "sent before", 0.0),  # it names no message: taken all the same
        ({"status": 503}, Outcome.RETRY, "status 503", 0.0),
        ({"status": 500}, Outcome.UNKNOWN, "status 500", 0.0),
        ({"silent": True}, Outcome.UNKNOWN, "timeout", 0.0),
        ({"hang up": True}, Outcome.UNKNOWN, "line broke", 0.0),
    ],
)
async def test_what_a_refusal_means(
    fake: Fake, account: WeChatBroadcaster, what: dict[str, Any], outcome: Outcome, cause: str, after: float
) -> None:
    fault(fake, "message/mass/send", **what)
    said = await account.to_people(["o-0", "o-1"], Content(text="先别转账"), KEY)
    assert (said.outcome, said.cause, said.after, said.value) == (outcome, cause, after, None)


async def test_without_a_token_nothing_went_out(fake: Fake, client: httpx.AsyncClient) -> None:
    fake.world.ip_listed = False
    account = build_broadcaster(wx.settings(wechat_api_base=fake.address), client)
    assert account is not None and (account.account, account.kind) == (wx.APP_ID, "service")
    said = await account.to_people(["o-0", "o-1"], Content(text="x"), KEY)
    assert (said.outcome, said.cause) == (Outcome.RETRY, "ip not listed")
    away = build_broadcaster(wx.settings(wechat_api_base="http://127.0.0.1:1"), client)
    assert away is not None
    said = await away.to_people(["o-0", "o-1"], Content(text="x"), KEY)
    assert (said.outcome, said.cause) == (Outcome.RETRY, "no access token")
    assert build_broadcaster(wx.settings(wechat_app_secret=""), client) is None


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda api: mass.to_tag(api, 1, Content(text="x"), KEY), {"errcode": 0}),
        (lambda api: mass.state(api, "1"), {"msg_status": "ODD"}),
        (tags.every, {"tags": [{"id": "x"}]}),
        (tags.every, {}),
        (lambda api: drafts.add_cover(api, JPEG), {"media_id": ""}),
        (lambda api: drafts.find(api, "a", "b", 0), {"item": "x"}),
        (lambda api: drafts.find(api, "a", "b", 0), {"item": [{"media_id": 1}]}),
        (lambda api: drafts.publication(api, "1"), {"publish_status": "x"}),
    ],
)
async def test_an_answer_of_another_shape_is_a_bad_answer(call: Callable[[Api], Any], answer: Any) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        token = request.url.path.endswith("stable_token")
        return httpx.Response(200, json={"access_token": "t", "expires_in": 7200} if token else answer)

    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as client:
        with pytest.raises(BadAnswer):
            await call(make_api(wx.settings(), client, load_table()))


def test_the_causes_that_are_told_apart_stand_in_the_table() -> None:
    causes = {meaning.cause for meaning in load_table().values()}
    known = (broadcast.TAG_MISSING, broadcast.NO_QUOTA, broadcast.GRANT_GONE, broadcast.MEDIA_UNKNOWN)
    assert {*known, broadcast.SENT_BEFORE, broadcast.TOO_LARGE} <= causes


async def test_reports_are_kept_by_the_gateway_once(open_gateway: Callable[..., Any], tmp_path: Path) -> None:
    enable_socket()
    open_street: Open = opener(open_gateway, tmp_path)
    async with open_street(scale=0.2) as street:
        street.fake.pusher.drop_answers = 1
        told = {"MsgID": 77, "Status": "send success", "SentCount": 2}
        assert await street.event("MASSSENDJOBFINISH", who="mphelper", **told) == "success"
        entry = {"TemplateId": "t1", "SubscribeStatusString": "accept"}
        await street.event("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": entry})
        await street.event("TEMPLATESENDJOBFINISH", MsgID=5, Status="success")
        [row] = street.rows("SELECT account, event, platform_id, fields FROM platform_report")
        assert tuple(row)[:3] == (wx.APP_ID, "masssendjobfinish", "77")
        assert json.loads(row.fields) == {"MsgID": "77", "Status": "send success", "SentCount": "2"}
        [grant] = street.rows("SELECT template, left FROM notice_grant")
        assert tuple(grant) == ("t1", 1)
