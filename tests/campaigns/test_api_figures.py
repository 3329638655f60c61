"""Figures through the API: whom it is for, what is left, what came of it; and WeChat itself at the other end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from delivery_rig import Rig, rig
from office_house import Here, document
from sqlalchemy import Engine, update

from campaigns.delivery.build import senders
from campaigns.document import build
from campaigns.jobs import JobState
from campaigns.office.ground import Ground
from campaigns.outfit import Outfit
from storage.campaign_tables import campaign_job


@pytest.fixture
def here(any_engine: Engine, tmp_path: Path) -> Here:
    return Here(any_engine, tmp_path)


async def test_an_audience_is_told_in_shares_and_small_groups_not_at_all(here: Here, add_people: Any) -> None:
    with here.engine.begin() as connection:
        add_people(connection, 60, role="student")
        add_people(connection, 20, role="parent")
        add_people(connection, 4, role="elder", channel="wechat", account="wx-1")
    await here.put("ann", document(audience={"everyone": True}))
    found = (await here.call("vera", "GET", "/good/audience")).json()
    assert found["people"] == "81-89" and found["without_route"] == "<10"
    assert {one["name"]: one["people"] for one in found["by_channel"]} == {"telegram": "80", "wechat": "<10"}
    roles = {one["name"]: (one["people"], one["share"]) for one in found["by_role"]}
    assert roles == {"student": ("60", 0.71), "parent": ("20", 0.24), "elder": ("<10", None)}
    await here.put("ann", document(id="empty", audience={}))
    assert (await here.call("vera", "GET", "/empty/audience")).json()["people"] == "0"


async def test_the_calendar_knows_what_is_planned(here: Here, add_people: Any) -> None:
    with here.engine.begin() as connection:
        add_people(connection, 12)
    await here.approved(document(kind="planned", occasion="new_year", waves=[{"at": "2026-12-28T10:00:00"}]))
    year = (await here.call("vera", "GET", "/calendar?year=2027")).json()
    assert not year["announced"] and year["occasions"][0]["id"] == "new_year"
    this = (await here.call("vera", "GET", "/calendar?year=2026")).json()
    (planned,) = [one["planned"] for one in this["occasions"] if one["id"] == "new_year"]
    assert planned == [{"title": "先别垫钱", "days": ["2026-12-28"]}]
    file = await here.call("vera", "GET", "/calendar.ics?year=2026")
    assert file.headers["content-type"].startswith("text/calendar") and b"VEVENT" in file.content
    page = await here.call("vera", "GET", "/calendar.html")
    assert page.status_code == 200 and "style-src" in page.headers["content-security-policy"]
    for year_ in ("1999", "20265", "x", "２０２６"):
        assert (await here.call("vera", "GET", f"/calendar?year={year_}")).status_code == 422
    assert (await here.call("vera", "GET", "/calendar?year=2004")).status_code == 200


async def test_a_report_before_and_after(here: Here, add_people: Any) -> None:
    with here.engine.begin() as connection:
        add_people(connection, 12)
    await here.put("ann", document())
    early = await here.call("vera", "GET", "/good/report")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_reported")
    await here.approved(document(id="other"))
    assert (await here.call("ann", "POST", "/other/note", {"note": "下次提前三天"})).status_code == 204
    assert (await here.call("ann", "POST", "/other/note", {"note": "a\nb"})).status_code == 422
    found = (await here.call("vera", "GET", "/other/report")).json()
    assert found["total"]["audience"] == [0, 0] and found["notes"] == ["other: 下次提前三天"]
    table = await here.call("vera", "GET", "/other/report.csv")
    assert table.headers["content-type"].startswith("text/csv") and table.text.startswith("\ufeff")
    assert "先别垫钱" in (await here.call("vera", "GET", "/other/report.html")).text


@pytest.fixture
async def world(any_engine: Engine, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(any_engine, tmp_path, "subscription") as made:
        yield made


def office(world: Rig) -> Here:
    outfit = Outfit(world.account, None, (), frozenset(), False)
    ground = Ground(world.engine, world.keys, outfit, senders(world.means()), world.now)
    return Here(world.engine, world.folder, ground=ground)


def mass() -> dict[str, Any]:
    return document(
        routes=["wechat_mass"],
        robots=[],
        audience={"channels": ["wechat"]},
        waves=[{"at": "2026-12-02T10:00:00"}],
    )


async def test_a_preview_on_wechat_goes_to_one_phone(world: Rig) -> None:
    world.add("o-1", "o-2", "o-3")
    here = office(world)
    await here.put("ann", mass())
    done = await here.call("ann", "POST", "/good/preview/send", {"route": "wechat_mass", "to": "o-1"})
    assert done.status_code == 200, done.text
    assert len(world.got("o-1")) == 1 and not world.got("o-2")
    assert world.calls("mass/send") == world.calls("mass/sendall") == 0
    nobody = await here.call("ann", "POST", "/good/preview/send", {"route": "wechat_mass", "to": "o-9"})
    assert nobody.json()["error"]["code"] == "preview_failed"


async def test_a_tag_deleted_meanwhile_sends_nothing_and_the_report_says_why(world: Rig) -> None:
    people = world.add("o-1", "o-2", "o-3")
    here = office(world)
    wanted = mass()
    digest = await here.reviewed(wanted)
    assert (await here.approve("bob", "good", digest)).status_code == 200
    with world.engine.begin() as connection:
        connection.execute(update(campaign_job).values(due_at=world.now()))
    await world.go(build(wanted), rounds=1)
    for person in world.fake.world.people.values():
        person.tags.clear()
    world.fake.world.tags.clear()  # somebody tidies up on WeChat's page
    await world.go(build(wanted))
    assert not any(world.got(openid) for openid in ("o-1", "o-2", "o-3")) and len(people) == 3
    found = (await here.call("vera", "GET", "/good/report")).json()
    (job,) = found["waves"][0]["routes"][0]["jobs"]
    assert (job["state"], job["cause"]) == (str(JobState.FAILED), "tag missing")
    assert (await here.call("vera", "GET", "/good")).json()["state"] == "finished"
