"""The whole examination."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from channels.doctor import configured, kept, reached, telegram, wechat
from channels.doctor.finding import Finding, Level, error
from channels.settings import Settings

Look = Callable[[Settings], Iterator[Finding]]
LOOKS: tuple[Look, ...] = (configured.look, kept.look, reached.look, wechat.look, telegram.look)


def examine(
    env_file: Path | None, more: Look | None = None, looks: tuple[Look, ...] = LOOKS
) -> list[Finding]:
    """Return all findings; ``more`` looks at what other rooms know. Nothing is changed by it."""
    # httpx tells every address it calls, and tokens are part of some.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings, found = configured.read(env_file)
    if settings is None:
        return found
    for look in (*looks, *((more,) if more else ())):
        try:
            found.extend(look(settings))
        except Exception as fault:  # one broken look must not hide the others; its message may hold a secret
            found.append(
                error(f"check {look.__module__}", f"broke with {type(fault).__name__}", "please report it")
            )
    return found


def healthy(found: list[Finding]) -> bool:
    """Return False when there is an error among the findings."""
    return all(one.level is not Level.ERROR for one in found)
