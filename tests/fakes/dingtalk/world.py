"""What DingTalk knows: the app, sessions, files, groups with a robot, and what people see."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.wecom.guard import Code, Ledger

TOKEN_SECONDS = 7200.0
SESSION_SECONDS = 5400.0
ROBOT_LIMIT, ROBOT_SPAN, THROTTLED = 20, 60.0, 600.0
SKEW_SECONDS = 3600.0


@dataclass(frozen=True)
class App:
    """Our in-house app."""

    key: str = "dingtestapp00000001"
    secret: str = "ding-test-app-secret"
    corp_id: str = "ding00000000000000"


@dataclass
class Group:
    """A group with our one-way robot in it. ``keywords``: one must be in each message."""

    secret: str = ""
    keywords: tuple[str, ...] = ()
    said: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    throttled_until: float = 0.0
    rings: int = 0


@dataclass
class Session:
    """Where answers to one message go, and until when."""

    conversation: str
    until: float
    times: list[float] = field(default_factory=list)


def sign(secret: str, milliseconds: str) -> str:
    """Return DingTalk's signature, written from its description and not from the code under test."""
    digest = hmac.new(secret.encode(), (milliseconds + "\n" + secret).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class World(Ledger):
    """One company on DingTalk."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self.app = app
        self.sessions: dict[str, Session] = {}
        self.talks: dict[str, list[dict[str, Any]]] = {}  # by conversation: what everybody in it sees
        self.groups: dict[str, Group] = {}
        self.codes: dict[str, tuple[str, str, bytes]] = {}  # download code: file name, type, bytes
        self.file_address = ""  # overrides where files are said to be
        self.tokens: dict[str, float] = {}
        self.numbers = 0

    def number(self) -> str:
        """Return a fresh number."""
        self.numbers += 1
        return f"msg{self.numbers:06}"

    def new_token(self, key: object, secret: object) -> tuple[str, int] | None:
        """Return a token, None for a wrong key or secret."""
        if (key, secret) != (self.app.key, self.app.secret):
            return None
        token = secrets.token_hex(16)
        self.tokens[token] = self.now() + TOKEN_SECONDS
        return token, int(TOKEN_SECONDS)

    def knows_token(self, token: str | None) -> bool:
        """Return True for a token that is valid now."""
        return self.tokens.get(token or "", 0.0) > self.now()

    def open_session(self, conversation: str) -> tuple[str, float]:
        """Return the key of a new session, and when it ends."""
        key = secrets.token_hex(16)
        self.sessions[key] = Session(conversation, self.now() + SESSION_SECONDS)
        return key, self.sessions[key].until

    def check_pace(self, times: list[float]) -> None:
        """Count a message. Raises ``Code`` for the 21st in a minute."""
        if sum(at > self.now() - ROBOT_SPAN for at in times) >= ROBOT_LIMIT:
            raise Code(130101)
        times.append(self.now())

    def check_robot(self, group: Group, timestamp: str | None, signature: str | None) -> None:
        """Raise ``Code`` unless a message to the group's robot is signed, fresh and not too fast."""
        if group.secret:
            given = timestamp or ""
            if not given.isdigit() or abs(int(given) / 1000 - self.now()) > SKEW_SECONDS:
                raise Code(310000)
            if not hmac.compare_digest(signature or "", sign(group.secret, given)):
                raise Code(310000)
        if group.throttled_until > self.now():
            raise Code(130101)
        try:
            self.check_pace(group.times)
        except Code:
            group.throttled_until = self.now() + THROTTLED
            raise
