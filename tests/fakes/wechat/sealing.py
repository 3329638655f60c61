"""WeChat's side of signatures and encryption, written from its description and not from the code under test."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class Unsealable(Exception):
    """What came back is not what WeChat would take."""


def sign(*parts: str) -> str:
    """Return the SHA-1 of the sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def seal(plain: str, aes_key: str, app_id: str) -> str:
    """Return ``plain`` as WeChat sends it in ``Encrypt``."""
    data = plain.encode()
    whole = os.urandom(16) + len(data).to_bytes(4, "big") + data + app_id.encode()
    padding = BLOCK - len(whole) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(
        encryptor.update(whole + bytes([padding]) * padding) + encryptor.finalize()
    ).decode()


def unseal(sealed: str, aes_key: str, app_id: str) -> str:
    """Return the text again. Raises ``Unsealable``."""
    decryptor = _cipher(aes_key).decryptor()
    try:
        whole = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
    except ValueError as error:
        raise Unsealable("not whole blocks of base64") from error
    padding = whole[-1] if whole else 0
    if not 1 <= padding <= BLOCK or whole[-padding:] != bytes([padding]) * padding:
        raise Unsealable("wrong padding")
    whole = whole[:-padding]
    end = 20 + int.from_bytes(whole[16:20], "big")
    if whole[end:].decode() != app_id:
        raise Unsealable("another account")
    return whole[20:end].decode()


def envelope(plain: str, token: str, aes_key: str, app_id: str, now: float) -> tuple[dict[str, str], bytes]:
    """Return query and body of a callback in safe mode."""
    timestamp, nonce = str(int(now)), secrets.token_hex(5)
    sealed = seal(plain, aes_key, app_id)
    query = {
        "signature": sign(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": sign(token, timestamp, nonce, sealed),
    }
    body = f"<xml><ToUserName><![CDATA[gh_fake]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    return query, body.encode()


def opened(body: str, token: str, aes_key: str, app_id: str) -> str:
    """Return the XML of a sealed answer. Raises ``Unsealable``."""
    found: dict[str, str] = {}
    for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce"):
        match = re.search(rf"<{name}>(?:<!\[CDATA\[)?([^<\]]+)", body)
        found[name] = match[1] if match else ""
    if sign(token, found["TimeStamp"], found["Nonce"], found["Encrypt"]) != found["MsgSignature"]:
        raise Unsealable("wrong signature")
    return unseal(found["Encrypt"], aes_key, app_id)


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
