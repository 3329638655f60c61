"""The Spring Festival campaign of 2026, from its YAML to the report: ``make demo-campaign``.

WeChat, Telegram and a DingTalk group are strict fakes; Telegram and the group get theirs through outbox and postman.

Nothing waits: the clock is the fake's, and is set on to the next thing that happens. The database is a fresh one.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import sys
from pathlib import Path

from sqlalchemy import insert

from campaigns import consent, context, jobs, lint, shipped
from campaigns.calendar import days
from campaigns.calendar.year_view import Planned, html, view
from campaigns.delivery.build import Means, senders
from campaigns.document import Campaign, Route
from campaigns.jobs import SELECT, JobState
from campaigns.pictures import command, files
from campaigns.pictures.year_picture import png
from campaigns.report import answers, page
from campaigns.report.results import results
from campaigns.runner import Desk, Runner
from channels.consent import unsubscribe
from storage.engine import open_engine
from storage.migrate import upgrade
from storage.tables import inbox
from tests.campaigns.delivery_rig import Rig, rig
from tests.fakes.campaign_streets import ROBOT, Streets, streets

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".var" / "demo"
START = dt.datetime(2026, 2, 1, 9, tzinfo=days.CHINA)
DAY = 86_400.0
FOLLOWERS, SAID_NO, WRITING, LEAVING = 260, 12, 46, 7
ON_TELEGRAM, BLOCKS = 60, 17  # people there, and the number of the one who has blocked the bot
HERE = (Route.WECHAT_MASS, Route.TELEGRAM, Route.ROBOT, Route.BANNER, Route.FEED, Route.EXPORT)


def say(words: str) -> None:
    """Tell what happens."""
    sys.stdout.write(f"  {words}\n")
    sys.stdout.flush()


async def main() -> None:
    """Play it, and write the report, the posters and the year view below ``.var/demo``."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    engine = open_engine(f"sqlite:///{FOLDER / 'demo.db'}")
    upgrade(engine)
    async with rig(engine, FOLDER, "subscription") as world:
        world.fake.mass.protected = False
        world.fake.world.offset += START.timestamp() - world.now()
        world.account._api._tokens._clock = world.now  # its tokens grow old by the same clock
        async with streets(engine, world.keys, world.now) as other:
            await _play(world, other)
    engine.dispose()


async def _play(world: Rig, other: Streets) -> None:
    people = _crowd(world)
    other.crowd(ON_TELEGRAM, world.now())
    other.block(BLOCKS)
    say(f"{ON_TELEGRAM} people on Telegram, of whom one has blocked the bot; a DingTalk group with our robot")
    wanted = shipped.fitted(shipped.load()["spring_festival"], _known(), 2026)
    # A subscription account has one mass message a day, so one version; the other routes are not set up here.
    routes = tuple(route for route in wanted.routes if route in HERE)
    wanted = wanted.model_copy(update={"routes": routes, "variants": wanted.variants[:1]})
    runner = _runner(world)
    await _approve(world, wanted)
    with world.engine.connect() as connection:
        when = [job.due_at for job in jobs.of(connection, wanted.id) if job.route == SELECT]
    for number, at in enumerate(when):
        world.fake.world.offset += at - world.now()
        await _wave(world, other, runner, wanted, number)
        say(f"Telegram: {other.phones()} messages so far; {other.away()} person has left the audience")
        if number == 0:
            _answer(world, people)
        world.fake.world.offset += DAY + 60
        say(
            f"wave {number + 1}: figures of the day after are kept for {answers.keep(world.engine, world.now())} wave"
        )
    world.store.note(wanted.id, "li", "红包一句最多人来问，明年放在最前面", world.now())
    _show(world, wanted)


def _crowd(world: Rig) -> list[int]:
    people = world.add(*(f"o-demo-{number}" for number in range(FOLLOWERS)))
    world.add(*(f"o-no-{number}" for number in range(SAID_NO)), agreed=False)
    say(f"{FOLLOWERS} followers who said yes, {SAID_NO} who did not")
    return people


