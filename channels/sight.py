"""A picture as the gateway needs it: the words to judge, and what the person is told about them."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass, field

from channels.base import Refuse, Reply
from channels.metrics import Metrics
from channels.pictures.reader import PicturesDown, Reading, Reads
from channels.wording import Wording

MOST_FROM_PICTURE = 5_000  # characters in a conversation: as much as may be typed
REPEATED = 120  # characters of the words that are told again in channels without cards
log = logging.getLogger("fanzha.pictures")


@dataclass(frozen=True, slots=True)
class Seen:
    """``reading`` is None when there is nothing to judge; ``down`` when that is our fault."""

    reading: Reading | None = field(repr=False)
    replies: tuple[Reply, ...]
    down: bool = False


class Sight:
    """Reads pictures through ``reader``; keeps none of them."""

    def __init__(self, reader: Reads, wording: Wording, metrics: Metrics) -> None:
        self._reader = reader
        self._wording = wording
        self._metrics = metrics

    async def read(self, picture: bytes, most: int) -> Reading:
        """Return at most ``most`` characters of what stands in the picture; ``text`` is empty without words.

        Raises ``Refuse`` and ``PicturesDown``.
        """
        started = time.perf_counter()
        outcome = "down"
        try:
            reading = await self._reader.read(picture)
            text = reading.text if any(char.isalnum() for char in reading.text) else ""
            outcome = "read" if text else "nothing"
        except Refuse:
            outcome = "refused"
            raise
        finally:
            self._metrics.pictures.labels(outcome).inc()
            self._metrics.picture_seconds.observe(time.perf_counter() - started)
        return Reading(text[:most], reading.codes, reading.whole and len(text) <= most)

    async def see(self, picture: bytes, most: int) -> Seen:
        """Return what a conversation needs of the picture. Raises ``Refuse``."""
        try:
            reading = await self.read(picture, most)
        except PicturesDown as error:
            log.error("pictures cannot be read: %s", error.cause)
            return Seen(None, (Reply(self._wording.error("pictures_down")),), down=True)
        if not reading.text:
            return Seen(None, (Reply(self._wording.pictures["nothing"]),))
        return Seen(reading, (self.told(reading),))

    def told(self, reading: Reading) -> Reply:
        """Return what the person is told about a picture, so that a wrong letter is noticed."""
        words = self._wording.pictures
        short = reading.text if len(reading.text) <= REPEATED else f"{reading.text[:REPEATED]}…"
        notes = [code.note for code in reading.codes]
        cut = [] if reading.whole else [words["cut"]]
        card = {
            "kind": "picture",
            "text": reading.text,
            "codes": [asdict(code) for code in reading.codes],
            "notice": "".join(cut),
        }
        return Reply("\n".join([words["read"].format(text=short), *notes, *cut]), card=card)
