"""Each rule about time, audience and platforms has a document that breaks it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from campaigns import lint
from campaigns.calendar.days import CHINA
from campaigns.context import load
from campaigns.rules.waves import may_meet
from knowledge_base import shelf
from tests.campaigns.lint_house import NOW, codes, document, world


def planned(**changes: Any) -> Any:
    """Return the good document as a planned campaign."""
    wave = [{"offset_days": -1, "time": "10:00"}]
    routes = ["telegram", "banner"]
    return document(
        **{"kind": "planned", "occasion": "double_twelve", "waves": wave, "routes": routes, "robots": []}
        | changes
    )


def test_a_planned_campaign_of_an_occasion_has_no_finding() -> None:
    assert lint.check(planned(), world()) == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"occasion": "martian_new_year"}, "occasion_unknown"),
        ({"occasion": "spring_festival"}, "holiday_not_announced"),  # 2027: not announced in November 2026
        ({"waves": [{"at": "2026-11-23T09:59:00"}]}, "wave_in_the_past"),
        ({"waves": [{"at": "2026-12-01T22:00:00"}]}, "wave_in_quiet_hours"),
        ({"waves": [{"at": "2026-12-01T07:59:00"}]}, "wave_in_quiet_hours"),
        ({"waves": [{"at": "2026-12-02T10:00:00"}, {"at": "2026-12-01T10:00:00"}]}, "waves_out_of_order"),
        ({"waves": [{"at": "2026-12-01T10:00:00"}, {"at": "2026-12-01T10:00:00"}]}, "waves_out_of_order"),
        ({"stop": {"until": "2026-12-01"}, "waves": [{"at": "2026-12-02T10:00:00"}]}, "wave_after_until"),
    ],
)
def test_a_wave_that_cannot_be_is_an_error(changes: dict[str, Any], code: str) -> None:
    assert codes(planned(**changes)) == {code}


def test_a_year_that_no_calendar_knows_is_an_error() -> None:
    late = load(dt.datetime(2099, 12, 31, 10, 0, tzinfo=CHINA))
    assert "wave_out_of_range" in codes(planned(), late)


def test_waves_may_touch_the_ends_of_quiet_hours() -> None:
    waves = [{"at": "2026-12-01T08:00:00"}, {"at": "2026-12-08T21:29:00"}]
    assert codes(planned(waves=waves)) == set()


def test_more_waves_than_the_cap_lets_through_are_a_warning() -> None:
    waves = [{"at": f"2026-12-0{day}T10:00:00"} for day in (1, 2, 3)]
    assert codes(planned(waves=waves), level="warning") == {"waves_over_cap"}
    assert codes(planned(waves=waves, cap={"messages": 3, "days": 7}), level="warning") == set()


def test_an_occasion_without_a_source_is_a_warning() -> None:
    assert "occasion_unverified" in codes(planned(occasion="heating"), level="warning")


def test_two_campaigns_to_the_same_people_within_the_cap_are_a_warning() -> None:
    mine = planned()
    same = planned(id="other")
    assert codes(mine, world(others=(same,)), "warning") == {"overlaps"}
    assert codes(mine, world(others=(mine,)), "warning") == set()  # itself, as it is stored
    later = planned(id="later", waves=[{"at": "2026-12-28T10:00:00"}])
    drivers = planned(id="drivers", audience={"roles": ["driver"]})
    assert codes(planned(audience={"roles": ["elder"]}), world(others=(later, drivers)), "warning") == set()
    over = planned(id="over", waves=[{"at": "2020-12-01T10:00:00"}])
    assert codes(mine, world(others=(over,)), "warning") == set()


def test_audiences_meet_unless_a_condition_keeps_them_apart() -> None:
    everyone = document(audience={"everyone": True}).audience
    elders = document(audience={"roles": ["elder"], "languages": ["zh"]}).audience
    drivers = document(audience={"roles": ["driver"]}).audience
    assert may_meet(everyone, elders)
    assert may_meet(elders, elders)
    assert not may_meet(elders, drivers)


@pytest.mark.parametrize(
    ("audience", "code"),
    [
        ({}, "audience_empty"),
        ({"everyone": True, "roles": ["elder"]}, "audience_contradicts"),
        ({"roles": ["老人"]}, "audience_word_unknown"),
        ({"roles": ["elder", "driver", "police"]}, "audience_word_unknown"),
        ({"ages": ["60"]}, "audience_word_unknown"),
        ({"languages": ["fr"]}, "audience_word_unknown"),
        ({"topics": ["brushing"]}, "audience_word_unknown"),
        ({"channels": ["sms"]}, "audience_word_unknown"),
        ({"channels": ["wechat"]}, "channel_without_route"),
    ],
)
def test_an_audience_of_nobody_is_an_error(audience: dict[str, Any], code: str) -> None:
    assert codes(document(audience=audience, routes=["telegram"], robots=[])) == {code}


def test_everyone_and_minors_are_warnings() -> None:
    assert codes(document(audience={"everyone": True}), level="warning") == {"audience_everyone"}
    minors = document(audience={"ages": ["under14", "14-17"]})
    assert codes(minors) == set()
    assert codes(minors, level="warning") == {"audience_minors"}


@pytest.mark.parametrize("route", ["wechat_mass", "wechat_notice", "wechat_service", "wechat_draft"])
def test_wechat_must_be_set_up(route: str) -> None:
    one = document(routes=[route], robots=[])
    assert codes(one, world(wechat="")) == {"wechat_not_set_up"}
    verified = set() if route == "wechat_draft" else {"wechat_unverified"}
    assert codes(one, world(wechat="unverified")) == verified
    assert codes(one) == set()


def test_notices_are_for_service_accounts_with_a_template() -> None:
    notice = document(routes=["wechat_notice"], robots=[])
    assert codes(notice, world(wechat="subscription")) == {"notice_needs_service_account"}
    assert codes(notice, world(notices=False)) == {"notice_not_set_up"}


def test_customer_service_messages_are_for_flash_warnings() -> None:
    assert codes(planned(routes=["wechat_service"])) == {"service_only_for_flash"}


def test_a_mass_message_and_its_draft_would_go_out_twice() -> None:
    assert codes(document(routes=["wechat_mass", "wechat_draft"], robots=[])) == {"sent_twice"}


def test_robots_must_be_named_and_known() -> None:
    assert codes(document(), world(robots=frozenset())) == {"robots_not_set_up"}
    assert codes(document(robots=[])) == {"robots_not_named"}
    assert codes(document(robots=["class", "nobody"])) == {"robot_unknown"}
    assert codes(document(routes=["telegram"]), level="warning") == {"robots_without_route"}


def test_a_picture_has_room_for_so_many_words() -> None:
    for picture in ({"headline": "停" * 21}, {"lines": ["停" * 25]}, {"footer": "停" * 41}):
        found = codes(document(picture={"template": "calm", "headline": "先停手", **picture}))
        assert found == {"picture_text_too_long"}, picture


def test_a_picture_needs_a_template_that_there_is() -> None:
    assert codes(document(picture={"template": "neon", "headline": "先停手"})) == {"template_unknown"}


def test_the_context_is_the_real_knowledge() -> None:
    found = load(NOW, withdrawn=["brushing_rebate.task_group"])
    assert set(found.bulletins) == set(shelf.load().bulletins)
    assert [name for name, gone in found.bulletins.items() if gone] == ["brushing_rebate.task_group"]
    assert found.sources["G"] == "D"
    far = load(dt.datetime(2090, 1, 1, tzinfo=CHINA))
    assert far.overdue == set(far.bulletins)
