"""Are the settings whole, and fit for the public? Nothing is asked over a network here."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from bot import schools
from bot.settings import SettingsError as BotSettingsError
from channels.base import OurBug
from channels.doctor.finding import Finding, error, ok, warning
from channels.operators import CampaignRole, load_campaign_operators, load_operators
from channels.registry import ADAPTERS, build_channels
from channels.settings import PREFIX, Settings, SettingsError
from channels.wechat.envelope import KEY_CHARACTERS, key_of
from knowledge_base import contacts

NAME = "settings"
WEB_PORTS = {None, 80, 443}  # the only ones WeChat calls; Telegram also takes 88 and 8443
TELEGRAM_PORTS = WEB_PORTS | {88, 8443}


def read(env_file: Path | None) -> tuple[Settings | None, list[Finding]]:
    """Return the settings, and every fault of them (not only the first); None when they cannot be used."""
    try:
        return Settings(_env_file=env_file), []  # type: ignore[call-arg]  # known to pydantic-settings only
    except ValidationError as faults:
        found = [
            error(
                NAME, f"{PREFIX}{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}", HOW
            )
            for fault in faults.errors(include_input=False, include_url=False)
        ]
        return None, found


HOW = "correct it in .env; .env.example explains each variable"


def in_public(settings: Settings) -> bool:
    """Return True when people outside are meant to reach this: a messenger is set up, or others may connect."""
    messengers = ("wechat_app_id", "telegram_token", "wecom_corp_id", "dingtalk_app_key")
    return any(getattr(settings, name, "") for name in messengers) or settings.host not in LOOPBACK


LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def look(settings: Settings) -> Iterator[Finding]:
    """Look at what the settings say."""
    yield from _channels(settings)
    yield from _operators(settings)
    yield from _campaign_operators(settings)
    yield from _address(settings)
    yield from _wechat(settings)
    yield from _schools(settings)
    yield from _hotlines()


def _channels(settings: Settings) -> Iterator[Finding]:
    for module in ADAPTERS:
        name = f"channel {module.rpartition('.')[2]}"
        try:
            built = build_channels(settings, httpx.AsyncClient(trust_env=False), [module])
        except (SettingsError, OurBug) as fault:
            yield error(name, str(fault), HOW)
        else:
            yield ok(name, "on" if built else "off (not set up)")


def _operators(settings: Settings) -> Iterator[Finding]:
    name = "operators"
    try:
        known = load_operators(settings.operators)
    except SettingsError as fault:
        yield error(name, str(fault), "make an entry with `fanzha operator NAME ROLE`")
        return
    if len(known):
        yield ok(name, f"{len(known)} set up")
    else:
        yield warning(
            name,
            "none: nobody can take over a conversation, people who ask for a human get the hotlines",
            "`fanzha operator NAME agent`, and its entry into FANZHA_OPERATORS",
        )


def _campaign_operators(settings: Settings) -> Iterator[Finding]:
    """Nobody at all is fine: campaigns are then off. One person alone is not: who wrote a text cannot approve it."""
    name = "campaigns"
    cure = "`fanzha operator NAME approver`, and its entry into FANZHA_CAMPAIGN_OPERATORS"
    try:
        known = load_campaign_operators(settings.campaign_operators).names
    except SettingsError as fault:
        yield error(name, str(fault), "make an entry with `fanzha operator NAME ROLE`")
        return
    authors = {who for who, role in known.items() if role >= CampaignRole.AUTHOR}
    approvers = {who for who, role in known.items() if role >= CampaignRole.APPROVER}
    if not known:
        yield ok(name, "off (no operators set up)")
    elif approvers and len(authors) > 1:
        yield ok(name, f"{len(authors)} who write, {len(approvers)} who approve")
    else:
        yield warning(name, "nobody can approve what the others wrote", cure)
    if settings.operator_token:
        said = "FANZHA_OPERATOR_TOKEN is set for this whole machine, so everybody here acts in one name"
        yield warning("operator token", said, "set it in each operator's own shell instead")


def _address(settings: Settings) -> Iterator[Finding]:
    name = "public address"
    address = urlsplit(settings.public_base_url)
    if _private(address.hostname or ""):
        said = f"{settings.public_base_url} is reached from this machine or network only"
        cure = "FANZHA_PUBLIC_BASE_URL=https://your.host"
        yield error(name, said, cure) if in_public(settings) else ok(name, f"{said}; enough for a trial")
        return
    if address.scheme != "https":
        yield error(
            name,
            f"{settings.public_base_url} is not encrypted: anybody on the way can read and change messages",
            "put Caddy (deploy/Caddyfile) or another TLS proxy before it; FANZHA_PUBLIC_BASE_URL=https://…",
        )
        return
    ports = TELEGRAM_PORTS if settings.telegram_token and not settings.wechat_app_id else WEB_PORTS
    if address.port not in ports:
        yield error(
            name,
            f"port {address.port}: messengers call back on port 443 only",
            "let the TLS proxy listen on port 443",
        )
        return
    yield ok(name, settings.public_base_url)


def _private(host: str) -> bool:
    if host == "localhost" or host.endswith((".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _wechat(settings: Settings) -> Iterator[Finding]:
    if not settings.wechat_app_id:
        return
    name = "WeChat key"
    if settings.wechat_plain:
        yield error(
            name,
            "plain mode: whoever sees one request can write in anybody's name",
            "choose safe mode in WeChat's back end and remove FANZHA_WECHAT_PLAIN",
        )
        return
    try:
        key_of(settings.wechat_aes_key)
    except ValueError:
        yield error(
            name,
            f"FANZHA_WECHAT_AES_KEY has {len(settings.wechat_aes_key)} characters; "
            f"an EncodingAESKey has {KEY_CHARACTERS} letters and digits",
            "copy it again from WeChat's back end (basic settings, server configuration)",
        )
        return
    yield ok(name, "43 characters, safe mode")


def _schools(settings: Settings) -> Iterator[Finding]:
    if not settings.schools_file:
        return
    try:
        found = schools.read(Path(settings.schools_file))
    except BotSettingsError as fault:
        yield error("schools", str(fault), "docs/schools.md shows the form of the file")
    else:
        yield ok("schools", f"{len(found)} take part")


def _hotlines() -> Iterator[Finding]:
    shown = [record for record in contacts.load().records if record.show and record.number]
    open_ = [record for record in shown if record.verified_on is None]
    if not open_:
        yield ok("hotlines", f"all {len(shown)} were called and confirmed")
        return
    yield warning(
        "hotlines",
        f"{len(open_)} of {len(shown)} were never called and confirmed by an operator",
        "call them, then set `verified_on` in knowledge_base/contacts.yml",
    )
