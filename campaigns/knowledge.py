"""What forbids a campaign that is under way, by the knowledge as it stands on the disk at this moment.

The worker lives for weeks. A bulletin that is taken away or marked as unverified in the meantime must stop the campaign
that tells of it, so the files are looked at every half minute and read again when one of them has changed.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from campaigns import context, lint
from campaigns.calendar.days import CHINA
from campaigns.document import Campaign
from campaigns.outfit import Outfit
from knowledge_base import contacts, content, facts, shelf

LOOK_SECONDS = 30.0
CACHED = (shelf.load, contacts.load, facts.load)
log = logging.getLogger("fanzha.campaigns")
State = tuple[tuple[str, int, int], ...]


class Knowledge:
    """The check of ``campaigns/runner.py``. Files that cannot be read leave the last good state in force."""

    def __init__(
        self, outfit: Outfit, clock: Callable[[], float] = time.time, root: Path = content.ROOT
    ) -> None:
        """Raises ``ContentError`` when the files are broken from the start."""
        self._outfit = outfit
        self._clock = clock
        self._root = root
        self._state = _state(root)
        self._looked = time.monotonic()
        self._context = self._load()

    def check(self, campaign: Campaign) -> Sequence[str]:
        """Return the codes of what must stop ``campaign``, none when it may go on."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self.look()
        return [one.code for one in lint.check_running(campaign, self._context)]

    def look(self) -> None:
        """Read the knowledge again if a file has changed."""
        self._looked = time.monotonic()
        try:
            state = _state(self._root)
            if state == self._state:
                return
            for load in CACHED:
                load.cache_clear()
            self._context = self._load()
        except (
            content.ContentError,
            OSError,
        ) as error:  # somebody is writing at this moment, or has made a mistake
            log.error(
                "campaigns: the knowledge cannot be read (%s); what was read before counts",
                type(error).__name__,
            )
            return
        self._state = state

    def _load(self) -> context.Context:
        now = dt.datetime.fromtimestamp(self._clock(), CHINA)
        outfit = self._outfit
        return context.load(now, outfit.wechat, outfit.template is not None, outfit.robots)


def _state(root: Path) -> State:
    """Return name, size and time of change of every file that a check depends on."""
    files = [*shelf.content_files(root), *sorted(root.glob("*.yml"))]
    found = []
    for path in files:
        stat = path.stat()
        found.append((str(path), stat.st_size, stat.st_mtime_ns))
    return tuple(found)
