"""What an hour of steady load says of memory and of messages."""

from __future__ import annotations

from bench.soak import LOOKS, Outcome
from tests.fakes.wechat.book import Balance


def outcome(gateway_end: float, **counts: int) -> Outcome:
    looks = [{"gateway": 300.0, "postgres": 20.0} for _ in range(LOOKS + 1)]
    looks[-1] = {"gateway": gateway_end, "postgres": 24.0}
    return Outcome(Balance(sent=10, passive=10, **counts), looks, 60.0, 2.0, 0.5)


def test_growth_in_the_second_half_is_named_and_not_good() -> None:
    assert outcome(309.0).good, "three of a hundred, and five MB of a small part, are noise"
    leaking = outcome(310.0)
    assert leaking.grew() == ["gateway"] and not leaking.good
    page = leaking.section().markdown()
    assert "| gateway | 300 | 300 | 300 | 300 | 300 | 300 | 310 | +10.0 |" in page and "**no**" in page


def test_a_lost_message_is_not_good() -> None:
    assert not outcome(300.0, lost=1).good
    assert not outcome(300.0, told=1).good
