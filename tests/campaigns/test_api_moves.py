"""The API of campaigns: from a document to approved, who may, what is told, two at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from office_house import NOW, TOKENS, Here, as_yaml, codes, document
from sqlalchemy import Engine

from campaigns.api.desk import ROOT


@pytest.fixture
def here(any_engine: Engine, tmp_path: Path) -> Here:
    return Here(any_engine, tmp_path)


@pytest.fixture(autouse=True)
def people(any_engine: Engine, add_people: Any) -> list[int]:
    with any_engine.begin() as connection:
        return list(add_people(connection, 12, role="student"))


async def test_from_a_yaml_file_to_scheduled(here: Here) -> None:
    stored = await here.raw("ann", "/good", as_yaml(document()))
    assert (stored.status_code, stored.headers["etag"]) == (200, '"1"')
    assert stored.json()["state"] == "draft" and stored.json()["authors"] == ["ann"]
    found = (await here.call("vera", "GET", "/good/lint")).json()
    assert found["fit"], found
    shown = (await here.call("ann", "POST", "/good/preview")).json()
    assert shown["variants"][0]["routes"]["telegram"] == {
        "message": document()["variants"][0]["texts"]["message"]
    }
    assert (await here.call("ann", "POST", "/good/submit")).json()["state"] == "review"
    done = (await here.approve("bob", "good", shown["digest"])).json()
    assert (done["state"], done["approver"]) == ("scheduled", "bob")
    assert [wave["at"] for wave in done["waves"]] == ["2026-12-01T10:00:00+08:00"]
    log = (await here.call("vera", "GET", "/good/log")).json()["log"]
    assert [(line["operator"], line["action"]) for line in log] == [
        ("ann", "create"),
        ("ann", "preview"),
        ("ann", "submit"),
        ("bob", "approve"),
    ]
    (listed,) = (await here.call("vera", "GET", "?state=scheduled")).json()["campaigns"]
    assert listed["id"] == "good"


async def test_hold_go_on_take_back_stop(here: Here) -> None:
    await here.approved(document())
    assert (await here.call("ann", "POST", "/good/pause")).json()["state"] == "paused"
    assert (await here.call("ann", "POST", "/good/resume")).json()["error"]["code"] == "role_too_low"
    assert (await here.call("carl", "POST", "/good/send")).json()["state"] == "scheduled"
    early = await here.call("carl", "POST", "/good/send")
    assert (
        early.json()["error"]["code"] == "not_due" and "2026-12-01T10:00" in early.json()["error"]["message"]
    )
    assert (await here.call("ann", "POST", "/good/withdraw")).json()["state"] == "draft"
    await here.call("ann", "POST", "/good/submit")
    rejected = await here.call("bob", "POST", "/good/reject", {"reason": "第二句太长"})
    assert rejected.json()["state"] == "draft"
    assert (await here.call("bob", "GET", "/good/log")).json()["log"][-1]["note"] == "第二句太长"
    await here.call("ann", "POST", "/good/submit")
    await here.approve("bob", "good", rejected.json()["digest"])
    assert (await here.call("ann", "POST", "/good/stop")).json()["state"] == "stopped"
    assert (await here.call("carl", "POST", "/good/resend")).json()["error"]["code"] == "nothing_failed"
    again = await here.call("ann", "POST", "/good/stop")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "wrong_state")
    assert "已停止" in again.json()["error"]["message"]


async def test_every_address_asks_who_is_there_and_what_she_may(here: Here) -> None:
    await here.put("ann", document())
    moves: dict[str, Any] = {
        "submit": None,
        "approve": {"digest": "0"},
        "reject": {"reason": "x"},
        "withdraw": None,
        "pause": None,
        "resume": None,
        "send": None,
        "stop": None,
        "resend": None,
        "preview": None,
        "note": {"note": "x"},
        "preview/send": {"route": "telegram", "to": "5"},
    }
    for move, data in moves.items():
        assert (await here.call("", "POST", f"/good/{move}", data)).status_code == 401
        seen = await here.call("vera", "POST", f"/good/{move}", data)
        assert (seen.status_code, seen.json()["error"]["code"]) == (403, "role_too_low"), move
    for move in ("approve", "reject", "resume", "send", "resend"):
        assert (await here.call("ann", "POST", f"/good/{move}", moves[move])).status_code == 403, move
    reading = (
        "",
        "/shipped",
        "/calendar",
        "/calendar.ics",
        "/calendar.html",
        "/good",
        "/good/lint",
        "/good/log",
    )
    for path in (*reading, "/good/preview", "/good/audience", "/good/quota", "/good/report"):
        assert (await here.call("", "GET", path)).status_code == 401
        assert (await here.call("vera", "GET", path)).status_code in {200, 409}, path
    assert (await here.put("vera", document(id="other"))).status_code == 403
    wrong = await here.client.get(ROOT, headers={"Authorization": f"Basic {TOKENS['bob'][0]}"})
    assert wrong.status_code == 401


async def test_an_author_cannot_approve(here: Here) -> None:
    digest = await here.reviewed(document(), "bob")
    own = await here.approve("bob", "good", digest)
    assert (own.status_code, own.json()["error"]["code"]) == (403, "approver_is_author")
    assert (await here.approve("carl", "good", digest)).status_code == 200


async def test_of_two_approvers_at_once_one_wins(here: Here) -> None:
    digest = await here.reviewed(document())
    answers = await asyncio.gather(*(here.approve(who, "good", digest) for who in ("bob", "carl", "dora")))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    log = (await here.call("vera", "GET", "/good/log")).json()["log"]
    assert [line["action"] for line in log].count("approve") == 1


async def test_two_authors_cannot_overwrite_each_other(here: Here) -> None:
    first = (await here.put("ann", document())).json()["version"]
    blind = await here.put("bob", document(title="改了一点"))
    assert (blind.status_code, blind.json()["error"]["code"]) == (428, "version_missing")
    both = [here.put(who, document(title=f"改成{who}"), first) for who in ("ann", "bob")]
    statuses = sorted(one.status_code for one in await asyncio.gather(*both))
    assert statuses == [200, 412]
    late = await here.put("carl", document(title="又改"), first)
    assert (late.status_code, late.json()["error"]["code"]) == (412, "version_changed")
    for strange in ("abc", '"-1"', '"99999999999"', "*"):
        answer = await here.call("ann", "PUT", "/good", document(title="再改"), {"If-Match": strange})
        assert answer.status_code == 412


async def test_the_text_that_was_approved_is_the_text_that_was_seen(here: Here) -> None:
    digest = await here.reviewed(document())
    assert (await here.approve("bob", "good", "0" * 64)).json()["error"]["code"] == "text_changed"
    version = (await here.call("ann", "GET", "/good")).json()["version"]
    changed = await here.put("ann", document(title="改了之后"), version)
    assert (await here.call("ann", "POST", "/good/submit")).status_code == 200
    assert (await here.approve("bob", "good", digest)).json()["error"]["code"] == "text_changed"
    unseen = await here.approve("bob", "good", changed.json()["digest"])
    assert (unseen.status_code, unseen.json()["error"]["code"]) == (409, "not_previewed")


async def test_a_message_on_ones_own_phone_or_in_a_group_of_ones_own(here: Here) -> None:
    await here.put("ann", document())
    where = "/good/preview/send"
    nobody = await here.call("ann", "POST", where, {"route": "telegram", "to": "12345"})
    assert nobody.json()["error"]["code"] == "preview_address_unknown"
    meant = await here.call("ann", "POST", where, {"route": "robot", "to": "class"})
    assert meant.json()["error"]["code"] == "preview_robot_in_use"
    none = await here.call("ann", "POST", where, {"route": "robot", "to": "nobody"})
    assert none.json()["error"]["code"] == "preview_failed"
    page = await here.call("ann", "POST", where, {"route": "banner", "to": "x"})
    assert page.json()["error"]["code"] == "no_preview"
    assert not (await here.call("ann", "GET", "/good")).json()["previewed"]
    assert (await here.call("ann", "POST", where, {"route": "robot", "to": "staff"})).status_code == 200
    assert (await here.call("ann", "GET", "/good")).json()["previewed"]
    for _ in range(29):
        await here.call("ann", "POST", where, {"route": "robot", "to": "staff"})
    much = await here.call("ann", "POST", where, {"route": "robot", "to": "staff"})
    assert much.json()["error"]["code"] == "previews_used_up"


async def test_a_ready_campaign_becomes_the_draft_of_the_right_year(here: Here) -> None:
    shipped = (await here.call("vera", "GET", "/shipped")).json()["campaigns"]
    assert len(shipped) >= 24
    added = (await here.call("ann", "POST", "/shipped", {"id": "spring_festival"})).json()
    assert (added["id"], added["state"]) == ("spring_festival-2027", "draft")
    assert set(added["routes"]) <= {"telegram", "wecom", "dingtalk", "robot", "banner", "feed", "export"}
    here.now = NOW + 400 * 86_400
    later = (await here.call("ann", "POST", "/shipped", {"id": "double_eleven"})).json()
    assert later["id"] == "double_eleven-2028"
    assert (await here.call("ann", "POST", "/shipped", {"id": "none"})).status_code == 404


async def test_a_flash_warning_is_approved_in_minutes(here: Here) -> None:
    asked = {
        "bulletin": "brushing_rebate.task_group",
        "line": "本周有人冒充社区拉群派单",
        "robots": ["class"],
    }
    asked["audience"] = {"roles": ["student"]}
    made = (await here.call("ann", "POST", "/flash", asked)).json()
    assert made["kind"] == "flash" and made["waves"][0]["at"] == "2026-11-23T10:10:00+08:00"
    here.now += 60
    await here.call("ann", "POST", f"/{made['id']}/preview")
    sent = await here.call("ann", "POST", f"/{made['id']}/submit")
    assert sent.status_code == 200, sent.text
    here.now += 60
    assert (await here.approve("bob", made["id"], made["digest"])).json()["state"] == "scheduled"
    bad = await here.call("ann", "POST", "/flash", {**asked, "line": "打13912345678"})
    assert bad.json()["error"]["code"] == "line_refused" and codes(bad) == {"number_unknown"}
    long = await here.call("ann", "POST", "/flash", {**asked, "line": "长" * 81})
    assert long.json()["error"]["code"] == "line_unclear"
    assert (await here.call("ann", "POST", "/flash", {**asked, "bulletin": "x"})).status_code == 404
