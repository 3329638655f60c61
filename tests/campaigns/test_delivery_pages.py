"""Robots through the outbox, warnings on pages and in feeds, and the files for SMS and screens."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from delivery_rig import TEN, Rig, campaign, rig
from sqlalchemy import Engine, select, update

from campaigns.calendar.days import CHINA
from campaigns.delivery import board, export, faults
from campaigns.delivery.board import Board
from campaigns.delivery.build import senders
from campaigns.delivery.robot import CHANNEL, GroupRobot
from campaigns.document import Route
from campaigns.jobs import JobState
from channels import outbox
from channels.base import Delivery, Outcome, Push
from channels.outbox import Letter, Outbox
from storage.campaign_tables import warning
from storage.engine import open_engine
from storage.migrate import upgrade
from storage.tables import outbox as outgoing

ROBOT = [{"key": "a", "texts": {"robot": "**先别转账**"}}]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_engine(f"sqlite:///{tmp_path / 'pages.db'}")
    upgrade(made)
    return made


@pytest.fixture
async def world(engine: Engine, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(engine, tmp_path) as one:
        yield one


def deliver(world: Rig, outcome: Outcome) -> list[Letter]:
    """Do what the gateway's postman does."""
    box = Outbox(world.engine, world.keys)
    found = box.claim_push([CHANNEL], 10, world.now())
    for letter in found:
        assert box.start(letter, Push.ALWAYS, world.now())
        box.settle(letter, Delivery(outcome, "busy"), world.now())
    return found


def texts(**words: str) -> list[dict[str, object]]:
    return [{"key": "a", "texts": words}]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.SENT, JobState.SENT),
        (Outcome.REJECTED, JobState.FAILED),
        (Outcome.UNKNOWN, JobState.UNKNOWN),
    ],
)
async def test_a_robot_gets_its_message_once_through_the_outbox(
    world: Rig, outcome: Outcome, state: JobState
) -> None:
    wanted = campaign("robot", robots=["group", "group"], variants=ROBOT)
    world.schedule(wanted)
    await world.go(wanted, rounds=2)
    assert world.jobs(wanted)[0].state is JobState.SENDING
    [letter] = deliver(world, outcome)
    assert (letter.person.sender, letter.person.account) == ("group", "group")
    assert letter.reply.text == "**先别转账**"
    assert letter.reply.card == {"kind": "notice", "title": "试一试", "markdown": True}
    await world.go(wanted)
    [job] = world.jobs(wanted)
    assert job.state is state and deliver(world, Outcome.SENT) == []


async def test_a_robot_nobody_serves_is_given_up_after_a_day(world: Rig) -> None:
    wanted = campaign(
        "robot", robots=["group"], variants=ROBOT, quiet_hours={"start": "03:00", "end": "03:00"}
    )
    world.schedule(wanted)
    await world.go(wanted, rounds=2)
    world.fake.world.offset += 86_401
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (
        JobState.FAILED,
        "no gateway took it",
    )
    assert deliver(world, Outcome.SENT) == []


async def test_a_stop_takes_a_robots_message_back(world: Rig) -> None:
    wanted = campaign("robot", robots=["group"], variants=ROBOT)
    world.schedule(wanted)
    await world.go(wanted, rounds=1)
    await world.runner().stop(world.store.get("try"), "withdrawn", world.now())
    assert deliver(world, Outcome.SENT) == []
    with world.engine.connect() as connection:
        assert connection.execute(select(outgoing.c.cause)).scalar() == "stopped"
    assert world.jobs(wanted)[0].state is JobState.STOPPED


async def test_a_robot_message_is_not_sent_in_quiet_hours(world: Rig) -> None:
    wanted = campaign("robot", robots=["group"], variants=ROBOT)
    world.schedule(wanted)
    await world.go(wanted, rounds=1)
    night = world.now() + 12 * 3600
    box = Outbox(world.engine, world.keys)
    assert box.claim_push([CHANNEL], 10, night) == [] and box.expire(night) == 1
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.FAILED, outbox.TOO_LATE)


async def test_an_unknown_robot_fails_and_is_told_before(world: Rig) -> None:
    made = GroupRobot(world.engine, world.keys, ["group"])
    with world.engine.begin() as connection:
        assert made.faults(connection, campaign("robot"), TEN) == ["robots_not_named"]
        named = campaign("robot", robots=["group"])
        assert made.faults(connection, named, TEN) == ["robot_text_missing"]
        wanted = campaign("robot", robots=["other"], variants=ROBOT)
        assert made.faults(connection, wanted, TEN) == ["robot_unknown"]
        fine = campaign("robot", robots=["group"], variants=ROBOT)
        assert made.faults(connection, fine, TEN) == []
    world.schedule(wanted)
    await world.go(wanted)
    assert world.jobs(wanted)[0].cause == "no such robot"
    assert (await made.look(wanted, world.jobs(wanted)[0], TEN)).cause == "no trace"


