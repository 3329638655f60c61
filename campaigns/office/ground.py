"""What the office stands on, and how it is made from the settings."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from sqlalchemy import Engine

from campaigns import context, outfit
from campaigns.calendar.days import CHINA
from campaigns.context import Context
from campaigns.outfit import Outfit
from campaigns.planning import LIVE
from campaigns.runner import Desk, Runner
from campaigns.senders import Senders
from campaigns.store import Store
from channels.keys import Keys, load_keys
from channels.operators import Operators, load_campaign_operators
from channels.settings import Settings


@dataclass(frozen=True, slots=True)
class Ground:
    """What there is to work with. ``senders``: made of the outfit."""

    engine: Engine
    keys: Keys
    outfit: Outfit
    senders: Senders
    clock: Callable[[], float] = field(default=time.time)

    @property
    def store(self) -> Store:
        """Return the documents and their log."""
        return Store(self.engine)

    @property
    def runner(self) -> Runner:
        """Return what pauses and stops; whoever sends is another process (``campaigns/service.py``)."""
        letters = self.outfit.letters
        desk = Desk(
            self.engine, self.keys, self.store, self.senders, lambda _: (), lambda _: 0, self.clock, letters
        )
        return Runner(desk)

    def context(self, now: float) -> Context:
        """Return the world as the lint must know it. Raises ``ContentError``."""
        others = [stored.campaign for stored in self.store.all(*LIVE)]
        moment = dt.datetime.fromtimestamp(now, CHINA)
        notices = self.outfit.template is not None
        return context.load(moment, self.outfit.wechat, notices, self.outfit.robots, others)


def build(settings: Settings, engine: Engine, client: httpx.AsyncClient) -> tuple[Ground, Operators]:
    """Return the ground, and who may walk on it. Raises ``SettingsError``."""
    found = outfit.load(settings, client)
    keys = load_keys(settings.vault_key, settings.data_dir)
    ground = Ground(engine, keys, found, found.senders(engine, keys, settings.data_dir))
    return ground, load_campaign_operators(settings.campaign_operators)
