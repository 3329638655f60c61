"""Assess texts in threads, each masked text only once: a viral message is pasted by many people."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from cachetools import LRUCache

from bot.assessment.model import Assessment
from bot.assessment.placeholders import mask
from channels.base import Refuse
from channels.positions import put_back

MOST_CACHED = 2000  # assessments, about 10 KB each with their JSON
LONGEST_CACHED = 4000  # characters; longer texts are seldom pasted twice and would crowd out the others
MOST_QUEUED = 200  # texts waiting; at 60 a second this is over three seconds of work


class Assessing(Protocol):
    """Whoever judges a text; ``bot.assessment.assessor.Assessor`` in production."""

    def assess(self, text: str) -> Assessment:
        """Return the judgement of ``text``."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An assessment, the same as JSON, and whether it was known already."""

    assessment: Assessment
    json: bytes
    known: bool = False


class Checks:
    """Runs the assessor in a pool of as many threads as the machine has cores. It sees masked texts only."""

    def __init__(self, assessor: Assessing) -> None:
        self._assessor = assessor
        self._pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="assess")
        self._cache: LRUCache[str, Checked] = LRUCache(MOST_CACHED)
        self._lock = threading.Lock()
        self._queued = 0

    async def check(self, text: str) -> Checked:
        """Return the assessment, with quotes and positions in ``text`` itself. Raises ``Refuse``."""
        if self._queued >= MOST_QUEUED:
            raise Refuse("busy", 429, retry_after=5)
        self._queued += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self.check_now, text)
        finally:
            self._queued -= 1

    def check_now(self, text: str) -> Checked:
        """Like ``check``, in this thread."""
        masked = mask(text)
        with self._lock:
            found = self._cache.get(masked.text)
        if found is None:
            assessment = self._assessor.assess(masked.text)
            found = Checked(assessment, _json(assessment))
            if len(masked.text) <= LONGEST_CACHED:
                with self._lock:
                    self._cache[masked.text] = Checked(found.assessment, found.json, known=True)
        if not masked.originals:
            return found
        own = put_back(found.assessment, text, masked.text)
        return Checked(own, _json(own), found.known)

    def close(self) -> None:
        """Wait for running work, drop the rest."""
        self._pool.shutdown(cancel_futures=True)


def load_assessor() -> Assessing:
    """Return the real assessor: encoder, index and bulletins in memory. Slow (about a second)."""
    # Imported here because it pulls in numpy and FAISS, which tests with their own assessor do without.
    from bot.assessment.assessor import Assessor

    return Assessor.load()


def _json(assessment: Assessment) -> bytes:
    return json.dumps(assessment.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()
