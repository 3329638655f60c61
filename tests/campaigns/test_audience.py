"""Who is chosen: conditions, caps, wishes, routes, variants."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from campaigns import audience
from campaigns.audience import DAY, Chosen, NobodyMeant
from campaigns.document import Audience, Campaign
from storage.campaign_tables import campaign_letter
from storage.engine import open_engine
from storage.migrate import upgrade

NOW = 1_800_000_000.0


@pytest.fixture
def connection(any_engine):
    with any_engine.begin() as connection:
        yield connection


def chosen(connection: Connection, campaign: Campaign, wave: int = 0, now: float = NOW) -> list[Chosen]:
    return [one for some in audience.choose(connection, campaign, wave, now) for one in some]


def numbers(connection: Connection, campaign: Campaign, **more: Any) -> list[int]:
    return [one.person_id for one in chosen(connection, campaign, **more)]


def letter(connection: Connection, person_id: int, **changes: Any) -> None:
    values = {
        "campaign": "earlier",
        "wave": 0,
        "person_id": person_id,
        "route": "telegram",
        "variant": "a",
        "job_id": None,
        "letter_id": None,
        "state": "sent",
        "cause": "",
        "sent_at": NOW - DAY,
    }
    connection.execute(insert(campaign_letter).values(**{**values, **changes}))


@pytest.mark.parametrize(
    ("rule", "match", "other"),
    [
        ({"roles": ["driver"]}, {"role": "driver"}, {"role": "elder"}),
        ({"districts": ["东城"]}, {"district": "东城"}, {"district": ""}),
        ({"scenes": ["SCH01"]}, {"scene": "SCH01"}, {"scene": "SCH02"}),
        ({"scenes": ["SCH01"]}, {"scene": "sch:SCH01"}, {"scene": "com:SCH01"}),
        ({"districts": ["东城区"]}, {"district": "东城"}, {"district": "西城"}),
        ({"languages": ["en"]}, {"language": "en"}, {"language": "zh"}),
        ({"ages": ["60+"]}, {"age": "60+"}, {"age": "18-59"}),
        ({"channels": ["telegram"]}, {"channel": "telegram"}, {"channel": "wechat"}),
        ({"topics": ["fake_loan"]}, {"topics": " fake_loan "}, {"topics": " fake_loan_other "}),
        ({"active_days": 7}, {"last_seen": NOW - 6 * DAY}, {"last_seen": NOW - 8 * DAY}),
    ],
)
def test_each_condition_chooses_and_leaves_out(connection, add_people, small, rule, match, other) -> None:
    wanted = (
        add_people(connection, last_seen=NOW, **match)
        if "last_seen" not in match
        else add_people(connection, **match)
    )
    add_people(connection, **{"last_seen": NOW - 99 * DAY, **other})
    assert numbers(connection, small(audience=rule)) == wanted
    assert sum(audience.count(connection, Audience.model_validate(rule), NOW).values()) == 1


def test_conditions_must_all_hold(connection, add_people, small) -> None:
    both = add_people(connection, role="elder", district="东城")
    add_people(connection, role="elder")
    add_people(connection, district="东城")
    assert numbers(connection, small(audience={"roles": ["elder"], "districts": ["东城"]})) == both


def test_no_topics_of_ones_own_means_all_topics(connection, add_people, small) -> None:
    everything = add_people(connection, topics="")
    assert numbers(connection, small(audience={"topics": ["fake_loan"]})) == everything


@pytest.mark.parametrize("state", [{"agreed": False}, {"active": False}, {"reachable": False}])
def test_nobody_who_has_not_agreed_or_has_left(connection, add_people, small, state) -> None:
    add_people(connection, **state)
    assert numbers(connection, small()) == []
    assert audience.count(connection, Audience(everyone=True), NOW) == {}


def test_an_empty_rule_is_a_mistake(connection, small) -> None:
    with pytest.raises(NobodyMeant):
        numbers(connection, small(audience={}))
    with pytest.raises(NobodyMeant):
        audience.count(connection, Audience(), NOW)


def test_the_cap_counts_over_all_campaigns(connection, add_people, small) -> None:
    fresh, one, two = add_people(connection, 3)
    letter(connection, one)
    letter(connection, two)
    letter(connection, two, wave=1, state="unknown")
    capped = small(cap={"messages": 2, "days": 7})
    assert numbers(connection, capped) == [fresh, one]
    assert numbers(connection, capped, now=NOW + 8 * DAY) == [fresh, one, two]


def test_what_was_not_sent_does_not_count(connection, add_people, small) -> None:
    (who,) = add_people(connection)
    for wave, state in enumerate(("failed", "skipped")):
        letter(connection, who, wave=wave, state=state)
    assert numbers(connection, small(cap={"messages": 1, "days": 7})) == [who]


def test_what_is_on_its_way_counts(connection, add_people, small) -> None:
    (who,) = add_people(connection)
    letter(connection, who, state="queued", sent_at=None)
    assert numbers(connection, small(cap={"messages": 1, "days": 7})) == []


@pytest.mark.parametrize(
    ("frequency", "days", "hears"),
    [
        ("weekly", 6, False),
        ("weekly", 8, True),
        ("monthly", 29, False),
        ("monthly", 31, True),
        ("all", 0, True),
    ],
)
def test_nobody_hears_more_often_than_wished(connection, add_people, small, frequency, days, hears) -> None:
    (who,) = add_people(connection, frequency=frequency)
    letter(connection, who, sent_at=NOW - days * DAY - 1)
    assert numbers(connection, small(cap={"messages": 5, "days": 1})) == ([who] if hears else [])


def test_a_wave_chooses_nobody_twice(connection, add_people, small) -> None:
    done, open_ = add_people(connection, 2)
    letter(connection, done, campaign="try", wave=0, state="failed")
    assert numbers(connection, small()) == [open_]
    assert numbers(connection, small(), wave=1) == [done, open_]


def test_whom_no_route_reaches_is_left_out(connection, add_people, small) -> None:
    add_people(connection, channel="web")
    (reached,) = add_people(connection, channel="wechat")
    add_people(connection, channel="telegram")
    found = chosen(connection, small(routes=["wechat_service", "robot"]))
    assert [(one.person_id, one.route) for one in found] == [(reached, "wechat_service")]


def test_variants_keep_to_their_shares_and_to_their_people(connection, add_people, small) -> None:
    add_people(connection, 1_000)
    two = small(
        variants=[
            {"key": "a", "share": 3, "texts": {"message": "甲"}},
            {"key": "b", "texts": {"message": "乙"}},
        ]
    )
    found = {one.person_id: one.variant for one in chosen(connection, two)}
    assert found == {one.person_id: one.variant for one in chosen(connection, two)}
    assert 0.70 < list(found.values()).count("a") / 1_000 < 0.80
    other = {one.person_id: one.variant for one in chosen(connection, two.model_copy(update={"id": "other"}))}
    assert other != found  # the same people do not always get the first version


def test_memory_does_not_grow_with_the_audience(tmp_path, add_people, small) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'many.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        for _ in range(10):
            add_people(connection, 2_000)
        tracemalloc.start()
        seen = sum(len(some) for some in audience.choose(connection, small(), 0, NOW))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    engine.dispose()
    assert seen == 20_000
    assert peak < 8_000_000
