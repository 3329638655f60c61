"""What came along with a message, as words. Pictures are fetched from the platform, read and kept nowhere."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from channels.base import Channel, GiveUp, Inbound, Refuse, Reply, Retry
from channels.keys import Owner
from channels.metrics import Metrics
from channels.pictures.reader import ReadCode, Reading
from channels.privacy import Vault
from channels.sight import MOST_FROM_PICTURE, Seen, Sight
from channels.threads import Threads
from channels.wording import Wording

PICTURE = "picture"
log = logging.getLogger("fanzha.media")


@dataclass(frozen=True, slots=True)
class Eyes:
    """Reads what a platform's message refers to."""

    sight: Sight
    vault: Vault
    threads: Threads
    metrics: Metrics
    wording: Wording

    async def look(self, channel: Channel, message: Inbound, owner: Owner) -> Seen:
        """Return the masked words, and what the person is told; never raises for what people or platforms do."""
        pictures = [one for one in message.media if one.kind == PICTURE]
        if not pictures:
            return Seen(None, (Reply(self._unreadable(message)),))
        more = (Reply(self.wording.error("one_picture_only")),) if len(pictures) > 1 else ()
        try:
            seen = await self.sight.see(await channel.fetch(pictures[0]), MOST_FROM_PICTURE)
        except Refuse as refuse:
            self.metrics.refusals.labels(refuse.code).inc()
            return Seen(None, (Reply(self.wording.error(refuse.code)), *more))
        except (Retry, GiveUp) as error:
            log.warning("a picture could not be fetched: channel=%s %s", channel.name, type(error).__name__)
            return Seen(None, (Reply(self._unreadable(message)),), down=True)
        if seen.reading is None:
            return Seen(None, (*seen.replies, *more), down=seen.down)
        masked = await self.threads.run(self._masked, seen.reading, owner)
        return Seen(masked, (self.sight.told(masked), *more))

    def _masked(self, reading: Reading, owner: Owner) -> Reading:
        codes = [
            ReadCode(self.vault.mask(owner, code.text), code.kind, self.vault.mask(owner, code.note))
            for code in reading.codes
        ]
        return Reading(self.vault.mask(owner, reading.text), tuple(codes), reading.whole)

    def _unreadable(self, message: Inbound) -> str:
        sentences = self.wording.unreadable
        kind = message.media[0].kind if message.media else "other"
        return sentences.get(kind, sentences["other"])
