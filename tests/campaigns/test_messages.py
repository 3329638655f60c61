"""The shipped campaigns: whole, within the limits, for every occasion and every group that the plan names."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from campaigns import lint, shipped
from campaigns.calendar import occasions
from campaigns.calendar.days import CHINA
from campaigns.document import Campaign, DocumentError, Route
from tests.campaigns.lint_house import document, world

# In November 2025 both years around are announced; later the holidays of the next year are not known for some months.
WHEN = dt.datetime(2025, 11, 22, 10, 0, tzinfo=CHINA)
ALL = sorted(path.stem for path in shipped.FOLDER.glob("*.yml"))
GROUPS = {
    "elder": "spring_festival_elders",
    "student": "spring_hiring_students",
    "parent": "winter_break",
    "finance": "year_end_finance",
    "driver": "national_day_drivers",
    "merchant": "year_end_merchants",
    "worker": "spring_travel_workers",
}


def one(name: str) -> Campaign:
    """Return a shipped document."""
    return shipped.load()[name]


@pytest.mark.parametrize("name", ALL)
def test_a_shipped_campaign_has_no_error_where_everything_is_set_up(name: str) -> None:
    here = world(now=WHEN)
    found = lint.check(shipped.fitted(one(name), here, 2026), here)
    # The occasion's own confidence and "everyone" are told to the operators; nothing in the words may be doubtful.
    assert {finding.code for finding in found} <= {"occasion_unverified", "audience_everyone"}


@pytest.mark.parametrize("name", ALL)
def test_a_shipped_campaign_keeps_to_our_lengths(name: str) -> None:
    for variant in one(name).variants:
        texts = variant.texts
        assert len(texts.message) <= 300
        assert texts.article is not None
        assert 300 <= len(texts.article.body) <= 800
        assert len(texts.article.title) <= 20
        assert "\n\n" in texts.article.body


@pytest.mark.parametrize("name", ALL)
def test_each_says_whom_to_call(name: str) -> None:
    texts = one(name).variants[0].texts
    assert texts.article is not None
    assert "110" in texts.message
    assert "110" in texts.article.body
    assert "96110" in texts.message + texts.article.body


def test_there_is_one_for_every_occasion() -> None:
    assert {campaign.occasion for campaign in shipped.load().values()} == set(occasions.load())
    assert len(ALL) >= 28


def test_there_is_one_for_every_group() -> None:
    for role, name in GROUPS.items():
        assert role in one(name).audience.roles
    young = one("new_parents_618").audience
    assert (young.roles, young.ages) == (("parent",), ("18-59",))


def test_no_two_are_the_same_text() -> None:
    texts = [variant.texts.message for campaign in shipped.load().values() for variant in campaign.variants]
    assert len(set(texts)) == len(texts)
    screens = [campaign.variants[0].texts.screen for campaign in shipped.load().values()]
    assert len(set(screens)) == len(screens)


def test_variants_differ_in_the_message_and_the_title_alone() -> None:
    pairs = [campaign.variants for campaign in shipped.load().values() if len(campaign.variants) == 2]
    assert len(pairs) >= 14
    for first, second in pairs:
        assert first.texts.message != second.texts.message
        other = second.texts.model_copy(
            update={"message": first.texts.message, "article": first.texts.article}
        )
        assert other == first.texts
        assert first.texts.article is not None
        assert second.texts.article is not None
        assert first.texts.article.body == second.texts.article.body


def test_of_an_occasion_without_a_source_nobody_says_that_it_is_a_peak() -> None:
    for campaign in shipped.load().values():
        assert campaign.occasion is not None
        if occasions.get(campaign.occasion).confidence == "D":
            dumped = str(campaign.model_dump())
            assert not any(word in dumped for word in ("高发", "多发", "频发", "激增")), campaign.id


def test_the_audience_is_the_one_of_the_occasion() -> None:
    for campaign in shipped.load().values():
        occasion = occasions.get(str(campaign.occasion))
        rule = campaign.audience
        assert rule.everyone or rule.roles or set(occasion.types) <= set(rule.topics), campaign.id


def test_fitted_leaves_what_is_set_up() -> None:
    nothing = world(now=WHEN, wechat="", notices=False, robots=frozenset())
    plain = shipped.fitted(one("spring_festival"), nothing, 2026)
    assert plain.id == "spring_festival-2026"
    assert not set(plain.routes) & {Route.WECHAT_MASS, Route.WECHAT_NOTICE, Route.ROBOT}
    assert lint.errors(lint.check(plain, nothing)) == ()
    for account, route in (("unverified", Route.WECHAT_DRAFT), ("subscription", Route.WECHAT_MASS)):
        here = dataclasses.replace(nothing, wechat=account)  # type: ignore[arg-type]
        fitted = shipped.fitted(one("spring_festival"), here)
        assert route in fitted.routes
        assert lint.errors(lint.check(fitted, here)) == ()
    named = shipped.fitted(one("spring_festival"), world(now=WHEN))
    assert named.robots == ("class", "school")


def test_fitted_keeps_the_robots_that_a_document_names() -> None:
    assert shipped.fitted(document(), world()).robots == ("class",)
    assert shipped.fitted(document(robots=["gone"]), world()).robots == ("class", "school")


def test_a_document_without_any_route_here_is_refused() -> None:
    only = document(routes=["wechat_notice"], robots=[])
    with pytest.raises(shipped.NothingLeft):
        shipped.fitted(only, world(wechat="unverified"))


def test_a_file_is_named_after_its_document(tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_text((shipped.FOLDER / "qixi.yml").read_text("utf-8"), "utf-8")
    with pytest.raises(DocumentError, match=r"wrong\.yml"):
        shipped.load(tmp_path)
