"""Who sent a WeCom callback, and its encryption: as WeChat's safe mode, but always on, and the corp id as receiver.

Everything is signed with its encrypted text (platform-rules 4.1), the check of our address too, whose echo is to be
decrypted.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from channels.base import Forged, Hook, HookAnswer
from channels.wechat import fence
from channels.wechat.envelope import compare, fresh, opened, sealed_answer, signature
from channels.wechat.fence import Fields

MOST_ECHO = 1024  # characters of the encrypted echo


class Envelope:
    """Checks, opens and seals for one app."""

    def __init__(self, token: str, corp_id: str, key: bytes, clock: Callable[[], float] = time.time) -> None:
        if not token:
            raise ValueError("an empty token lets everybody in")
        self._token = token
        self._corp_id = corp_id
        self._key = key
        self._clock = clock

    def greet(self, hook: Hook) -> HookAnswer:
        """Return the decrypted echo. Raises ``Forged``."""
        echo = hook.query.get("echostr", "")
        if not echo or len(echo) > MOST_ECHO:
            raise Forged("not WeCom's echo")
        self._check(hook, echo)
        return HookAnswer(opened(self._key, self._corp_id, echo).encode(), "text/plain")

    def check(self, hook: Hook) -> None:
        """Raise ``Forged`` unless ``hook`` is WeCom's, and ``Refuse`` for what is no XML."""
        # The time is looked at first: it costs nothing, and whoever guesses gets no XML read.
        fresh(hook, self._clock())
        sealed = fence.read(hook.body).get("Encrypt")
        if not sealed:
            raise Forged("not encrypted")
        self._check(hook, sealed)

    def open(self, hook: Hook) -> Fields:
        """Return the fields of a checked hook. Raises ``Forged`` and ``Refuse``."""
        sealed = fence.read(hook.body).get("Encrypt")
        return fence.read_text(opened(self._key, self._corp_id, sealed))

    def seal(self, xml: str) -> str:
        """Return ``xml`` as the body of an answer."""
        return sealed_answer(self._key, self._corp_id, self._token, xml, self._clock())

    def _check(self, hook: Hook, sealed: str) -> None:
        timestamp, nonce = fresh(hook, self._clock()), hook.query.get("nonce", "")
        given = hook.query.get("msg_signature", "")
        compare(given, signature(self._token, timestamp, nonce, sealed))
