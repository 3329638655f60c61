"""Which channels there are. The gateway asks here and knows none of them by name."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from channels.base import Channel, OurBug

ADAPTERS = ("channels.web", "channels.web.pictures")  # each has build() -> Channel


def build_channels(adapters: Sequence[str] = ADAPTERS) -> tuple[Channel, ...]:
    """Return one channel for each module name. Raises ``OurBug`` when two want the same path."""
    channels: tuple[Channel, ...] = tuple(import_module(name).build() for name in adapters)
    if len({channel.path for channel in channels}) != len(channels):
        raise OurBug("two channels want the same path")
    return channels
