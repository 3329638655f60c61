"""What an account may do, by its kind, and the customer-service windows (platform-rules 1.5, since 2023-06-12)."""

from __future__ import annotations

from dataclasses import dataclass

from channels.base import Capabilities, Push, Window

PASSIVE_SECONDS = 4.0  # WeChat hangs up after 5, the way there and back included
REPEATS = 2  # three deliveries in all, at 0, 5 and 10 s
TEXT_BYTES = 2048  # of a passive reply and of a customer-service text
# A little less than WeChat grants, because its clock started before ours.
MESSAGE = Window("message", 5, 48 * 3600 - 60)
CLICK = Window("click", 3, 55)
SUBSCRIBE = Window("subscribe", 3, 55)
SCAN = Window("scan", 3, 55)


@dataclass(frozen=True, slots=True)
class Mode:
    """``pushes``: customer-service messages; ``codes``: QR codes with a scene; ``links``: menu buttons with a link."""

    pushes: bool
    codes: bool
    links: bool

    def capabilities(self) -> Capabilities:
        """Return what the gateway may expect."""
        return Capabilities(
            push=Push.WINDOW if self.pushes else Push.NEVER,
            passive_seconds=PASSIVE_SECONDS,
            passive_messages=1,
            text_bytes=TEXT_BYTES,
            repeats=REPEATS,
            merges=self.pushes,
            pictures=True,
        )


# service: verified 服务号; subscription: verified 公众号 (the former 订阅号); unverified: anything else.
MODES = {
    "service": Mode(pushes=True, codes=True, links=True),
    "subscription": Mode(pushes=True, codes=False, links=True),
    "unverified": Mode(pushes=False, codes=False, links=False),
}
