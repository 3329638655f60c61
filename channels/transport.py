"""What an httpx failure says about a push: did the platform surely not get it, or may it have?"""

from __future__ import annotations

import httpx

from channels.base import Delivery, Outcome

# Raised before a byte of the request was written.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def failed(error: httpx.HTTPError) -> Delivery:
    """Return ``retry`` when the connection was never made, ``unknown`` for everything that came later."""
    if isinstance(error, NEVER_SENT):
        return Delivery(Outcome.RETRY, "no connection")
    return Delivery(Outcome.UNKNOWN, "timeout" if isinstance(error, httpx.TimeoutException) else "line broke")
