"""What inbox and outbox tell each other about a stored message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """A stored message: its ids, whether it was new, how often it has come by now, whether it is answered.

    ``carrier`` names the request that brought it this time.
    """

    inbox_id: int
    person_id: int
    fresh: bool
    deliveries: int
    done: bool
    carrier: str = ""
