r"""DingTalk's signature: the same for its callbacks (key: the app secret) and for group robots (key: their secret).

base64(HMAC-SHA256(secret, "<milliseconds>\n<secret>")), platform-rules 4.2. It proves that somebody who knows the
secret was there at that time; the body is not covered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from channels.base import Forged, Hook

# DingTalk allows an hour. Since a signature fits any body, whoever sees one could write in anybody's name for so long;
# five minutes are what the other platforms' callbacks are given, and more than a clock that is kept by NTP needs.
TOLERANCE_SECONDS = 300.0


def sign(secret: str, milliseconds: str) -> str:
    """Return the signature in base64."""
    signed = f"{milliseconds}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def check(hook: Hook, secret: str, now: float) -> None:
    """Raise ``Forged`` unless the headers ``timestamp`` and ``sign`` were made with ``secret``, near ``now``."""
    milliseconds = hook.headers.get("timestamp", "")
    if not (milliseconds.isascii() and milliseconds.isdigit() and len(milliseconds) <= 14):
        raise Forged("no timestamp")
    if abs(now - int(milliseconds) / 1000) > TOLERANCE_SECONDS:
        raise Forged("too old, or our clock is wrong")
    given = hook.headers.get("sign", "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, sign(secret, milliseconds).encode()):
        raise Forged("wrong signature")
