"""Who the operators are: bearer tokens, kept as hashes in the settings, each with a name and a role.

There are two lists. ``FANZHA_OPERATORS`` is for those who talk with people, ``FANZHA_CAMPAIGN_OPERATORS`` for those who write
warnings to many. They are apart because neither duty follows from the other: whoever may take over one conversation must
not thereby be able to write to a hundred thousand people, and whoever writes campaigns must not read conversations. Old
entries go on to mean what they meant. One person may stand in both lists, with a token for each.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from channels.settings import SettingsError

SETTING, CAMPAIGN_SETTING = "FANZHA_OPERATORS", "FANZHA_CAMPAIGN_OPERATORS"
ENTRY = re.compile(r"([A-Za-z0-9_.-]{1,64}):([a-z]{1,10}):([0-9a-f]{64})")
TOKEN_BYTES = 32


class Role(IntEnum):
    """What an operator may do; each may do what those before it may."""

    READER = 1  # list and read
    AGENT = 2  # take over, reply, give back, close
    ADMIN = 3  # dead letters, audit


class CampaignRole(IntEnum):
    """What an operator may do with campaigns; each may do what those before it may.

    That an approver is none of a campaign's authors is not a matter of roles: ``campaigns/states.py`` compares names.
    """

    VIEWER = 1  # list, read, reports
    AUTHOR = 2  # write, preview, submit, and hold or stop what is under way
    APPROVER = 3  # approve, reject, let go on, send again


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asks."""

    name: str
    role: Role | CampaignRole


class Operators:
    """Knows operators by their tokens.

    A token is 32 random bytes, so one SHA-256 keeps it: there is nothing to guess that a slow hash would have to
    protect. It comes in the Authorization header only, so no page of another site can make a browser send it.
    """

    def __init__(self, hashes: Mapping[str, Operator]) -> None:
        self._hashes = hashes

    def __len__(self) -> int:
        return len(self._hashes)

    @property
    def names(self) -> Mapping[str, Role | CampaignRole]:
        """Return who there is, without tokens."""
        return {operator.name: operator.role for operator in self._hashes.values()}

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
    return Operators(dict(_pairs(setting, SETTING, Role)))


def load_campaign_operators(setting: str) -> Operators:
    """Return the operators of ``FANZHA_CAMPAIGN_OPERATORS``, written the same way. Raises ``SettingsError``.

    Names are what tells an author from an approver, so one token has one name, one name one role, and no two names
    differ in capitals alone. Two tokens of one name are fine: that is how a token is replaced.
    """
    hashes: dict[str, Operator] = {}
    roles: dict[str, Operator] = {}
    for digest, operator in _pairs(setting, CAMPAIGN_SETTING, CampaignRole):
        if roles.setdefault(operator.name.casefold(), operator) != operator:
            raise SettingsError(f"{CAMPAIGN_SETTING}: two entries differ in role or capitals of one name")
        if hashes.setdefault(digest, operator) != operator:
            raise SettingsError(f"{CAMPAIGN_SETTING}: one token has two names")
    return Operators(hashes)


def make_entry(name: str, role: str) -> tuple[str, str]:
    """Return a new token and its entry for the setting. Raises ``SettingsError`` for a name or role that is none."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    entry = f"{name}:{role}:{_hash(token)}"
    if ENTRY.fullmatch(entry) is None or not (_has(Role, role) or _has(CampaignRole, role)):
        raise SettingsError(
            "name: letters, digits, . _ - only; role: reader, agent or admin, or viewer, author or approver"
        )
    return token, entry


def setting_of(role: str) -> str:
    """Return the setting that a role's entries belong to."""
    return CAMPAIGN_SETTING if _has(CampaignRole, role) else SETTING


def _pairs(
    setting: str, variable: str, roles: type[Role] | type[CampaignRole]
) -> Iterator[tuple[str, Operator]]:
    for part in filter(None, (part.strip() for part in setting.split(","))):
        entry = ENTRY.fullmatch(part)
        if entry is None or not _has(roles, entry.group(2)):
            raise SettingsError(f"{variable}: each entry must be name:role:hash, see `fanzha operator`")
        yield entry.group(3), Operator(entry.group(1), roles[entry.group(2).upper()])


def _has(roles: type[Role] | type[CampaignRole], role: str) -> bool:
    return role.islower() and role.upper() in roles.__members__


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
