"""What people get while the dialogue engine is down: a short judgement made here, and who to call."""

from __future__ import annotations

import asyncio
import logging

from channels.base import Refuse, Reply
from channels.checks import Checks
from channels.wording import Wording

LONGEST_WAIT_SECONDS = 1.0  # the dialogue's time limit has often passed already; people are waiting
log = logging.getLogger("fanzha.fallback")


class Fallback:
    """Answers without the dialogue engine. ``checks`` is None while the index is not loaded."""

    def __init__(self, wording: Wording, checks: Checks | None) -> None:
        self._wording = wording
        self.checks = checks

    async def answer(self, text: str | None) -> tuple[Reply, ...]:
        """Return the fallback for ``text``, or for a pressed button (None). Never fails."""
        verdict = await self._verdict(text)
        if verdict is None:
            return (Reply(f"{self._wording.fallback_payload}\n{self._wording.hotlines}"),)
        line = self._wording.verdict_lines[verdict]
        return (Reply(f"{self._wording.fallback_text}\n{line}\n{self._wording.hotlines}"),)

    async def _verdict(self, text: str | None) -> str | None:
        if text is None or self.checks is None:
            return None
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                return str((await self.checks.check(text)).assessment.verdict)
        except (TimeoutError, Refuse):
            return None
        except Exception as error:  # the hotlines must go out whatever is broken
            log.error("fallback: the assessor failed with %s", type(error).__name__)
            return None
