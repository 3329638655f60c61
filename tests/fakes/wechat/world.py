"""What WeChat knows: followers and their windows, tokens, media, quotas, faults to come, and the ledger."""

from __future__ import annotations

import secrets
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.wechat.codes import Code

MESSAGE = (5, 48 * 3600.0)
CLICK = (3, 60.0)
DAILY = {
    "token": 2000,
    "stable_token": 500_000,
    "custom/send": 500_000,
    "media/get": 10_000,
    "media/upload": 5000,
    "material/add_material": 5000,
    "menu/create": 1000,
    "qrcode/create": 100_000,
    "mass": 100,
    "mass/preview": 100,
}
CHINA = 8 * 3600
TOKEN_SECONDS = 7200.0


@dataclass(frozen=True)
class Account:
    """Our official account. ``kind``: service, subscription or unverified."""

    app_id: str = "wx0000000000000001"
    secret: str = "test-secret"
    token: str = "test-token"
    aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    kind: str = "service"
    name: str = "gh_fake"


@dataclass
class Person:
    """A WeChat user. ``phone`` is what they see; ``windows``: name → (messages left, until)."""

    openid: str
    subscribed: bool = False
    scene: str = ""
    windows: dict[str, tuple[int, float]] = field(default_factory=dict)
    tags: set[int] = field(default_factory=set)
    phone: list[dict[str, Any]] = field(default_factory=list)
    last_spoke: float = 0.0
    typing_until: float = 0.0
    mass_in_month: Counter[str] = field(default_factory=Counter)
    grants: Counter[str] = field(default_factory=Counter)


class World:
    """One account and everybody who follows it. Its clock can be put forward."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.offset = 0.0
        self.people: dict[str, Person] = {}
        self.ledger: list[dict[str, Any]] = []
        self.media: dict[str, tuple[str, bytes, float]] = {}
        self.menu: dict[str, Any] | None = None
        self.tags: dict[int, str] = {}
        self.last_tag = 99
        self.codes: dict[str, str] = {}
        self.faults: dict[str, deque[dict[str, Any]]] = {}
        self.used: Counter[tuple[str, int]] = Counter()
        self.clearings: Counter[int] = Counter()
        self.tokens: dict[str, float] = {}
        self.stable = ""
        self.ip_listed = True
        self.numbers = 10_000_000_000

    def now(self) -> float:
        """Return the time of this world, in Unix seconds."""
        return time.time() + self.offset

    def number(self) -> int:
        """Return a number that was not given before (MsgId and the like)."""
        self.numbers += 1
        return self.numbers

    def note(self, way: str, openid: str = "", **more: Any) -> dict[str, Any]:
        """Write a line into the ledger."""
        line = {"n": len(self.ledger), "at": self.now(), "way": way, "openid": openid, **more}
        self.ledger.append(line)
        return line

    def person(self, openid: str) -> Person:
        """Return the user, made when new."""
        return self.people.setdefault(openid, Person(openid))

    def follower(self, openid: object) -> Person:
        """Return the follower. Raises ``Code``."""
        person = self.people.get(openid) if isinstance(openid, str) else None
        if person is None:
            raise Code(40003)
        if not person.subscribed:
            raise Code(43004)
        return person

    def spend(self, name: str) -> None:
        """Count a call against its daily limit. Raises ``Code``."""
        key = (name, int((self.now() + CHINA) // 86_400))
        if self.used[key] >= DAILY[name]:
            raise Code(45009)
        self.used[key] += 1

    def clear_quota(self, app_id: object) -> dict[str, object]:
        """Begin all counts anew, ten times a month. Raises ``Code``."""
        if app_id != self.account.app_id:
            raise Code(40013)
        month = int((self.now() + CHINA) // (30 * 86_400))
        self.clearings[month] += 1
        if self.clearings[month] > 10:
            raise Code(48006)
        self.used.clear()
        return {"errcode": 0, "errmsg": "ok"}

    def calls(self, name: str) -> int:
        """Return how often ``name`` was called on all days."""
        return sum(count for (called, _), count in self.used.items() if called == name)

    # Tokens ------------------------------------------------------------------------------------------------------

    def check_client(self, app_id: object, secret: object) -> None:
        """Raise ``Code`` unless this is our account, from a listed address."""
        if app_id != self.account.app_id:
            raise Code(40013)
        if secret != self.account.secret:
            raise Code(40125)
        if not self.ip_listed:
            seen = "203.0.113.9 ipv6 ::ffff:203.0.113.9"  # WeChat says which address it saw
            raise Code(40164, errmsg=f"invalid ip {seen}, not in whitelist rid: 6740aa00-1a2b3c4d-5e6f7a8b")

    def stable_token(self, force: bool) -> tuple[str, int]:
        """Return the stable token: the same one until five minutes before its end."""
        self.spend("stable_token")
        left = self.tokens.get(self.stable, 0.0) - self.now()
        if force or left < 300:
            if force:
                self.tokens.pop(self.stable, None)
            self.stable = self._new_token()
            left = TOKEN_SECONDS
        return self.stable, int(left)

    def plain_token(self) -> tuple[str, int]:
        """Return a new token, as ``cgi-bin/token`` does."""
        self.spend("token")
        return self._new_token(), int(TOKEN_SECONDS)

    def check_token(self, token: str | None) -> None:
        """Raise ``Code`` unless ``token`` is valid."""
        if not token:
            raise Code(41001)
        if token not in self.tokens:
            raise Code(40001)
        if self.tokens[token] <= self.now():
            raise Code(42001)

    def expire_tokens(self) -> None:
        """Let all tokens be over, as far as the API is concerned."""
        self.tokens = dict.fromkeys(self.tokens, 0.0)

    def _new_token(self) -> str:
        token = secrets.token_urlsafe(100)
        self.tokens[token] = self.now() + TOKEN_SECONDS
        return token

    # Windows -----------------------------------------------------------------------------------------------------

    def opens(self, openid: str, name: str, rule: tuple[int, float]) -> None:
        """Open a window; a newer one of the same name replaces the older one."""
        self.person(openid).windows[name] = (rule[0], self.now() + rule[1])

    def push(self, person: Person) -> None:
        """Count a customer-service message. Raises ``Code``: 45015 no window is open, 45047 it is used up."""
        if self.account.kind == "unverified":
            raise Code(48001)
        self.spend("custom/send")
        open_ = {name: window for name, window in person.windows.items() if window[1] > self.now()}
        if not open_:
            raise Code(45015)
        name = min((n for n, (left, _) in open_.items() if left), key=lambda n: open_[n][1], default=None)
        if name is None:
            raise Code(45047)
        left, until = open_[name]
        person.windows[name] = (left - 1, until)

    def fault(self, path: str) -> dict[str, Any] | None:
        """Return the fault that the next call of ``path`` meets, if any; "*" is every path."""
        for key in (path, "*"):
            waiting = self.faults.get(key)
            if waiting:
                if waiting[0].get("times") == "for ever":
                    return waiting[0]
                return waiting.popleft()
        return None
