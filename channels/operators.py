"""Who the operators are: bearer tokens, kept as hashes in the settings, each with a name and a role."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from channels.settings import SettingsError

ENTRY = re.compile(r"([A-Za-z0-9_.-]{1,64}):(reader|agent|admin):([0-9a-f]{64})")
TOKEN_BYTES = 32


class Role(IntEnum):
    """What an operator may do; each may do what those before it may."""

    READER = 1  # list and read
    AGENT = 2  # take over, reply, give back, close
    ADMIN = 3  # dead letters, audit


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asks."""

    name: str
    role: Role


class Operators:
    """Knows operators by their tokens.

    A token is 32 random bytes, so one SHA-256 keeps it: there is nothing to guess that a slow hash would have to
    protect. It comes in the Authorization header only, so no page of another site can make a browser send it.
    """

    def __init__(self, hashes: Mapping[str, Operator]) -> None:
        self._hashes = hashes

    def __len__(self) -> int:
        return len(self._hashes)

    def known(self, authorization: str) -> Operator | None:
        """Return the operator of the header ``Bearer …``, None for anybody else. Compares in constant time."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        digest = _hash(token.strip())
        found = None
        for known, operator in self._hashes.items():
            if hmac.compare_digest(known, digest):
                found = operator
        return found


def load_operators(setting: str) -> Operators:
    """Return the operators of ``FANZHA_OPERATORS`` (``name:role:sha256``, comma-separated). Raises ``SettingsError``."""
    hashes: dict[str, Operator] = {}
    for part in filter(None, (part.strip() for part in setting.split(","))):
        entry = ENTRY.fullmatch(part)
        if entry is None:
            raise SettingsError("FANZHA_OPERATORS: each entry must be name:role:hash, see `fanzha operator`")
        hashes[entry.group(3)] = Operator(entry.group(1), Role[entry.group(2).upper()])
    return Operators(hashes)


def make_entry(name: str, role: str) -> tuple[str, str]:
    """Return a new token and its entry for the setting. Raises ``SettingsError`` for a name or role that is none."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    entry = f"{name}:{role}:{_hash(token)}"
    if ENTRY.fullmatch(entry) is None:
        raise SettingsError("name: letters, digits, . _ - only; role: reader, agent or admin")
    return token, entry


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
