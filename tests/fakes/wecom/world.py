"""What WeCom knows: members, their app messages, tokens, robots in groups, media."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.wecom.guard import Code, Ledger

TOKEN_SECONDS = 7200.0
MEMBER_LIMITS = ((30, 60.0), (1000, 3600.0))
ROBOT_LIMIT = (20, 60.0)


@dataclass(frozen=True)
class Corp:
    """Our company and its app."""

    corp_id: str = "ww0000000000000001"
    agent_id: int = 1000002
    secret: str = "wecom-test-secret"
    token: str = "wecom-test-token"
    aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@dataclass
class Member:
    """A member of the company. ``phone`` is what they see."""

    userid: str
    in_scope: bool = True
    licensed: bool = True
    phone: list[dict[str, Any]] = field(default_factory=list)
    pushed: list[float] = field(default_factory=list)


@dataclass
class Group:
    """A group with our robot in it; ``rings`` counts mentions of everybody."""

    said: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    rings: int = 0


class World(Ledger):
    """One company."""

    def __init__(self, corp: Corp) -> None:
        super().__init__()
        self.corp = corp
        self.members: dict[str, Member] = {}
        self.groups: dict[str, Group] = {}
        self.media: dict[str, tuple[str, bytes]] = {}
        self.menu: dict[str, Any] | None = None
        self.requests_seen: dict[bytes, float] = {}
        self.token = ""
        self.token_until = 0.0
        self.ip_listed = True
        self.numbers = 5_000_000_000

    def number(self) -> str:
        """Return a fresh number."""
        self.numbers += 1
        return str(self.numbers)

    def member(self, userid: str) -> Member:
        """Return the member, made when new."""
        return self.members.setdefault(userid, Member(userid))

    def get_token(self, corp_id: str | None, secret: str | None) -> tuple[str, int]:
        """Return the token: the same one until it ends. Raises ``Code``."""
        if corp_id != self.corp.corp_id:
            raise Code(40013)
        if secret != self.corp.secret:
            raise Code(40001)
        self.check_address()
        if self.now() >= self.token_until:
            self.token, self.token_until = secrets.token_urlsafe(80), self.now() + TOKEN_SECONDS
        return self.token, int(self.token_until - self.now())

    def check_token(self, token: str | None) -> None:
        """Raise ``Code`` unless ``token`` is valid."""
        if not token:
            raise Code(41001)
        if token != self.token:
            raise Code(40014)
        if self.now() >= self.token_until:
            raise Code(42001)
        self.check_address()

    def check_address(self) -> None:
        """Raise ``Code`` unless our address is a trusted one."""
        if not self.ip_listed:
            raise Code(60020)

    def is_repeated(self, raw: bytes, interval: float) -> bool:
        """Return True when the same request came within ``interval`` seconds."""
        before = self.requests_seen.get(raw)
        self.requests_seen[raw] = self.now()
        return before is not None and self.now() - before < interval

    def is_too_fast(self, times: list[float], limits: tuple[tuple[int, float], ...]) -> bool:
        """Return True when one more would be above a limit; else count it."""
        for most, span in limits:
            if sum(at > self.now() - span for at in times) >= most:
                return True
        times.append(self.now())
        return False
