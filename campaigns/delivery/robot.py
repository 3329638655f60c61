"""Group robots (WeCom, DingTalk): one message for each, through the gateway's outbox.

The message enters the outbox in the transaction that notes that the job goes out, under the job's key: so it is there
once, whatever dies, and the outbox keeps the platforms' pace of 20 a minute and tells apart what one may have taken.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Engine, select

from campaigns import quiet
from campaigns.delivery import ending
from campaigns.document import Campaign, Route, Texts, Variant
from campaigns.jobs import FINAL, Job, JobState, Result
from channels import people, posting
from channels.base import Inbound, Reply
from channels.keys import Keys, Owner
from channels.transitions import State as Letter
from storage.engine import reading
from storage.tables import outbox as outgoing

CHANNEL = "robots"  # the name of the gateway's channel; a robot's name is account and address there
LOOK_SECONDS = 2.0
IN_USE = "robot in use"
GIVE_UP_SECONDS = 24 * 3600.0  # no gateway took it


class GroupRobot:
    """The sender. ``names``: the robots that the operator has set up."""

    route = Route.ROBOT
    repeatable = True

    def __init__(self, engine: Engine, keys: Keys, names: Collection[str]) -> None:
        self._engine = engine
        self._keys = keys
        self._names = frozenset(names)

    def plan(
        self, connection: Connection, campaign: Campaign, wave: int, now: float
    ) -> Sequence[tuple[str, str, int]]:
        """Return one job for each robot that the campaign names. Groups are not compared: the first variant."""
        return [(campaign.variants[0].key, name, 0) for name in dict.fromkeys(campaign.robots)]

    def starting(self, connection: Connection, campaign: Campaign, job: Job, now: float) -> str:
        """Put the message into the outbox."""
        if job.target not in self._names:
            return "no such robot"
        met = people.meet(connection, self._keys, *_addressed(self._keys, job.target), now)
        reply = _notice(campaign.title, _variant(campaign, job).texts)
        until = quiet.next_start(campaign.quiet_hours, now)
        posting.add_once(connection, self._keys, met.id, reply, now, job.key, until)
        return ""

    async def send(self, campaign: Campaign, texts: Texts, job: Job, now: float) -> Result:
        """Return how the message in the outbox stands: the gateway sends it."""
        return await self.look(campaign, job, now)

    async def look(self, campaign: Campaign, job: Job, now: float) -> Result:
        """Return how the message in the outbox stands."""
        wanted = select(outgoing.c.id, outgoing.c.state, outgoing.c.cause).where(outgoing.c.key == job.key)
        with reading(self._engine).connect() as connection:
            row = connection.execute(wanted).first()
        if row is None:
            return Result(JobState.UNKNOWN, cause="no trace")
        states = {
            Letter.SENT: JobState.SENT,
            Letter.DEAD: JobState.FAILED,
            Letter.UNKNOWN: JobState.UNKNOWN,
        }
        state = states.get(Letter(row.state), JobState.SENDING)
        if state is JobState.SENDING and now > (job.started_at or now) + GIVE_UP_SECONDS:
            with self._engine.begin() as connection:
                if posting.take_back(connection, [row.id], now, "no answer"):
                    return Result(JobState.FAILED, cause="no gateway took it")
        return Result(state, cause=row.cause, after=LOOK_SECONDS)

    async def stop(self, campaign: Campaign, job: Job, now: float) -> None:
        """Take the message back, if it is surely not on its way."""
        if job.state in FINAL:
            return
        with self._engine.begin() as connection:
            found = connection.scalars(select(outgoing.c.id).where(outgoing.c.key == job.key)).all()
            back = posting.take_back(connection, found, now, "stopped")
        result = await self.look(campaign, job, now)
        if back:
            ending.end(self._engine, job, JobState.STOPPED, "stopped", now)
        elif result.state in FINAL:
            ending.end(self._engine, job, result.state, result.cause, now)
        else:
            ending.end(self._engine, job, JobState.UNKNOWN, ending.ON_ITS_WAY, now)

    def faults(self, connection: Connection, campaign: Campaign, now: float) -> Sequence[str]:
        """Return what is missing: robots, or the words for them."""
        if not campaign.robots:
            return ["robots_not_named"]
        if not set(campaign.robots) <= self._names:
            return ["robot_unknown"]
        return [] if campaign.variants[0].texts.robot else ["robot_text_missing"]

    async def preview(self, campaign: Campaign, texts: Texts, to: str) -> Result:
        """Let the robot ``to`` tell its group, which reads along: never one that the campaign is meant for."""
        if to not in self._names:
            return Result(JobState.FAILED, cause="no such robot")
        if to in campaign.robots:
            return Result(JobState.FAILED, cause=IN_USE)
        await asyncio.to_thread(self._post, to, _notice(campaign.title, texts))
        return Result(JobState.SENT)

    def _post(self, name: str, reply: Reply) -> None:
        now = time.time()
        with self._engine.begin() as connection:
            met = people.meet(connection, self._keys, *_addressed(self._keys, name), now)
            posting.add_once(connection, self._keys, met.id, reply, now, secrets.token_hex(16))


def _addressed(keys: Keys, robot: str) -> tuple[Inbound, Owner]:
    """Return how a robot is known: its name is account and address."""
    return Inbound(CHANNEL, robot, account=robot), keys.owner(CHANNEL, robot, robot)


def _notice(title: str, texts: Texts) -> Reply:
    """Return the message as the robots' channel reads it back (``channels/robots/robot.py``, ``notice_of``)."""
    card = {"kind": "notice", "title": title, "markdown": bool(texts.robot)}
    return Reply(texts.robot or texts.message, card=card)


def _variant(campaign: Campaign, job: Job) -> Variant:
    return next((one for one in campaign.variants if one.key == job.variant), campaign.variants[0])
