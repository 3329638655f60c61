"""The year view shows what the calendar says, and what it does not know yet."""

from __future__ import annotations

import datetime as dt
import io

from PIL import Image

from campaigns.calendar import days
from campaigns.calendar.year_view import Planned, html, view
from campaigns.pictures.year_picture import png


def marked(found, mark: str) -> set[dt.date]:
    return {day for month in found.months for day, one in month if one == mark}


def test_the_view_has_every_day_and_what_the_calendar_says_of_it() -> None:
    found = view(2026)
    assert sum(day is not None for month in found.months for day, _ in month) == 365
    assert marked(found, "makeup") == set(days.makeup_days(2026))
    holiday = days.span("spring_festival", 2026)
    assert {holiday.first, holiday.last} <= marked(found, "holiday")
    assert all(not days.is_workday(day) for day in marked(found, "holiday"))
    assert [bar.span for bar in found.bars] == list(days.year_of(2026))
    assert all(0 <= bar.start < bar.start + bar.length <= 1 for bar in found.bars)


def test_the_page_names_all_occasions_and_stands_alone() -> None:
    text = html(view(2026))
    for span in days.year_of(2026):
        assert span.occasion.name in text
    assert "尚未公布" not in text and "<script" not in text and "http" not in text.replace("http-equiv", "")


def test_a_year_that_is_not_announced_says_so() -> None:
    year = next(year for year in range(2026, 2040) if not days.announced(year))
    found = view(year)
    assert not found.announced and not marked(found, "holiday") and not marked(found, "makeup")
    assert marked(found, "tentative") and "尚未公布" in html(found)
    assert Image.open(io.BytesIO(png(found))).width == 2000


def test_planned_campaigns_stand_at_their_occasion() -> None:
    planned = (
        Planned("春节提醒", "spring_festival", (dt.date(2026, 2, 5),)),
        Planned("<b>快讯</b>", None, (dt.date(2026, 7, 2), dt.date(2027, 1, 1))),
    )
    found = view(2026, planned)
    [bar] = [bar for bar in found.bars if bar.span.occasion.id == "spring_festival"]
    assert bar.waves == (35 / 365,) and bar.waves[0] < bar.start
    assert [(title, len(waves)) for title, waves in found.loose] == [("<b>快讯</b>", 1)]
    assert "&lt;b&gt;快讯" in html(found) and "已排的宣传" in html(found)
