"""A runner with everything around it in one place: a database, a clock, senders that remember, an outbox that delivers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, select

from campaigns import consent, jobs, planning
from campaigns.document import Campaign, Route, Texts
from campaigns.jobs import Job, JobState, Result
from campaigns.runner import Desk, Runner
from campaigns.store import Store
from channels import people
from channels.base import Delivery, Inbound, Outcome, Push
from channels.consent import Wish, subscribe, unsubscribe
from channels.keys import Keys
from channels.outbox import Outbox
from storage.campaign_tables import campaign_letter


class Crash(Exception):
    """The process dies here."""


class Clock:
    """A clock that only moves when told to."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class FakeRobot:
    """A group robot that takes everything; ``crash``: dies before or after the platform has it."""

    route = Route.ROBOT

    def __init__(self, repeatable: bool = False) -> None:
        self.repeatable = repeatable
        self.taken: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.crash = ""
        self.refuse = ""

    def plan(
        self, connection: Connection, campaign: Campaign, wave: int, now: float
    ) -> Sequence[tuple[str, str, int]]:
        return [("a", name, 0) for name in campaign.robots]

    def starting(self, connection: Connection, campaign: Campaign, job: Job, now: float) -> str:
        return self.refuse

    async def send(self, campaign: Campaign, texts: Texts, job: Job, now: float) -> Result:
        crash, self.crash = self.crash, ""
        if crash == "before":
            raise Crash
        if not (self.repeatable and job.key in self.keys):
            self.taken[job.target] += 1
        self.keys.add(job.key)
        if crash == "after":
            raise Crash
        return Result(JobState.SENT)

    async def look(self, campaign: Campaign, job: Job, now: float) -> Result:
        raise AssertionError("a robot has nothing to look for")

    async def stop(self, campaign: Campaign, job: Job, now: float) -> None:
        return None

    def faults(self, connection: Connection, campaign: Campaign, now: float) -> Sequence[str]:
        return []

    async def preview(self, campaign: Campaign, texts: Texts, to: str) -> Result:
        return Result(JobState.SENT)


class House:
    """All of it. ``arrived`` counts messages per person."""

    def __init__(self, engine: Engine, keys: Keys, now: float) -> None:
        self.engine = engine
        self.keys = keys
        self.clock = Clock(now)
        self.robot = FakeRobot()
        self.store = Store(engine)
        self.outbox = Outbox(engine, keys, jitter=lambda: 0.0)
        self.faults: list[str] = []
        self.arrived: Counter[int] = Counter()
        self.sent_at: list[float] = []
        self.met = 0
        self.runner = self.make()

    def make(self) -> Runner:
        """Return a new runner, as a process that starts anew has one."""

        def opted_out(campaign: str) -> int:
            with self.engine.connect() as connection:
                return consent.opted_out_since(connection, campaign, 0.0, self.clock())

        senders: Any = {Route.ROBOT: self.robot}
        desk = Desk(self.engine, self.keys, self.store, senders, lambda _: self.faults, opted_out, self.clock)
        self.runner = Runner(desk)
        return self.runner

    def people(self, count: int = 1, channel: str = "telegram") -> list[int]:
        """Add people who said yes; returns their numbers."""
        numbers = []
        with self.engine.begin() as connection:
            for _ in range(count):
                self.met += 1
                message = Inbound(channel, f"id-{self.met}", "你好", account="bot")
                owner = self.keys.owner(channel, message.sender, "bot")
                number = people.meet(connection, self.keys, message, owner, 0.0).id
                subscribe(connection, number, Wish(frequency="all"), "1", 0.0)
                numbers.append(number)
        return numbers

    def leave(self, person_id: int) -> None:
        """Let somebody say no, as the gateway does."""
        with self.engine.begin() as connection:
            unsubscribe(connection, person_id, self.clock())

    def approved(self, campaign: Campaign, *due: float, now: float = 0.0) -> str:
        """Bring a campaign to "scheduled" at ``now``, its waves due at the given times."""
        self.store.save(campaign, "ann", now)
        self.store.previewed(campaign.id, "ann", now)
        digest = self.store.submit(campaign.id, "ann", lambda _: [], now).digest
        self.store.approve(campaign.id, "bob", digest, lambda _: [], now)
        with self.engine.begin() as connection:
            planning.unplan(connection, campaign.id)
            for wave, at in enumerate(due or (self.clock(),)):
                jobs.add(connection, campaign.id, wave, jobs.SELECT, at)
        return campaign.id

    def post(self, most: int = 10_000, outcome: Outcome = Outcome.SENT) -> int:
        """Deliver what is due in the outbox, as the gateway does."""
        done = 0
        while letters := self.outbox.claim_push(["telegram", "wechat"], min(32, most - done), self.clock()):
            for letter in letters:
                if self.outbox.start(letter, Push.ALWAYS, self.clock()):
                    if outcome in {Outcome.SENT, Outcome.UNKNOWN}:
                        self.arrived[letter.person.id] += 1
                        self.sent_at.append(self.clock())
                    self.outbox.settle(letter, Delivery(outcome, "as told"), self.clock())
            done += len(letters)
            if done >= most:
                break
        return done

    async def until_done(
        self, campaign: str, wave: int = 0, rounds: int = 5_000, posting: bool = True
    ) -> int:
        """Advance a wave to its end, the clock moving; returns how many rounds it took."""
        for number in range(rounds):
            wait = await self.runner.advance(campaign, wave)
            if wait is None:
                return number
            if posting:
                self.post()
            self.outbox.expire(self.clock())
            self.clock.now += wait
        raise AssertionError("the wave does not end")

    def letters(self) -> Counter[str]:
        """Return how many letters are in each state."""
        with self.engine.connect() as connection:
            return Counter(connection.scalars(select(campaign_letter.c.state)))


def states(house: House, campaign: str = "try") -> dict[str, str]:
    """Return the jobs of a campaign by wave, route and target, with their states."""
    with house.engine.connect() as connection:
        return {
            f"{job.wave} {job.route} {job.target}".strip(): str(job.state)
            for job in jobs.of(connection, campaign)
        }
