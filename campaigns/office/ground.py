"""What the office stands on, and how it is made from the settings."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from sqlalchemy import Engine

from campaigns import context
from campaigns.calendar.days import CHINA
from campaigns.context import Account, Context
from campaigns.delivery.build import Means, senders
from campaigns.pictures import files
from campaigns.runner import Desk, Runner
from campaigns.senders import Senders
from campaigns.states import State
from campaigns.store import Store
from channels import registry
from channels.broadcast import Broadcaster
from channels.keys import Keys, load_keys
from channels.operators import Operators, load_campaign_operators
from channels.settings import Settings

LIVE = (State.SCHEDULED, State.SENDING, State.PAUSED)


@dataclass(frozen=True, slots=True)
class Ground:
    """What there is to work with. ``account``: of WeChat, None without one; ``notices``: a notice template is set up."""

    engine: Engine
    keys: Keys
    senders: Senders
    account: Broadcaster | None = None
    notices: bool = False
    robots: frozenset[str] = frozenset()
    clock: Callable[[], float] = field(default=time.time)

    @property
    def store(self) -> Store:
        """Return the documents and their log."""
        return Store(self.engine)

    @property
    def runner(self) -> Runner:
        """Return what pauses and stops; whoever sends is another process."""
        return Runner(
            Desk(self.engine, self.keys, self.store, self.senders, lambda _: (), lambda _: 0, self.clock)
        )

    def context(self, now: float) -> Context:
        """Return the world as the lint must know it. Raises ``ContentError``."""
        kind: Account = "" if self.account is None else self.account.kind
        others = [stored.campaign for stored in self.store.all(*LIVE)]
        moment = dt.datetime.fromtimestamp(now, CHINA)
        return context.load(moment, kind, self.notices, self.robots, others)


def build(settings: Settings, engine: Engine, client: httpx.AsyncClient) -> tuple[Ground, Operators]:
    """Return the ground, and who may walk on it. Raises ``SettingsError``."""
    account = registry.build_broadcaster(settings, client)
    robots = registry.robot_names(settings, client)
    keys = load_keys(settings.vault_key, settings.data_dir)
    means = Means(engine, keys, settings.data_dir, account, files.cover, robots=robots)
    ground = Ground(engine, keys, senders(means), account, False, robots)
    return ground, load_campaign_operators(settings.campaign_operators)
