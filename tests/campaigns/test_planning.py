"""Planned once, for the right second, and refused while refusing still helps."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from campaigns import jobs
from campaigns.calendar import days
from campaigns.finding import load as lint_book
from campaigns.jobs import SELECT, JobState, Result
from campaigns.planning import Planned, Unplannable, plan, unplan
from campaigns.states import Action, State
from campaigns.store import Refused, Store

NOW = dt.datetime(2026, 11, 18, 12, tzinfo=days.CHINA).timestamp()
NINE = dt.datetime(2026, 12, 1, 1, tzinfo=dt.UTC).timestamp()
PLANNED = {"kind": "planned", "occasion": "double_twelve", "waves": [{"offset_days": -1, "time": "10:00"}]}


@pytest.fixture
def store(any_engine) -> Store:
    return Store(any_engine)


def approve(store: Store, campaign, now: float = NOW):
    store.save(campaign, "ann", now)
    store.previewed(campaign.id, "ann", now)
    digest = store.submit(campaign.id, "ann", lambda _: [], now).digest
    return store.approve(campaign.id, "bob", digest, lambda _: [], now)


def rows(engine, campaign: str = "try") -> list[tuple[int, float]]:
    with engine.connect() as connection:
        return [(job.wave, job.due_at) for job in jobs.of(connection, campaign) if job.route == SELECT]


def test_approval_plans_and_every_way_back_to_the_draft_takes_the_plan_back(any_engine, store, small) -> None:
    approve(store, small())
    assert rows(any_engine) == [(0, NINE)]
    store.act("try", Action.WITHDRAW, "ann", NOW)
    assert rows(any_engine) == []
    approve(store, small())
    store.save(small(title="改了一点"), "ann", NOW)
    assert rows(any_engine) == []
    store.previewed("try", "ann", NOW)
    store.submit("try", "ann", lambda _: [], NOW)
    store.act("try", Action.REJECT, "bob", NOW)
    assert rows(any_engine) == []


def test_planning_again_adds_nothing(any_engine, small) -> None:
    wanted = small(waves=[{"at": "2026-12-01T09:00:00"}, {"at": "2026-12-03T20:15:30"}])
    with any_engine.begin() as connection:
        first = plan(connection, wanted, NOW)
        assert plan(connection, wanted, NOW - 5_000) == first  # a clock that was set back
        unplan(connection, "none")
    assert first == (Planned(0, NINE), Planned(1, NINE + 2 * 86_400 + 11 * 3600 + 15 * 60 + 30))
    assert len(rows(any_engine)) == 2


def test_the_machine_s_time_zone_moves_nothing(any_engine, small, monkeypatch) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        with any_engine.begin() as connection:
            assert plan(connection, small(), NOW) == (Planned(0, NINE),)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_cannot_be_planned_is_refused_and_stays_unapproved(any_engine, store, small) -> None:
    for changes, now, code in [
        ({}, NINE, "wave_in_the_past"),
        ({"waves": [{"at": "2026-11-17T09:00:00"}, {"at": "2026-12-01T09:00:00"}]}, NOW, "wave_in_the_past"),
        (PLANNED | {"occasion": "spring_festival"}, NOW, "holiday_not_announced"),
        (PLANNED | {"occasion": "martian_new_year"}, NOW, "occasion_unknown"),
        (PLANNED, dt.datetime(2099, 12, 31, tzinfo=days.CHINA).timestamp(), "wave_out_of_range"),
    ]:
        with pytest.raises(Refused) as refused:
            approve(store, small(**changes), now)
        assert refused.value.codes == (code,)
        assert code in lint_book().says
        assert store.get("try").state is State.REVIEW
        assert rows(any_engine) == []
        store.act("try", Action.REJECT, "bob", NOW)


def test_half_of_this_year_s_waves_past_does_not_mean_next_year_s(any_engine, small) -> None:
    waves = [{"offset_days": -9, "time": "10:00"}, {"offset_days": -1, "time": "10:00"}]
    between = dt.datetime(2026, 12, 5, tzinfo=days.CHINA).timestamp()
    with any_engine.begin() as connection, pytest.raises(Unplannable, match="wave_in_the_past"):
        plan(connection, small(**PLANNED | {"waves": waves}), between)


def test_a_campaign_of_one_year_never_slips_into_the_next(any_engine, small) -> None:
    late = dt.datetime(2026, 12, 20, tzinfo=days.CHINA).timestamp()
    with any_engine.begin() as connection:
        with pytest.raises(Unplannable, match="wave_in_the_past"):
            plan(connection, small(**PLANNED, id="double_twelve-2026"), late)
        (found,) = plan(connection, small(**PLANNED), late)
    assert dt.datetime.fromtimestamp(found.due_at, days.CHINA).year == 2027


def test_the_same_people_are_not_promised_two_campaigns_on_one_day(any_engine, store, small) -> None:
    roles = {"roles": ["student", "worker"]}
    approve(store, small(**PLANNED, audience=roles))
    turned = {"roles": ["worker", "student"]}
    other = small(**PLANNED, id="other", audience=turned)
    with pytest.raises(Refused) as refused:
        approve(store, other)
    assert refused.value.codes == ("same_day",)
    assert "same_day" in lint_book().says
    approve(store, small(**PLANNED, id="elders", audience={"roles": ["elder"]}))
    approve(store, small(**PLANNED, id="pages", audience=turned, routes=["feed"]))
    approve(store, small(id="urgent", audience=turned, waves=[{"at": "2026-12-11T11:00:00"}]))
    store.act("try", Action.STOP, "ann", NOW)
    assert store.approve("other", "bob", other.digest, lambda _: [], NOW).state is State.SCHEDULED


def test_what_has_begun_is_neither_changed_nor_planned_anew(any_engine, store, small) -> None:
    approve(store, small())
    with any_engine.begin() as connection:
        row = jobs.wave(connection, "try", 0)
        assert row is not None
        jobs.settle(connection, row, Result(JobState.SENDING), NOW)
    store.act("try", Action.PAUSE, "ann", NOW)
    store.act("try", Action.RESUME, "ann", NOW)
    for change in (
        lambda: store.save(small(title="改了一点"), "ann", NOW),
        lambda: store.act("try", Action.WITHDRAW, "ann", NOW),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.codes == ("already_begun",)
    assert "already_begun" in lint_book().says
    assert store.get("try").state is State.SCHEDULED
    assert len(rows(any_engine)) == 1
    with any_engine.begin() as connection, pytest.raises(Unplannable, match="already_begun"):
        plan(connection, small(), NOW)
