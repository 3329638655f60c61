"""WeChat's error codes: what each means for us, read from ``errors.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from channels.base import ChannelError, Delivery, Outcome

PATH = Path(__file__).with_name("errors.yml")


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of the table; its fields are explained there."""

    do: str
    cause: str
    after: float = 0.0
    pause: float = 0.0
    gone: bool = False
    stop: bool = False
    tell: str = ""

    def delivery(self) -> Delivery:
        """Return what this means for a message that was to be sent."""
        return Delivery(OUTCOMES[self.do], self.cause, self.after, self.gone, self.pause)


OUTCOMES = {
    "sent": Outcome.SENT,
    "retry": Outcome.RETRY,
    "token": Outcome.RETRY,
    "hold": Outcome.HOLD,
    "reject": Outcome.REJECTED,
}
UNKNOWN = Meaning(
    "reject", "refused"
)  # WeChat said no, and a code that is not in the table helps nobody to retry
Table = Mapping[int, Meaning]


class ApiError(ChannelError):
    """WeChat answered with an error code; its message, which may name a person, is not kept.

    ``number``: of the mass message that it names (45065), else empty.
    """

    def __init__(self, code: int, number: str = "") -> None:
        super().__init__(f"WeChat answered {code}")
        self.code = code
        self.number = number


class NoToken(ChannelError):
    """No access token could be had, so nothing was sent; ``code`` is WeChat's, 0 when it did not answer."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(f"no access token: {code or 'no answer'}")
        self.code = code


class BadAnswer(ChannelError):
    """WeChat's answer cannot be read; ``status`` is HTTP's."""

    def __init__(self, status: int) -> None:
        super().__init__(f"an answer that cannot be read, status {status}")
        self.status = status


def load_table(path: Path = PATH) -> Table:
    """Return the table in ``path``."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {int(code): Meaning(**row) for code, row in data.items()}
