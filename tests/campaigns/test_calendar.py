"""The calendar: announced holidays, rules for later years, waves of campaigns, the iCalendar file."""

from __future__ import annotations

import datetime as dt

import icalendar
import pytest
import yaml

from campaigns.calendar import days, ical, occasions
from campaigns.document import Campaign, build
from knowledge_base import taxonomy

NOW = dt.datetime(2026, 1, 5, 10, tzinfo=days.CHINA)


def plan(*waves: dict[str, object], occasion: str | None = "spring_festival") -> Campaign:
    return build(
        {
            "id": "try",
            "title": "试一试",
            "occasion": occasion,
            "kind": "planned" if occasion else "flash",
            "audience": {"everyone": True},
            "bulletins": ["one"],
            "routes": ["telegram"],
            "variants": [{"texts": {"message": "先别转账"}}],
            "waves": list(waves),
        }
    )


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [  # the State Council's notice for 2026 (domain facts, section 6, W36)
        ("new_year", "01-01", "01-03"),
        ("spring_festival", "02-15", "02-23"),
        ("tomb_sweeping", "04-04", "04-06"),
        ("labour_day", "05-01", "05-05"),
        ("dragon_boat", "06-19", "06-21"),
        ("mid_autumn", "09-25", "09-27"),
        ("national_day", "10-01", "10-07"),
    ],
)
def test_the_announced_holidays_of_2026(name: str, first: str, last: str) -> None:
    found = days.span(name, 2026)
    assert (f"{found.first:%m-%d}", f"{found.last:%m-%d}", found.announced) == (first, last, True)


def test_the_announced_workdays_of_2026() -> None:
    worked = [f"{day:%m-%d}" for day in days.makeup_days(2026)]
    assert worked == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


@pytest.mark.parametrize(
    ("name", "first"),
    [  # worked out in the domain facts, section 6
        ("spring_festival", "02-05"),
        ("lantern_festival", "02-20"),
        ("dragon_boat", "06-09"),
        ("qixi", "08-08"),
        ("mid_autumn", "09-15"),
        ("double_ninth", "10-08"),
        ("gaokao", "06-07"),
    ],
)
def test_lunar_and_fixed_days_of_2027(name: str, first: str) -> None:
    assert f"{days.span(name, 2027).first:%m-%d}" == first


def test_a_year_that_is_not_announced_says_so() -> None:
    assert not days.announced(2027)
    assert not days.span("national_day", 2027).announced
    assert days.span("gaokao", 2027).announced  # no public holiday: there is nothing to announce
    with pytest.raises(days.NotAnnounced, match="2027"):
        days.is_workday(dt.date(2027, 1, 1))


@pytest.fixture
def by_hand(tmp_path, monkeypatch):
    def enter(text: str) -> None:
        path = tmp_path / "announced.yml"
        path.write_text(text, "utf-8")
        found = days._by_hand.__wrapped__(path)
        monkeypatch.setattr(days, "_by_hand", lambda: found)

    return enter


WHOLE = {
    "new_years_day": ["2027-01-01", "2027-01-03"],
    "spring_festival": ["2027-02-05", "2027-02-12"],
    "tomb_sweeping_day": ["2027-04-03", "2027-04-05"],
    "labour_day": ["2027-05-01", "2027-05-05"],
    "dragon_boat_festival": ["2027-06-09", "2027-06-11"],
    "mid_autumn_festival": ["2027-09-15", "2027-09-17"],
    "national_day": ["2027-10-01", "2027-10-07"],
}


def test_a_year_entered_by_hand_counts_as_announced(by_hand) -> None:
    entry = {"notice": "made up for this test", "holidays": WHOLE, "workdays": ["2027-02-20"]}
    by_hand(yaml.safe_dump({"years": {2027: entry}}))
    assert days.span("national_day", 2027).last == dt.date(2027, 10, 7)
    assert days.span("national_day", 2027).announced
    assert days.is_workday(dt.date(2027, 2, 20))
    assert not days.is_workday(dt.date(2027, 2, 10))
    assert not days.is_workday(dt.date(2027, 2, 21))


