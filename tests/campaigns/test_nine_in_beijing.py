"""A holiday's wave at nine in Beijing, wherever the server stands; its process dies a second before, and at nine."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from runner_house import Crash, House

from campaigns.calendar import days
from campaigns.document import Campaign, build
from channels.keys import derive

KEYS = derive([b"k" * 32])
NOW = dt.datetime(2026, 1, 5, 10, tzinfo=days.CHINA)
# a week before Spring Festival's first day off
NINE = dt.datetime(2026, 2, 8, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(params=["America/New_York", "Pacific/Kiritimati", "UTC"])
def _server_elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def festival() -> Campaign:
    return build(
        {
            "id": "try",
            "title": "试一试",
            "occasion": "spring_festival",
            "kind": "planned",
            "audience": {"everyone": True},
            "bulletins": ["brushing_rebate_classic"],
            "routes": ["telegram", "robot"],
            "robots": ["one"],
            "variants": [{"key": "a", "texts": {"message": "先别转账。"}}],
            "waves": [{"offset_days": -7, "time": "09:00"}],
        }
    )


@pytest.mark.usefixtures("_server_elsewhere")
async def test_a_restart_a_second_before_and_one_at_nine_send_once(any_engine) -> None:
    campaign = festival()
    (due,) = days.waves(campaign, None, NOW)
    assert due == NINE
    house = House(any_engine, KEYS, NINE.timestamp() - 1)
    people = house.people(40)
    name = house.approved(campaign, due.timestamp(), now=NOW.timestamp())
    assert await house.runner.advance(name, 0) is None, "it is 08:59:59"
    assert house.post() == 0 and house.letters() == {} and not house.robot.taken

    house.make()  # the process starts anew, still a second before
    assert await house.runner.advance(name, 0) is None
    assert house.post() == 0 and house.letters() == {}

    house.clock.now = NINE.timestamp()
    house.robot.crash = "after"  # and dies once more, when the group has it and nobody has noted that
    with pytest.raises(Crash):
        await house.until_done(name, rounds=10)
    house.make()
    await house.until_done(name)
    assert house.arrived == dict.fromkeys(people, 1)
    assert house.robot.taken == {"one": 1}
    assert min(house.sent_at) >= NINE.timestamp()