def _runner(world: Rig) -> Runner:
    means = Means(world.engine, world.keys, FOLDER, world.account, files.cover, robots=(ROBOT,))

    def opted_out(campaign: str) -> int:
        with world.engine.connect() as connection:
            return consent.opted_out_since(connection, campaign, 0.0, world.now())

    return Runner(Desk(world.engine, world.keys, world.store, senders(means), _faults, opted_out, world.now))


def _faults(campaign: Campaign) -> list[str]:
    found = lint.check_running(campaign, _known())
    return [one.code for one in found]


def _known() -> context.Context:
    return context.load(START, wechat="subscription", robots=[ROBOT])


async def _approve(world: Rig, wanted: Campaign) -> None:
    known = _known()
    found = lint.check(wanted, known)
    for one in found:
        say(f"lint {one.level}: {lint.sentence(one)}")
    say(f"lint: {len(lint.errors(found))} errors")

    def check(campaign: Campaign) -> list[str]:
        return [one.code for one in lint.errors(lint.check(campaign, known))]

    now = world.now()
    world.store.save(wanted, "wang", now)
    means = Means(world.engine, world.keys, FOLDER, world.account, files.cover)
    sender = senders(means)[Route.WECHAT_MASS]
    with world.engine.connect() as connection:
        say(f"WeChat would refuse for: {list(sender.faults(connection, wanted, now)) or 'nothing'}")
    said = await sender.preview(wanted, wanted.variants[0].texts, "o-demo-0")
    say(f"preview on one phone: {said.state} {said.cause}")
    world.store.previewed(wanted.id, "wang", now)
    digest = world.store.submit(wanted.id, "wang", check, now).digest
    stored = world.store.approve(wanted.id, "li", digest, check, now)
    say(f"written by wang, approved by li: {stored.state}")


async def _wave(world: Rig, other: Streets, runner: Runner, wanted: Campaign, number: int) -> None:
    for _ in range(200):
        wait = await runner.advance(wanted.id, number)
        await world.settle()
        await other.post()
        if wait is None:
            break
        world.fake.world.offset += min(wait, 600.0)
    with world.engine.connect() as connection:
        for job in jobs.of(connection, wanted.id, number):
            if job.route != SELECT:
                say(f"wave {number + 1}: {job.route} {job.target} {job.state} {dict(job.counts)} {job.cause}")
                assert job.state is JobState.SENT, "a route of the demo did not end well"


def _answer(world: Rig, people: list[int]) -> None:
    """Let some write within the day, and some say no."""
    at = world.now() + 3600
    row = {
        "channel": "wechat",
        "account": world.account.account,
        "body": b"",
        "kind": "text",
        "state": "done",
    }
    row |= {"received_at": at, "done_at": at, "attempts": 1, "deliveries": 1}
    with world.engine.begin() as connection:
        for number in people[:WRITING]:
            connection.execute(insert(inbox).values(**row, person_id=number, dedupe_key=f"demo-{number}"))
        for number in people[-LEAVING:]:
            unsubscribe(connection, number, at)
    say(f"{WRITING} people write, {LEAVING} say no")


def _show(world: Rig, wanted: Campaign) -> None:
    with world.engine.connect() as connection:
        found = results(connection, wanted, world.now())
    plan = Planned(wanted.title, wanted.occasion, tuple(at.date() for at in days.waves(wanted, 2026, START)))
    year = view(2026, [plan])
    (FOLDER / "report.html").write_text(page.html(found), "utf-8")
    (FOLDER / "report.csv").write_text(page.csv(found), "utf-8", newline="")
    (FOLDER / "year.html").write_text(html(year), "utf-8")
    (FOLDER / "year.png").write_bytes(png(year))
    say(command.run(wanted, FOLDER / "pictures", "https://fanzha.example")[1])
    say(f"state: {world.store.get(wanted.id).state}")
    say(f"report: {FOLDER / 'report.html'}")


if __name__ == "__main__":
    asyncio.run(main())
