"""The group robots as a channel that only sends: the outbox knows each by its name, as account and as address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from channels.base import (
    Asset,
    Capabilities,
    Contract,
    Delivery,
    Forged,
    GiveUp,
    Hook,
    HookAnswer,
    Inbound,
    Media,
    Outcome,
    Outgoing,
    Push,
    Reply,
    Take,
    Turn,
)
from channels.robots.robot import SECONDS, Robot, notice_of
from channels.robots.roster import load_robots
from channels.settings import Settings

NAME = "robots"
PACE = ((20, 60.0),)  # of each robot, on both platforms; DingTalk takes nothing for ten minutes after more


class RobotChannel:
    """All group robots."""

    name = NAME
    path = ""
    contract = Contract()
    capabilities = Capabilities(push=Push.ALWAYS, merges=False, pace=PACE)

    def __init__(self, robots: Mapping[str, Robot]) -> None:
        self.robots = robots

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Have the robot of that name say the text."""
        robot = self.robots.get(outgoing.address)
        if robot is None:
            return Delivery(Outcome.REJECTED, "no such robot")
        return await robot.send(notice_of(outgoing.reply))

    def split(self, turn: Turn) -> Sequence[Reply]:
        """Return the replies as they are: ``post`` has cut them."""
        return turn.replies

    def greet(self, hook: Hook) -> HookAnswer | None:
        """Return None: nobody calls robots."""
        return None

    def verify(self, hook: Hook) -> None:
        """Raise ``Forged``: nobody calls robots."""
        raise Forged("robots are not written to")

    def parse(self, hook: Hook) -> Sequence[Inbound]:
        """Return nothing."""
        return ()

    def answer(self, hook: Hook, turn: Turn) -> HookAnswer:
        """Return an empty answer."""
        return HookAnswer(b"", "text/plain")

    async def fetch(self, media: Media) -> bytes:
        """Raise ``GiveUp``."""
        raise GiveUp("robots receive nothing")

    async def run(self, take: Take) -> None:
        """Return at once."""

    def quota(self) -> Mapping[str, float]:
        """Return nothing: what is counted is counted per robot, in the outbox."""
        return {}

    def assets(self) -> Sequence[Asset]:
        """Return nothing."""
        return ()


def build(settings: Settings, client: httpx.AsyncClient, seconds: float = SECONDS) -> RobotChannel | None:
    """Return the channel, None without robots. Raises ``SettingsError``."""
    robots = load_robots(settings, client, seconds)
    return RobotChannel(robots) if robots else None
