"""The cards of the day: clean words, a fair rotation, in season, none again too soon."""

from __future__ import annotations

import collections
import datetime as dt
from pathlib import Path

import pytest

from campaigns import cards, lint, words
from campaigns.calendar import days
from campaigns.calendar.days import OutOfRange
from campaigns.document import Kind, Route
from channels.consent import ROLES
from knowledge_base import content, shelf
from tests.campaigns.lint_house import world

DAY = dt.date(2026, 12, 1)
YEARS = [dt.date(2026, 1, 1) + dt.timedelta(n) for n in range(3 * 365)]


@pytest.mark.parametrize("name", cards.load())
def test_a_card_has_no_finding(name: str) -> None:
    card = cards.load()[name]
    found = lint.check(words.daily(card, DAY, ["class"]), world())
    assert {one.code for one in found} <= {"audience_everyone"}
    assert set(card.audience) <= ROLES - {""}
    assert card.sources == tuple(code for code in card.sources if code in shelf.load().sources)


def test_there_are_enough_for_everybody_for_two_months() -> None:
    assert len(cards.load()) >= 66
    for role in ROLES:
        assert sum(not card.audience or role in card.audience for card in cards.load().values()) >= 61, role


def test_most_types_have_a_card() -> None:
    types = {bulletin.scam_type for bulletin in shelf.load().bulletins.values()}
    assert types == {card.scam_type for card in cards.load().values()}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_no_card_comes_again_within_thirty_days_and_all_come(role: str) -> None:
    last: dict[str, dt.date] = {}
    counted = collections.Counter[str]()
    for day in YEARS:
        card = cards.card_of(day, role)
        assert not card.audience or (role or "resident") in card.audience
        assert card.id not in last or (day - last[card.id]).days > cards.REST_DAYS
        last[card.id] = day
        counted[card.id] += 1
    mine = {
        card.id
        for card in cards.load().values()
        if not card.audience or (role or "resident") in card.audience
    }
    assert set(counted) == mine
    assert max(counted.values()) <= 3 * min(counted.values())  # season weighs, nobody is forgotten


def test_the_season_is_preferred() -> None:
    """In the days of an occasion its types stand on more cards than in the whole year's average."""
    for name in ("spring_festival", "summer_break", "double_eleven"):
        span = days.span(name, 2027 if name == "spring_festival" else 2026)
        length = (span.last - span.first).days + 1
        season = [span.first + dt.timedelta(n) for n in range(length)]
        inside = sum(cards.card_of(day, "parent").scam_type in span.occasion.types for day in season) / length
        outside = sum(cards.card_of(day, "parent").scam_type in span.occasion.types for day in YEARS) / len(
            YEARS
        )
        assert inside > outside, name


def test_the_same_day_gives_the_same_card_whatever_was_asked_before() -> None:
    far = dt.date(2028, 5, 5)
    first = cards.card_of(far, "driver")
    cards._dealt.cache_clear()
    for day in YEARS[:40]:
        cards.card_of(day, "driver")
    assert cards.card_of(far, "driver") == first


def test_a_year_outside_the_calendar_is_refused() -> None:
    for day in (dt.date(2025, 12, 31), dt.date(2100, 1, 1)):
        with pytest.raises(OutOfRange):
            cards.card_of(day)


def _write(folder: Path, *entries: str) -> Path:
    (folder / "some.yml").write_text("cards:\n" + "".join(entries), "utf-8")
    return folder


def _card(name: str, audience: str = "[]") -> str:
    return (
        f"  - {{id: {name}, title: 先停手, front: 有人催您转账先停手, back: {'骗子最怕您停下来问别人一句。' * 2},"
        f" do: 打96110问, bulletin: brushing_rebate.task_group, audience: {audience}, sources: [W3]}}\n"
    )


def test_few_cards_take_turns(tmp_path: Path) -> None:
    folder = _write(tmp_path, _card("one"), _card("two"), _card("three", "[driver]"))
    dealt = [cards.card_of(day, "", folder).id for day in YEARS[:4]]
    assert dealt in (["one", "two"] * 2, ["two", "one"] * 2)
    assert {cards.card_of(day, "driver", folder).id for day in YEARS[:3]} == {"one", "two", "three"}


def test_a_role_without_a_card_is_told_so(tmp_path: Path) -> None:
    folder = _write(tmp_path, _card("one", "[driver]"))
    with pytest.raises(cards.NoCard):
        cards.card_of(DAY, "elder", folder)


@pytest.mark.parametrize(
    "entries", [(_card("one"), _card("one")), (_card("one").replace("先停手", "先停" * 20),)]
)
def test_a_file_at_fault_is_named(tmp_path: Path, entries: tuple[str, ...]) -> None:
    with pytest.raises(content.ContentError, match=r"some\.yml"):
        cards.load(_write(tmp_path, *entries))


def test_the_card_of_the_day_is_a_campaign_for_groups_and_screens() -> None:
    card = cards.load()["safe_account"]
    made = words.daily(card, DAY)
    assert (made.kind, made.id) == (Kind.DAILY, "daily-261201-safe_account")
    assert Route.ROBOT not in made.routes
    assert made.waves[0].at == dt.datetime(2026, 12, 1, 9, 0)
    texts = made.variants[0].texts
    assert texts.message.splitlines() == [card.title, card.front, card.back, card.do]
    assert texts.robot.endswith(f"> {card.do}")
    assert texts.sms == f"【反诈提醒】{card.front}"
    assert words.daily(card, DAY, ["class"]).robots == ("class",)
    drivers = words.daily(cards.load()["driver_box"], DAY)
    assert drivers.audience.roles == ("driver",)
