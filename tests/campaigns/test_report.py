"""The report: figures of a hand-made database, small cells, the interval, the page and the table."""

from __future__ import annotations

import csv
import io
import itertools

import pytest
from sqlalchemy import insert, select, update

from campaigns import jobs
from campaigns.jobs import SELECT, JobState, Result
from campaigns.report import answers, page
from campaigns.report.counts import Count, cell, difference, total
from campaigns.report.results import results
from campaigns.store import Store
from storage.campaign_tables import campaign_job, campaign_letter, campaign_scan, subscriber
from storage.tables import inbox

NOON = 1_796_100_000.0
DAY = 86_400.0
TWO = [{"key": key, "texts": {"message": f"先别转账。{key}"}} for key in "ab"]
numbers = itertools.count(1)


def letters(
    connection, people, state="sent", variant="a", wave=0, route="telegram", cause="", campaign="try"
) -> None:
    sent_at = NOON if state in {"sent", "unknown"} else None
    row = {
        "campaign": campaign,
        "wave": wave,
        "route": route,
        "variant": variant,
        "job_id": None,
        "letter_id": None,
    }
    rows = [{**row, "person_id": one, "state": state, "cause": cause, "sent_at": sent_at} for one in people]
    connection.execute(insert(campaign_letter), rows)


def wrote(connection, people, at=NOON + 60, kind="text") -> None:
    row = {
        "channel": "telegram",
        "account": "bot",
        "body": b"",
        "state": "done",
        "done_at": at,
        "attempts": 1,
    }
    rows = [
        {
            **row,
            "person_id": one,
            "dedupe_key": str(next(numbers)),
            "kind": kind,
            "received_at": at,
            "deliveries": 1,
        }
        for one in people
    ]
    connection.execute(insert(inbox), rows)


def wave(connection, campaign="try", number=0, due=NOON, done=NOON) -> None:
    jobs.add(connection, campaign, number, SELECT, due)
    row = jobs.wave(connection, campaign, number)
    jobs.settle(connection, row, Result(JobState.SENT, counts={"sent": 1}), done)


@pytest.fixture
def world(any_engine, add_people, small):
    """200 people got it by two variants, 6 failed, 7 were skipped; 30 and 50 wrote, 8 said no."""
    campaign = small(variants=TWO, note="下次早一天发")
    Store(any_engine).save(campaign, "ann", NOON)
    with any_engine.begin() as connection:
        people = add_people(connection, 213)
        letters(connection, people[:100], variant="a")
        letters(connection, people[100:200], variant="b")
        letters(connection, people[200:206], "failed", "b", cause="blocked")
        letters(connection, people[206:213], "skipped", "a", cause="opted out")
        wave(connection)
        jobs.add(connection, "try", 0, "telegram", NOON)
        wrote(connection, people[:30])
        wrote(connection, people[:5])  # twice is one person
        wrote(connection, people[100:150], kind="button")
        wrote(connection, people[150:160], at=NOON + DAY + 1)  # too late
        wrote(connection, people[160:170], at=NOON - 1)  # before
        wrote(connection, people[170:180], kind="report")  # not a person's doing
        gone = subscriber.c.person_id.in_(people[:8])
        connection.execute(update(subscriber).where(gone).values(active=False, changed_at=NOON + 5))
    return any_engine, campaign, people


def read(engine, campaign, now=NOON + 2 * DAY):
    with engine.connect() as connection:
        return results(connection, campaign, now)


def test_the_figures_are_those_of_the_database(world) -> None:
    engine, campaign, _ = world
    tally = read(engine, campaign).tally
    got = [tally.audience, tally.sent, tally.failed, tally.skipped, tally.unknown, tally.waiting]
    assert [one.low for one in got] == [213, 200, 6, 7, 0, 0] and all(one.exact for one in got)
    assert (tally.replies, tally.checks, tally.opted_out) == (cell(80), cell(30), cell(8))
    assert tally.failed_by == {"blocked": cell(6)} and tally.skipped_by == {"opted out": cell(7)}
    assert tally.delivered is None


def test_the_answers_are_kept_before_the_messages_go(world) -> None:
    engine, campaign, _ = world
    assert answers.keep(engine, NOON + DAY - 1) == 0
    assert answers.keep(engine, NOON + DAY) == 1
    assert answers.keep(engine, NOON + DAY) == 0
    with engine.begin() as connection:
        connection.execute(inbox.delete())
        assert jobs.wave(connection, "try", 0).counts["sent"] == 1
    assert read(engine, campaign).tally.replies == cell(80)


def test_variants_are_compared_with_an_interval(world) -> None:
    engine, campaign, _ = world
    gap = read(engine, campaign).differences["b"]
    assert (gap.first, gap.second) == (0.3, 0.5) and gap.clear and gap.low < 0.2 < gap.high


def test_the_interval_is_newcombes() -> None:
    """Newcombe 1998, table II, (a): 56/70 and 48/80, method 10: 0.0524 to 0.3339."""
    gap = difference((48, 80), (56, 70))
    assert (round(gap.low, 4), round(gap.high, 4)) == (0.0524, 0.3339)
    with pytest.raises(ValueError, match="nobody"):
        difference((0, 0), (1, 2))


