"""The WeCom channel: a self-built app's callbacks in, passive replies and app messages out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from channels.base import (
    Asset,
    Capabilities,
    Contract,
    Delivery,
    Forged,
    GiveUp,
    Hook,
    HookAnswer,
    Inbound,
    Media,
    Outcome,
    Outgoing,
    Push,
    Refuse,
    Reply,
    Retry,
    Take,
    Turn,
)
from channels.settings import Settings, SettingsError
from channels.transport import failed
from channels.wechat import letters
from channels.wechat.api import SECONDS, TooLarge
from channels.wechat.envelope import key_of
from channels.wechat.errors import UNKNOWN, ApiError, BadAnswer, NoToken, Table, load_table
from channels.wechat.fence import Fields
from channels.wechat.render import passive
from channels.wechat.words import Words, load_words
from channels.wecom import parse
from channels.wecom.api import CorpApi
from channels.wecom.envelope import Envelope
from channels.wecom.message import body_of

HERE = Path(__file__).parent
PASSIVE_SECONDS = 4.0  # WeCom hangs up after 5, the way there and back included
REPEATS = 2  # three deliveries in all, as WeChat
TEXT_BYTES = 2048  # of a passive reply and of a text message
# What WeCom drops without a word when it comes faster, per member and app (platform-rules 4.1).
PACE = ((30, 60.0), (1000, 3600.0))
LATER = {429, 503}  # HTTP statuses that say "not now"; other errors may hide that the message was taken
log = logging.getLogger("fanzha.wecom")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the channel is made of; ``account`` names corp and app."""

    account: str
    agent_id: int
    envelope: Envelope
    api: CorpApi
    words: Words
    table: Table
    clock: Callable[[], float] = time.time


