"""The secret keys behind pseudonyms and the vault: where they come from, what is derived from them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12  # the size AES-GCM is defined for (NIST SP 800-38D)


class KeyFault(Exception):
    """A vault key cannot be used; the message names the setting or file, never the key."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A person as the database knows them: the pseudonym under the newest key, and under every key."""

    current: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """Derived keys, newest first.

    To rotate, put a new key in front and drop the old one after the vault's time limit.
    """

    ciphers: tuple[AESGCM, ...] = field(repr=False)
    naming: tuple[bytes, ...] = field(repr=False)

    def owner(self, channel: str, sender: str, account: str = "") -> Owner:
        """Return the keyed pseudonyms (HMAC-SHA256, hex) of ``sender`` on ``channel`` as ``account`` knows them."""
        message = "\x00".join([channel, *([account] if account else []), sender]).encode()
        names = tuple(hmac.new(key, message, hashlib.sha256).hexdigest() for key in self.naming)
        return Owner(names[0], names)

    def marks(self) -> tuple[str, ...]:
        """Return a word for each key by which it can be recognised, and nothing else."""
        return tuple(hmac.new(key, b"fanzha mark v1", hashlib.sha256).hexdigest()[:16] for key in self.naming)

    def seal(self, original: str, context: str) -> bytes:
        """Return ``original`` encrypted under the newest key and bound to ``context``."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.ciphers[0].encrypt(nonce, original.encode(), context.encode())

    def unseal(self, sealed: bytes, context: str) -> str | None:
        """Return the original, or None when no key opens it (a dropped key, a row of another owner)."""
        for cipher in self.ciphers:
            try:
                return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode()).decode()
            except InvalidTag:
                continue
        return None


def load_keys(setting: str, data_dir: Path) -> Keys:
    """Return the keys of ``setting`` (FANZHA_VAULT_KEY), else of the file ``vault.key`` in ``data_dir``.

    The file is made when it is missing. Raises ``KeyFault``.
    """
    if setting.strip():
        return derive([_decode(part, "FANZHA_VAULT_KEY") for part in setting.split(",")])
    path = data_dir / "vault.key"
    return derive([_decode(part, str(path)) for part in _read_or_make(path).split(",")])


def derive(masters: list[bytes]) -> Keys:
    """Return the keys made from ``masters``, one purpose each, so that no key serves two."""
    return Keys(
        ciphers=tuple(AESGCM(_purpose(master, b"fanzha vault v1")) for master in masters),
        naming=tuple(_purpose(master, b"fanzha pseudonym v1") for master in masters),
    )


def _purpose(master: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def _decode(text: str, origin: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyFault(f"{origin}: each key must be {KEY_BYTES} bytes in base64")
    return key


def _read_or_make(path: Path) -> str:
    """Return the key file's text; the first process to get there makes it, readable by its user only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode())
        try:
            os.link(fresh, path)  # unlike a rename, a link never replaces the key another process just made
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFault(f"{path}: cannot be read as a key file") from error