def test_half_a_year_entered_by_hand_is_refused(by_hand) -> None:
    entry = {"notice": "x", "holidays": {"labour_day": WHOLE["labour_day"]}, "workdays": []}
    with pytest.raises(ValueError, match="spring_festival"):
        by_hand(yaml.safe_dump({"years": {2027: entry}}))


@pytest.mark.parametrize("year", [1999, 2003, 2100, 0, -5])
def test_years_outside_the_calendars_are_refused(year: int) -> None:
    with pytest.raises(days.OutOfRange):
        days.span("spring_festival", year)


def test_every_occasion_has_a_day_in_every_year() -> None:
    for year in range(2024, 2041):
        for found in days.year_of(year):
            assert found.first.year == year
            assert found.first <= found.last


def test_types_are_those_of_the_taxonomy_and_sources_are_listed() -> None:
    types = set(taxonomy.load().types)
    for occasion in occasions.load().values():
        assert set(occasion.types) <= types, occasion.id
        assert occasion.confidence == "D" or occasion.sources, occasion.id


def test_waves_count_from_the_first_day_in_beijing_time() -> None:
    wanted = plan({"offset_days": -7, "time": "09:00"}, {"offset_days": 1, "time": "10:30"})
    first, second = days.waves(wanted, None, NOW)
    assert first == dt.datetime(2026, 2, 8, 1, tzinfo=dt.UTC)
    assert second == dt.datetime(2026, 2, 16, 2, 30, tzinfo=dt.UTC)


def test_a_wave_in_the_past_is_refused_and_the_next_year_taken_when_none_is_named() -> None:
    wanted = plan({"offset_days": -7, "time": "09:00"}, occasion="gaokao")
    later = dt.datetime(2026, 6, 1, tzinfo=days.CHINA)
    with pytest.raises(days.Past):
        days.waves(wanted, 2026, later)
    assert days.waves(wanted, None, later)[0].year == 2027


def test_a_wave_that_hangs_on_a_holiday_not_announced_is_refused_for_sending() -> None:
    wanted = plan({"offset_days": -7, "time": "09:00"})
    with pytest.raises(days.NotAnnounced):
        days.waves(wanted, 2027, NOW)
    assert days.waves(wanted, 2027, NOW, only_announced=False)[0].month == 1


def test_a_fixed_time_needs_no_announcement() -> None:
    wanted = plan({"at": "2027-02-01T09:00:00"}, occasion=None)
    assert days.waves(wanted, None, NOW) == (dt.datetime(2027, 2, 1, 1, tzinfo=dt.UTC),)
    with pytest.raises(days.Past):
        days.waves(wanted, None, dt.datetime(2027, 2, 1, 1, tzinfo=dt.UTC))


def test_an_unknown_occasion_is_named() -> None:
    with pytest.raises(occasions.UnknownOccasion, match="easter"):
        days.span("easter", 2026)


def test_the_icalendar_file_reads_back() -> None:
    made = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    file = icalendar.Calendar.from_ical(ical.calendar((2026, 2027), made))
    events = file.walk("VEVENT")
    assert len(events) == 2 * len(occasions.load())
    assert len({str(event["uid"]) for event in events}) == len(events)
    spring = {str(event["uid"]): event for event in events}["spring_festival-2026@fanzha"]
    assert spring.decoded("dtstart") == dt.date(2026, 2, 15)
    assert spring.decoded("dtend") == dt.date(2026, 2, 24)
    tentative = {str(event["uid"]) for event in events if str(event["status"]) == "TENTATIVE"}
    assert "spring_festival-2027@fanzha" in tentative
    assert not any(name.endswith("2026@fanzha") for name in tentative)