async def test_banner_and_feed_are_one_row_and_a_stop_withdraws_it(
    any_engine: Engine, tmp_path: Path
) -> None:
    async with rig(any_engine, tmp_path) as world:
        scenes = {"scenes": ["XYZ02", "ABC01"]}
        wanted = campaign(
            "banner",
            "feed",
            audience=scenes,
            variants=texts(banner="先别转账", message="先别转账，打 96110。"),
        )
        world.schedule(wanted)
        await world.go(wanted)
        assert [job.state for job in world.jobs(wanted)] == [JobState.SENT] * 2
        for route in (Route.BANNER, Route.FEED):
            made = Board(world.engine, route)
            await made.send(wanted, wanted.variants[0].texts, world.jobs(wanted)[0], TEN + 99)
        with world.engine.connect() as connection:
            [row] = connection.execute(select(warning)).all()
        assert (row.banner, row.body, row.scenes) == ("先别转账", "先别转账，打 96110。", " ABC01 XYZ02 ")
        assert row.published_at == pytest.approx(TEN, abs=60) and row.withdrawn_at is None
        assert row.until == pytest.approx(row.published_at + board.BANNER_SECONDS)
        with world.engine.begin() as connection:
            assert board.withdraw(connection, "try", TEN + 100) == 1
            assert board.withdraw(connection, "try", TEN + 200) == 0
        await made.send(wanted, wanted.variants[0].texts, world.jobs(wanted)[0], TEN + 300)
        with world.engine.connect() as connection:
            assert connection.execute(select(warning.c.withdrawn_at)).scalars().all() == [TEN + 100]


async def test_a_banner_goes_with_the_campaigns_last_day(world: Rig) -> None:
    wanted = campaign("banner", variants=texts(banner="先别转账"), stop={"until": "2026-12-05"})
    world.schedule(wanted)
    await world.go(wanted, rounds=1)
    with world.engine.connect() as connection:
        [row] = connection.execute(select(warning)).all()
    from datetime import datetime

    assert datetime.fromtimestamp(row.until, CHINA) == datetime(2026, 12, 6, tzinfo=CHINA)
    assert row.body == ""
    made = Board(world.engine, Route.BANNER)
    await made.stop(wanted, world.jobs(wanted)[0], TEN)
    with world.engine.connect() as connection:
        assert connection.execute(select(warning.c.withdrawn_at)).scalar() == TEN
        bare = campaign("banner", variants=texts(sms="x"))
        assert made.faults(connection, bare, TEN) == ["banner_text_missing"]
        assert Board(world.engine, Route.FEED).faults(connection, bare, TEN) == ["feed_text_missing"]


async def test_files_hold_every_variant_and_no_formula(world: Rig, tmp_path: Path) -> None:
    variants = [
        {"key": "a", "texts": {"sms": "=HYPERLINK(1)", "screen": "先别转账"}},
        {"key": "b", "texts": {"sms": "先别转账，打 96110，\n问家人"}},
    ]
    wanted = campaign("export", variants=variants, audience={"roles": ["elder"], "districts": ["@east"]})
    world.schedule(wanted)
    await world.go(wanted)
    folder = tmp_path / "campaigns" / "try"
    assert sorted(path.name for path in folder.iterdir()) == ["screen-a.txt", "screens.csv", "sms.csv"]
    raw = (folder / "sms.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [row[-2] for row in rows[1:]] == ["'=HYPERLINK(1)", "先别转账，打 96110，\n问家人"]
    assert rows[1][:5] == ["try", "0", "2026-12-01", "elder @east", "a"]
    assert (folder / "screen-a.txt").read_text("utf-8") == "先别转账\n"
    assert dict(world.jobs(wanted)[0].counts) == {"files": 3}


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\u3000=1", "\ufeff=1"])
def test_no_cell_is_a_formula(value: str) -> None:
    assert export.cell(value) == f"'{value}"
    assert export.cell(f"先{value}") == f"先{value}"


async def test_files_that_cannot_be_written_fail_and_a_stop_is_marked(world: Rig, tmp_path: Path) -> None:
    (tmp_path / "campaigns").write_text("in the way")
    wanted = campaign("export", variants=texts(sms="先别转账"))
    made = export.build(tmp_path)
    with world.engine.connect() as connection:
        assert made.faults(connection, campaign("export"), TEN) == ["export_text_missing"]
        assert made.faults(connection, wanted, TEN) == []
    world.schedule(wanted)
    await world.go(wanted)
    assert world.jobs(wanted)[0].state is JobState.FAILED
    assert world.jobs(wanted)[0].cause.startswith("files: ")
    (tmp_path / "campaigns").unlink()
    job = world.jobs(wanted)[0]
    await made.stop(wanted, job, TEN)
    assert (await made.send(wanted, wanted.variants[0].texts, job, TEN)).state is JobState.SENT
    await made.stop(wanted, job, TEN)
    assert len(list((tmp_path / "campaigns" / "try").iterdir())) == 2


async def test_every_route_has_a_sender_and_every_fault_a_sentence(world: Rig) -> None:
    made = senders(world.means())
    assert {sender.route for sender in made.values()} == set(made)
    known = faults.load()
    code = Path(export.__file__).parent
    files = [*code.glob("*.py"), code.parent / "outfit.py"]
    used = {word for path in files for word in known if f'"{word}"' in path.read_text("utf-8")}
    assert used == set(known)
    wanted = campaign("robot")
    for sender in made.values():
        with world.engine.begin() as connection:
            assert set(sender.faults(connection, wanted, TEN)) <= set(known)


async def test_what_goes_to_pages_robots_and_files_has_no_preview(world: Rig) -> None:
    wanted = campaign("robot")
    for route in (Route.ROBOT, Route.BANNER, Route.EXPORT):
        made = senders(world.means())[route]
        assert (await made.preview(wanted, wanted.variants[0].texts, "o-1")).state is JobState.FAILED


async def test_an_outbox_row_that_was_thrown_away_is_unknown(world: Rig) -> None:
    wanted = campaign("robot", robots=["group"], variants=ROBOT)
    world.schedule(wanted)
    await world.go(wanted, rounds=1)
    with world.engine.begin() as connection:
        connection.execute(update(outgoing).values(key="0" * 32))
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.UNKNOWN, "no trace")