class WeComChannel:
    """One app of one company or school.

    Not ``idempotent``: WeCom's check for duplicates compares whole requests and forgets after minutes, while a worker
    that died may be replaced after hours (see ``message.body_of``).
    """

    name = parse.NAME
    path = "/webhooks/wecom"
    contract = Contract()
    capabilities = Capabilities(
        push=Push.ALWAYS,
        passive_seconds=PASSIVE_SECONDS,
        passive_messages=1,
        text_bytes=TEXT_BYTES,
        repeats=REPEATS,
        pictures=True,
        pace=PACE,
    )

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def greet(self, hook: Hook) -> HookAnswer | None:
        """Return WeCom's echo, decrypted. Raises ``Forged``."""
        return self._parts.envelope.greet(hook)

    def verify(self, hook: Hook) -> None:
        """Raise ``Forged`` unless the request is WeCom's; ``Refuse`` when it is no XML we would look into."""
        self._parts.envelope.check(hook)

    def parse(self, hook: Hook) -> Sequence[Inbound]:
        """Return the message or event; nothing for what cannot be read, so that nobody sees an error."""
        fields, parts = self._open(hook), self._parts
        if fields is None:
            return []
        found = parse.message(fields, parts.account, parts.agent_id, parts.words)
        return [] if found is None else [found]

    def split(self, turn: Turn) -> Sequence[Reply]:
        """Return the turn as texts of at most 2048 bytes."""
        return letters.split(turn, self._parts.words, pushes=True)

    def answer(self, hook: Hook, turn: Turn) -> HookAnswer:
        """Return the passive reply, or an empty body: no reply and no repetition."""
        fields = self._open(hook) if turn.replies else None
        if fields is None:
            return HookAnswer(b"", "text/plain")
        sealed = self._parts.envelope.seal(passive(fields, turn.replies[0]))
        return HookAnswer(sealed.encode(), "application/xml")

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Send an app message to one member; the gateway has kept the pace."""
        if not parse.MEMBER.fullmatch(outgoing.address):
            return Delivery(Outcome.REJECTED, "no member")
        try:
            answer = await self._parts.api.post(
                "/cgi-bin/message/send", body_of(outgoing, self._parts.agent_id)
            )
        except NoToken as error:
            return self._refused(error.code, sent=False)
        except ApiError as error:
            return self._refused(error.code, sent=True)
        except BadAnswer as error:
            later = error.status in LATER
            return Delivery(Outcome.RETRY if later else Outcome.UNKNOWN, f"status {error.status}")
        except httpx.HTTPError as error:
            return failed(error)
        except TooLarge:
            return Delivery(Outcome.UNKNOWN, "answer too long")
        if answer.get("invaliduser"):
            return Delivery(Outcome.REJECTED, "not in scope", gone=True)
        if answer.get("unlicenseduser"):
            log.error("WeCom: a member has no licence for the interface; see its page of licences")
            return Delivery(Outcome.REJECTED, "not licensed")
        return Delivery(Outcome.SENT)

    async def fetch(self, media: Media) -> bytes:
        """Return a picture from WeCom's own host. Raises ``Retry`` or ``GiveUp``."""
        if not media.reference:
            raise GiveUp("nothing to fetch")
        try:
            return await self._parts.api.media(media.reference)
        except NoToken:
            raise Retry("no access token", 5.0) from None
        except ApiError as error:
            if self._parts.table.get(error.code, UNKNOWN).do in {"retry", "token"}:
                raise Retry(f"WeCom answered {error.code}", 2.0) from None
            raise GiveUp(f"WeCom answered {error.code}") from None
        except (BadAnswer, TooLarge) as error:
            raise GiveUp(type(error).__name__) from None
        except httpx.HTTPError:
            raise Retry("the line broke", 2.0) from None

    async def run(self, take: Take) -> None:
        """Return at once: WeCom calls us."""

    def quota(self) -> Mapping[str, float]:
        """Return nothing: what is counted is counted per member, in the outbox."""
        return {}

    def assets(self) -> Sequence[Asset]:
        """Return nothing: WeCom is the page."""
        return ()

    def _open(self, hook: Hook) -> Fields | None:
        try:
            return self._parts.envelope.open(hook)
        except (Forged, Refuse) as error:
            log.warning("a callback was dropped: %s", type(error).__name__)
            return None

    def _refused(self, code: int, sent: bool) -> Delivery:
        if not code:
            return Delivery(Outcome.RETRY, "no access token")
        meaning = self._parts.table.get(code, UNKNOWN)
        if meaning.tell:
            log.error("WeCom answered %d: %s", code, meaning.tell)
        if not sent:  # the refusal is of the token, not of the message
            return Delivery(Outcome.RETRY, meaning.cause, pause=meaning.pause)
        return meaning.delivery()


def build(settings: Settings, client: httpx.AsyncClient, seconds: float = SECONDS) -> WeComChannel | None:
    """Return the channel, None without a corp id. Raises ``SettingsError`` when it is half configured."""
    if not settings.wecom_corp_id:
        return None
    for name in ("wecom_agent_id", "wecom_secret", "wecom_token"):
        if not getattr(settings, name):
            raise SettingsError(f"FANZHA_{name.upper()}: is empty, but FANZHA_WECOM_CORP_ID is set")
    try:
        key = key_of(settings.wecom_aes_key)
    except ValueError as error:
        raise SettingsError(f"FANZHA_WECOM_AES_KEY: {error}") from None
    table = load_table(HERE / "errors.yml")
    envelope = Envelope(settings.wecom_token, settings.wecom_corp_id, key)
    account = f"{settings.wecom_corp_id}:{settings.wecom_agent_id}"
    api = make_api(settings, client, table, seconds)
    words = load_words(HERE / "wecom.yml")
    return WeComChannel(Parts(account, settings.wecom_agent_id, envelope, api, words, table))


def make_api(
    settings: Settings, client: httpx.AsyncClient, table: Table, seconds: float = SECONDS
) -> CorpApi:
    """Return the client of WeCom's API. Raises ``SettingsError`` without corp id and secret."""
    if not settings.wecom_corp_id or not settings.wecom_secret:
        raise SettingsError("FANZHA_WECOM_CORP_ID, FANZHA_WECOM_SECRET: are empty")
    # httpx tells every address it calls, and the access token is part of it.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    base = settings.wecom_api_base
    return CorpApi(client, base, settings.wecom_corp_id, settings.wecom_secret, table, seconds)
