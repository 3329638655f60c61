"""What must be refused before anything is sent, through the API: the list of bad input of the campaigns' design."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import pytest
from office_house import DAY, NOW, Here, codes, document
from sqlalchemy import Connection, Engine, func, select

from campaigns import jobs, quota
from campaigns.calendar.days import CHINA
from campaigns.jobs import SELECT
from channels.broadcast import MOST_COVER
from storage.campaign_tables import campaign_job, campaign_letter
from storage.tables import outbox

MASS = {"routes": ["wechat_mass", "feed"], "robots": [], "audience": {"channels": ["wechat"]}}


@pytest.fixture
def engine(any_engine: Engine) -> Engine:
    return any_engine


@pytest.fixture
def add(engine: Engine, add_people: Any) -> Any:
    def more(count: int, **changes: Any) -> list[int]:
        with engine.begin() as connection:
            return list(add_people(connection, count, **changes))

    return more


@pytest.fixture
def here(engine: Engine, tmp_path: Path, add: Any) -> Here:
    add(12)
    return Here(engine, tmp_path)


def nothing_left_the_house(engine: Engine) -> bool:
    with engine.connect() as connection:
        tables = (outbox, campaign_letter)
        return not any(connection.scalar(select(func.count()).select_from(one)) for one in tables)


async def refused(here: Here, found: dict[str, Any], *wanted: str) -> None:
    """Check that a document is stored as a draft, found faulty, and gets no further."""
    assert (await here.put("ann", found)).status_code == 200
    linted = (await here.call("vera", "GET", f"/{found['id']}/lint")).json()
    said = {one["code"]: one["sentence"] for one in linted["findings"] if one["level"] == "error"}
    assert not linted["fit"] and set(wanted) <= set(said), said
    assert all(said[code] and said[code] != code for code in wanted)
    answer = await here.call("ann", "POST", f"/{found['id']}/submit")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "has_faults")
    assert set(wanted) <= codes(answer)
    assert (await here.call("ann", "GET", f"/{found['id']}")).json()["state"] == "draft"
    assert nothing_left_the_house(here.engine)


async def test_a_campaign_in_the_past(here: Here) -> None:
    await refused(here, document(waves=[{"at": "2026-11-23T09:59:00"}]), "wave_in_the_past")


async def test_one_whose_time_passes_while_it_waits_for_approval(here: Here) -> None:
    digest = await here.reviewed(document())
    here.now += 30 * DAY
    late = await here.approve("bob", "good", digest)
    assert (late.status_code, codes(late)) == (422, {"wave_in_the_past"})
    assert (await here.call("vera", "GET", "/good")).json()["state"] == "review"


async def test_two_on_the_same_day_to_the_same_people(here: Here) -> None:
    await here.approved(document(kind="daily"))
    again = document(id="second", kind="daily", waves=[{"at": "2026-12-01T15:00:00"}])
    digest = await here.reviewed(again)
    warned = (await here.call("vera", "GET", "/second/lint")).json()["findings"]
    assert "overlaps" in {one["code"] for one in warned}
    answer = await here.approve("bob", "second", digest)
    assert (answer.status_code, codes(answer)) == (422, {"same_day"})
    assert (await here.call("vera", "GET", "/second")).json()["state"] == "review"


async def test_an_audience_that_means_nobody(here: Here) -> None:
    await refused(here, document(audience={}), "audience_empty")


async def test_an_audience_in_which_nobody_is(here: Here) -> None:
    nobody = document(audience={"roles": ["finance"]}, routes=["telegram"], robots=[])
    await refused(here, nobody, "audience_nobody")


async def test_everyone_needs_a_word_of_its_own(here: Here) -> None:
    digest = await here.reviewed(document(audience={"everyone": True}))
    asked = await here.approve("bob", "good", digest)
    assert (asked.status_code, asked.json()["error"]["code"]) == (409, "everyone_not_confirmed")
    assert (await here.approve("bob", "good", digest, everyone=True)).json()["state"] == "scheduled"


async def test_a_fifth_message_in_a_month(engine: Engine, tmp_path: Path, add: Any) -> None:
    people = add(12, channel="wechat", account="wx-1")
    here = Here(engine, tmp_path, "service")
    with engine.begin() as connection:
        for _ in range(2):
            quota.spend(connection, "wx-1", "service", people, NOW + 9 * DAY)
    for day in (10, 20):
        await here.approved(document(id=f"day-{day}", waves=[{"at": f"2026-12-{day}T10:00:00"}], **MASS))
    fifth = document(id="fifth", waves=[{"at": "2026-12-28T10:00:00"}], **MASS)
    await refused(here, fifth, "wechat_month_planned")
    (wave,) = (await here.call("vera", "GET", "/fifth/quota")).json()["waves"]
    assert (wave["per_month"], wave["planned_that_month"], wave["people"], wave["missed"]) == (
        4,
        2,
        "12",
        "12",
    )
    january = document(id="january", waves=[{"at": "2027-01-05T10:00:00"}], **MASS)
    assert await here.approved(january) == "january"


async def test_whoever_has_had_four_is_told_before(engine: Engine, tmp_path: Path, add: Any) -> None:
    people = add(30, channel="wechat", account="wx-1")
    here = Here(engine, tmp_path, "service")
    with engine.begin() as connection:
        for _ in range(4):
            quota.spend(connection, "wx-1", "service", people[:12], NOW + 9 * DAY)
    await here.put("ann", document(**MASS))
    found = (await here.call("vera", "GET", "/good/lint")).json()
    assert found["fit"] and "wechat_month_some" in {one["code"] for one in found["findings"]}
    with engine.begin() as connection:
        for _ in range(4):
            quota.spend(connection, "wx-1", "service", people[12:], NOW + 9 * DAY)
    await refused(here, document(id="full", **MASS), "wechat_month_used")


async def test_a_second_one_on_a_subscription_accounts_day(engine: Engine, tmp_path: Path, add: Any) -> None:
    add(12, channel="wechat", account="wx-1", role="elder")
    here = Here(engine, tmp_path, "subscription")
    await here.approved(document(id="first", **MASS))
    second = document(id="second", **{**MASS, "audience": {"roles": ["elder"]}})
    await refused(here, second, "wechat_day_planned")


async def test_a_picture_that_is_too_large(engine: Engine, tmp_path: Path, add: Any) -> None:
    add(12, channel="wechat", account="wx-1")
    here = Here(engine, tmp_path, "service", cover=lambda *_: b"x" * (MOST_COVER + 1))
    await refused(here, document(**MASS), "wechat_picture_too_large")


@pytest.mark.parametrize(
    "words", ["先别转账，打13912345678", "加QQ123456789核实", "打 0 2 1 - 6 2 3 4 5 6 7 8"]
)
async def test_a_phone_that_is_not_in_the_list(here: Here, words: str) -> None:
    await refused(here, document({"message": words}), "number_unknown")


async def test_holidays_that_are_not_announced(here: Here) -> None:
    far = document(
        id="national_day-2031",
        kind="planned",
        occasion="national_day",
        waves=[{"offset_days": -3, "time": "10:00"}],
    )
    await refused(here, far, "holiday_not_announced")


async def test_a_clock_that_goes_back(here: Here) -> None:
    digest = await here.reviewed(document())
    here.now -= 3600
    for who, move, data in (("bob", "approve", {"digest": digest}), ("ann", "submit", None)):
        answer = await here.call(who, "POST", f"/good/{move}", data)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "clock_went_back")
    here.now += 3590  # two machines that differ by seconds do no harm
    assert (await here.approve("bob", "good", digest)).status_code == 200


async def test_a_time_zone_that_changes(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    zoned = await here.put("ann", document(waves=[{"at": "2026-12-01T10:00:00Z"}]))
    assert zoned.json()["error"]["code"] == "document_wrong" and "waves.0" in zoned.json()["error"]["message"]
    try:
        for zone in ("America/New_York", "Asia/Tokyo", "UTC"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            name = f"in-{zone[:3].lower()}"
            await here.approved(
                document(id=name, kind="flash", audience={"everyone": False, "roles": [], **who(zone)})
            )
            with here.engine.connect() as connection:
                assert due(connection, name) == dt.datetime(2026, 12, 1, 10, tzinfo=CHINA).timestamp()
    finally:
        monkeypatch.undo()
        time.tzset()


def who(zone: str) -> dict[str, Any]:
    return {"topics": ["brushing_rebate" if zone == "UTC" else "fake_loan"]}


def due(connection: Connection, campaign: str) -> float:
    wanted = select(campaign_job.c.due_at).where(
        campaign_job.c.campaign == campaign, campaign_job.c.route == SELECT
    )
    return float(connection.execute(wanted).scalar_one())


async def test_what_begun_cannot_be_changed(here: Here) -> None:
    await here.approved(document())
    with here.engine.begin() as connection:
        (row,) = jobs.of(connection, "good")
        jobs.start(connection, row.id, here.now)
    version = (await here.call("ann", "GET", "/good")).json()["version"]
    changed = await here.put("ann", document(title="改了之后"), version)
    assert (changed.status_code, codes(changed)) == (422, {"already_begun"})