def test_small_cells_are_hidden_and_cannot_be_worked_out(world, add_people) -> None:
    engine, campaign, _ = world
    with engine.begin() as connection:
        letters(connection, add_people(connection, 2), "failed", "a", cause="left")
        letters(connection, add_people(connection, 3), "unknown", "a", cause="no answer")
    found = read(engine, campaign)
    assert found.tally.failed_by["left"] == Count(1, 4)
    assert found.tally.failed == Count(7, 10) and found.tally.audience == Count(215, 221)
    text = page.html(found)
    assert "少于5" in text and "215至221" in text and ">218<" not in text
    assert total([cell(0), cell(5)]) == Count(5, 5)


def test_few_answers_are_not_compared(any_engine, add_people, small) -> None:
    campaign = small(variants=TWO)
    with any_engine.begin() as connection:
        people = add_people(connection, 60)
        letters(connection, people[:30])
        letters(connection, people[30:], variant="b")
        wave(connection)
        wrote(connection, [*people[:4], *people[30:40]])
    assert read(any_engine, campaign).differences == {}


def test_wechats_own_figure_is_what_was_delivered(world) -> None:
    engine, campaign, _ = world
    with engine.begin() as connection:
        number = jobs.add(connection, "try", 0, "wechat_mass", NOON)
        counts = '{"total": 100, "sent": 97, "failed": 3}'
        connection.execute(update(campaign_job).where(campaign_job.c.id == number).values(counts=counts))
    assert read(engine, campaign).tally.delivered == cell(97)


def test_the_same_occasion_before_is_found(any_engine, add_people, small) -> None:
    planned = {"kind": "planned", "occasion": "spring_festival"}
    old, new, other = (small(id=name, **planned) for name in ("feast-2025", "feast-2026", "else-2025"))
    store = Store(any_engine)
    with any_engine.begin() as connection:
        people = add_people(connection, 9)
        letters(connection, people, campaign="feast-2025")
    for one, due in ((old, NOON - 355 * DAY), (new, NOON), (other, NOON - 300 * DAY)):
        store.save(one, "ann", due)
        with any_engine.begin() as connection:
            wave(connection, one.id, 0, due, due)
    store.note("feast-2025", "ann", "老人版最管用", NOON)
    found = read(any_engine, new)
    assert found.before is not None and found.before[0] == "feast-2025" and found.before[1].sent == cell(9)
    assert found.notes == ("feast-2025: 老人版最管用",)


def test_the_page_stands_alone_and_escapes(world) -> None:
    engine, campaign, _ = world
    text = page.html(read(engine, campaign.model_copy(update={"title": "<script>x</script>", "id": "try"})))
    assert (
        "<script" not in text
        and "&lt;script&gt;" in text
        and "http://" not in text
        and "https://" not in text
    )
    for words in ("平台不提供", "下次早一天发", "个百分点", "已经退订"):
        assert words in text


def test_before_anything_was_sent_nothing_is_claimed(any_engine, small) -> None:
    campaign = small()
    with any_engine.begin() as connection:
        jobs.add(connection, "try", 0, SELECT, NOON)
    found = read(any_engine, campaign)
    assert found.tally.replies is None and "还不知道" in page.html(found)


def test_no_cell_of_the_table_is_a_formula(world) -> None:
    engine, campaign, _ = world
    with engine.begin() as connection:
        jobs.add(connection, "try", 0, "robot", NOON, "a", "=cmd|x")
        table = campaign_letter
        connection.execute(update(table).where(table.c.state == "failed").values(cause="=1+1"))
        assert connection.execute(select(table.c.id)).first()
    rows = list(csv.reader(io.StringIO(page.csv(read(engine, campaign)).removeprefix("\ufeff"))))
    assert rows[0][0] == "轮次" and {len(row) for row in rows} == {len(rows[0])}
    assert any("=1+1" in field for row in rows for field in row)
    assert not any(field.startswith(("=", "+", "-", "@")) for row in rows for field in row)


def test_who_came_by_the_posters_is_counted_by_channel(world) -> None:
    engine, campaign, _ = world
    assert "还没有人扫" in page.html(read(engine, campaign))
    with engine.begin() as connection:
        for channel, day, number in (
            ("wechat", "2026-12-01", 9),
            ("wechat", "2026-12-02", 3),
            ("web", "2026-12-01", 2),
        ):
            row = {"campaign": "try", "channel": channel, "day": day, "count": number}
            connection.execute(insert(campaign_scan).values(**row))
        connection.execute(insert(campaign_scan).values(campaign="other", channel="web", day="x", count=50))
    found = read(engine, campaign)
    assert found.scans == {"web": Count(1, 4), "wechat": cell(12)}
    assert "公众号 12" in page.html(found) and "网页 少于5" in page.html(found)
    rows = list(csv.reader(io.StringIO(page.csv(found).removeprefix("\ufeff"))))
    assert dict(zip(rows[0], rows[1], strict=True))["扫海报码来的人次"] == "13至16"
