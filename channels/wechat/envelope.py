"""Who sent a callback, and its encryption: signatures, time, AES, our app id.

Signature and format are WeChat's (platform-rules 1.1): SHA-1 over the sorted token, timestamp, nonce and, in safe mode,
the encrypted text. The signature of plain mode does not cover the body, therefore plain mode must be allowed explicitly.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
import time
from collections.abc import Callable

from wechatpy.crypto import PrpCrypto
from wechatpy.exceptions import WeChatException

from channels.base import Forged, Hook, HookAnswer
from channels.wechat import fence
from channels.wechat.fence import Fields

TOLERANCE_SECONDS = 300.0  # as Stripe's; WeChat repeats a message for 15 s
KEY_CHARACTERS = 43
OUTER, INNER = "outer", "inner"  # names in ``Hook.opened``
SEALED = """<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>\
<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"""


def signature(*parts: str) -> str:
    """Return WeChat's signature of ``parts``."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def key_of(aes_key: str) -> bytes:
    """Return the 32 bytes of the 43-character EncodingAESKey. Raises ``ValueError``."""
    if len(aes_key) != KEY_CHARACTERS or not aes_key.isalnum() or not aes_key.isascii():
        raise ValueError("an EncodingAESKey has 43 letters and digits")
    return base64.b64decode(aes_key + "=")


class Envelope:
    """Checks, opens and seals. ``key`` None: plain mode, explicitly allowed."""

    def __init__(
        self, token: str, app_id: str, key: bytes | None, clock: Callable[[], float] = time.time
    ) -> None:
        if not token:
            raise ValueError("an empty token lets everybody in")
        self._token = token
        self._app_id = app_id
        self._key = key
        self._clock = clock

    def greet(self, hook: Hook) -> HookAnswer:
        """Return the answer to WeChat's check of our address. Raises ``Forged``."""
        self._check_query(hook)
        echo = hook.query.get("echostr", "")
        if len(echo) > 256 or not echo.isascii() or not echo.isprintable():
            raise Forged("not WeChat's echo")
        return HookAnswer(echo.encode(), "text/plain")

    def check(self, hook: Hook) -> None:
        """Raise ``Forged`` unless ``hook`` is WeChat's, and ``Refuse`` for what is no XML."""
        self._check_query(hook)
        if self._key is None:
            return
        sealed = self._outer(hook).get("Encrypt")
        query = hook.query
        given = query.get("msg_signature", "")
        if query.get("encrypt_type") != "aes" or not sealed or not given:
            raise Forged("not encrypted, and plain mode is not allowed")
        self._compare(given, query["timestamp"], query["nonce"], sealed)

    def open(self, hook: Hook) -> Fields:
        """Return the fields of a checked hook; in compatible mode only the encrypted ones count.

        Raises ``Forged`` when it was not made for our account, and ``Refuse`` when it holds no XML.
        """
        found = hook.opened.get(INNER)
        if isinstance(found, Fields):
            return found
        outer = self._outer(hook)
        if self._key is not None:
            outer = fence.read_text(opened(self._key, self._app_id, outer.get("Encrypt")))
        hook.opened[INNER] = outer
        return outer

    def seal(self, xml: str) -> str:
        """Return ``xml`` as the body of an answer."""
        if self._key is None:
            return xml
        return sealed_answer(self._key, self._app_id, self._token, xml, self._clock())

    def _outer(self, hook: Hook) -> Fields:
        """Return the fields of the body as it came. Raises ``Refuse``."""
        found = hook.opened.get(OUTER)
        if not isinstance(found, Fields):
            found = hook.opened[OUTER] = fence.read(hook.body)
        return found

    def _check_query(self, hook: Hook) -> None:
        timestamp = fresh(hook, self._clock())
        self._compare(hook.query.get("signature", ""), timestamp, hook.query.get("nonce", ""))

    def _compare(self, given: str, *signed: str) -> None:
        compare(given, signature(self._token, *signed))


# What follows is Tencent's for every kind of account: WeCom's callbacks are sealed the same way.


def opened(key: bytes, receiver: str, sealed: str) -> str:
    """Return the text in ``sealed``. Raises ``Forged`` when it was not sealed with ``key`` for ``receiver``."""
    try:
        return str(PrpCrypto(key).decrypt(sealed, receiver))
    except (binascii.Error, ValueError, IndexError, struct.error, WeChatException):
        raise Forged("cannot be opened with our key, or was made for another account") from None


def sealed_answer(key: bytes, receiver: str, token: str, xml: str, now: float) -> str:
    """Return ``xml`` as the body of an answer, encrypted and signed."""
    sealed = PrpCrypto(key).encrypt(xml, receiver).decode()
    timestamp, nonce = str(int(now)), secrets.token_hex(8)
    signed = signature(token, timestamp, nonce, sealed)
    return SEALED.format(sealed=sealed, signature=signed, timestamp=timestamp, nonce=nonce)


def fresh(hook: Hook, now: float) -> str:
    """Return the request's timestamp. Raises ``Forged`` when there is none, or when it is too far from ``now``."""
    timestamp = hook.query.get("timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Forged("no timestamp")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise Forged("too old, or our clock is wrong")
    return timestamp


def compare(given: str, expected: str) -> None:
    """Raise ``Forged`` unless the two are equal; takes the same time wherever they differ."""
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise Forged("wrong signature")
