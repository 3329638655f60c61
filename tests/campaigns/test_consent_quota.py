"""Yes and no to warnings; what WeChat still lets an account send."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from campaigns import audience, quota
from campaigns.calendar.days import CHINA
from channels import consent
from channels.consent import ConsentError, Wish
from storage.campaign_tables import campaign_letter, consent_log
from storage.tables import person

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=CHINA).timestamp()


@pytest.fixture
def connection(any_engine):
    with any_engine.begin() as connection:
        yield connection


def test_a_yes_is_noted_with_its_words_and_a_no_ends_it(connection, add_people, small) -> None:
    (who,) = add_people(connection, agreed=False)
    assert not consent.status(connection, who).active
    wish = Wish(("fake_loan", "game_trade"), "monthly", "student", "东城", "zh", "18-59")
    consent.subscribe(connection, who, wish, "2026-11", NOW)
    assert consent.status(connection, who) == consent.Status(True, wish, NOW, NOW, "2026-11")
    assert [one.person_id for some in audience.choose(connection, small(), 0, NOW) for one in some] == [who]
    assert consent.unsubscribe(connection, who, NOW + 5)
    assert not consent.unsubscribe(connection, who, NOW + 6)
    assert list(audience.choose(connection, small(), 0, NOW)) == []
    rows = connection.execute(select(consent_log.c.action, consent_log.c.wording, consent_log.c.at)).all()
    assert [tuple(row) for row in rows[:2]] == [("yes", "2026-11", NOW), ("no", "", NOW + 5)]


def test_a_no_takes_back_what_is_chosen(connection, add_people) -> None:
    (who,) = add_people(connection)
    common = {"campaign": "try", "person_id": who, "route": "telegram", "variant": "a", "cause": ""}
    for wave, state in enumerate(("chosen", "sent")):
        connection.execute(insert(campaign_letter).values(wave=wave, state=state, **common))
    consent.unsubscribe(connection, who, NOW)
    rows = connection.execute(
        select(campaign_letter.c.state, campaign_letter.c.cause).order_by(campaign_letter.c.wave)
    )
    assert [tuple(row) for row in rows] == [("skipped", "opted out"), ("sent", "")]


def test_a_second_yes_replaces_the_first(connection, add_people) -> None:
    (who,) = add_people(connection, agreed=False)
    consent.subscribe(connection, who, Wish(role="driver"), "1", NOW)
    consent.unsubscribe(connection, who, NOW)
    consent.subscribe(connection, who, Wish(frequency="all"), "2", NOW + 1)
    assert consent.status(connection, who).wish == Wish(frequency="all")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish(frequency="hourly"), "frequency_unknown"),
        (Wish(topics=("no_such_type",)), "topic_unknown"),
        (Wish(role="mayor"), "choice_unknown"),
        (Wish(age="7"), "choice_unknown"),
        (Wish(language="fr"), "choice_unknown"),
        (Wish(district="x" * 41), "district_unclear"),
        (Wish(district="东城\n"), "district_unclear"),
        (Wish(age="under14"), "minor_without_school"),
        (Wish(age="14-17"), "minor_without_school"),
    ],
)
def test_a_wish_that_cannot_be_noted_is_refused(connection, add_people, wish, code) -> None:
    (who,) = add_people(connection, agreed=False)
    with pytest.raises(ConsentError) as refused:
        consent.subscribe(connection, who, wish, "1", NOW)
    assert refused.value.code == code
    assert not consent.status(connection, who).active


def test_minors_come_by_a_schools_code(connection, add_people) -> None:
    (who,) = add_people(connection, agreed=False, scene="SCHOOL01")
    consent.subscribe(connection, who, Wish(age="14-17"), "1", NOW, {"SCHOOL01"})
    assert consent.status(connection, who).active


def test_nobody_unknown_subscribes(connection) -> None:
    with pytest.raises(ConsentError, match="person_unknown"):
        consent.subscribe(connection, 77, Wish(), "1", NOW)


def test_the_log_of_consents_is_only_added_to(any_engine, add_people) -> None:
    with any_engine.begin() as connection:
        (who,) = add_people(connection, agreed=False)
        consent.subscribe(connection, who, Wish(), "1", NOW)
    with pytest.raises(DBAPIError), any_engine.begin() as connection:
        connection.execute(update(consent_log).values(action="no"))
    with pytest.raises(DBAPIError), any_engine.begin() as connection:
        connection.execute(consent_log.delete())


def test_forgetting_leaves_no_row_that_could_be_chosen(connection, add_people) -> None:
    (who,) = add_people(connection)
    consent.forget(connection, who)
    assert consent.status(connection, who).since is None
    assert audience.count(connection, audience.Audience(everyone=True), NOW) == {}
    assert connection.execute(select(person.c.id)).scalars().all() == [who]


def test_a_service_account_reaches_each_person_four_times_a_month(connection) -> None:
    for _ in range(4):
        assert quota.room(connection, "gh", "service", (1, 2), NOW).full == frozenset()
        quota.spend(connection, "gh", "service", (1,), NOW)
    assert quota.room(connection, "gh", "service", (1, 2), NOW).full == {1}
    assert quota.room(connection, "another", "service", (1, 2), NOW).full == frozenset()
    december = NOW + 86_400
    assert quota.month(december) == "2026-12"
    assert quota.room(connection, "gh", "service", (1, 2), december).full == frozenset()


def test_a_subscription_account_sends_once_a_day_by_chinas_clock(connection) -> None:
    late = dt.datetime(2026, 11, 30, 23, 59, 59, tzinfo=CHINA).timestamp()
    assert quota.room(connection, "gh", "subscription", (), late).today == 1
    quota.spend(connection, "gh", "subscription", (1, 2), late)
    assert quota.room(connection, "gh", "subscription", (), late).today == 0
    assert quota.room(connection, "gh", "subscription", (), late + 1).today == 1


def test_an_unverified_account_sends_nothing(connection) -> None:
    assert quota.room(connection, "gh", "unverified", (), NOW).today == 0


def test_what_wechat_says_counts_more_than_what_we_counted(connection) -> None:
    quota.spend(connection, "gh", "service", (), NOW)
    quota.exhausted(connection, "gh", "service", NOW)
    assert quota.room(connection, "gh", "service", (), NOW).today == 0
    quota.exhausted(connection, "gh", "service", NOW)
    assert quota.room(connection, "gh", "service", (), NOW + 86_400).today == 100


def test_many_people_are_counted_in_slices(connection) -> None:
    people = range(1, 1_301)
    for _ in range(4):
        quota.spend(connection, "gh", "service", people, NOW)
    assert quota.full(connection, "gh", people, NOW) == set(people)
