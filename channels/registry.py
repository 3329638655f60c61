"""Which channels there are. The gateway asks here and knows none of them by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import httpx
from sqlalchemy import Engine

from channels.base import Channel, OurBug
from channels.broadcast import Broadcaster
from channels.rates import Rates
from channels.settings import Settings
from channels.wording import Wording

if TYPE_CHECKING:
    from fastapi import APIRouter

# Each has build(settings, client) -> Channel | None.
ADAPTERS = (
    "channels.web",
    "channels.web.widget",
    "channels.wechat",
    "channels.wecom",
    "channels.dingtalk",
    "channels.telegram",
)
SINKS = (
    "channels.robots",
)  # built the same way; they only send, so there is no webhook to hold to the contract

ROBOTS = "channels.robots.roster"  # has load_robots(settings, client) -> robots by name
BROADCASTS = "channels.wechat.broadcast"  # has build_broadcaster(settings, client) -> Broadcaster | None


# Other rooms' addresses; the gateway serves them, and imports no room above it. Each has
# build_annex(grounds) -> Annex | None.
ANNEXES = ("campaigns.api",)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an annex of the gateway is built on."""

    settings: Settings
    engine: Engine
    client: httpx.AsyncClient
    rates: Rates
    wording: Wording


@dataclass(frozen=True, slots=True)
class Annex:
    """Routes of another room. Below ``prefix`` a body may have up to ``most_body`` bytes."""

    router: APIRouter
    prefix: str
    most_body: int


def build_channels(
    settings: Settings, client: httpx.AsyncClient, adapters: Sequence[str] = (*ADAPTERS, *SINKS)
) -> tuple[Channel, ...]:
    """Return the channels that ``settings`` switch on; ``client`` is for their calls to their platforms.

    Raises ``OurBug`` when two want the same path or name, and ``SettingsError`` when one is half configured.
    """
    built = [import_module(name).build(settings, client) for name in adapters]
    channels: tuple[Channel, ...] = tuple(channel for channel in built if channel is not None)
    for values in ([c.path for c in channels if c.path], [c.name for c in channels]):
        if len(set(values)) != len(values):
            raise OurBug("two channels want the same path or name")
    return channels


def build_broadcaster(settings: Settings, client: httpx.AsyncClient) -> Broadcaster | None:
    """Return the account that can speak to many at once, None when there is none. Raises ``SettingsError``."""
    built: Broadcaster | None = import_module(BROADCASTS).build_broadcaster(settings, client)
    return built


def robot_names(settings: Settings, client: httpx.AsyncClient) -> tuple[str, ...]:
    """Return the names of the group robots that are set up. Raises ``SettingsError``."""
    return tuple(import_module(ROBOTS).load_robots(settings, client))


def build_annexes(grounds: Grounds, annexes: Sequence[str] = ANNEXES) -> tuple[Annex, ...]:
    """Return what other rooms add to the gateway and what ``grounds`` switch on. Raises ``SettingsError``."""
    built = [import_module(name).build_annex(grounds) for name in annexes]
    return tuple(annex for annex in built if annex is not None)
