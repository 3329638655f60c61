"""Does WeChat let us in? One request for a token answers most questions, the clock's too."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from channels.doctor.finding import Finding, error, ok, warning
from channels.settings import Settings
from channels.wechat.envelope import TOLERANCE_SECONDS
from channels.wechat.errors import load_table

SECONDS = 5.0
SLOW_CLOCK_SECONDS = 30.0  # worth a warning; past TOLERANCE_SECONDS WeChat's messages are refused
ADDRESS = re.compile(r"[0-9A-Fa-f:.]{3,45}")
NOT_LISTED = 40164


def look(settings: Settings, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Fetch a token as the gateway does, and compare clocks."""
    if not settings.wechat_app_id or not settings.wechat_app_secret:
        return
    wanted = {
        "grant_type": "client_credential",
        "appid": settings.wechat_app_id,
        "secret": settings.wechat_app_secret,
    }
    try:
        with httpx.Client(timeout=SECONDS, trust_env=False) as client:
            before = clock()
            answer = client.post(f"{settings.wechat_api_base}/cgi-bin/stable_token", json=wanted)
            after = clock()
    except httpx.HTTPError as fault:
        said = f"{settings.wechat_api_base} cannot be reached ({type(fault).__name__})"
        yield error("WeChat token", said, "let the server out to port 443; check its name service")
        return
    yield _token(answer)
    yield _clock(answer, (before + after) / 2)


def _token(answer: httpx.Response) -> Finding:
    name = "WeChat token"
    try:
        body: Any = answer.json()
        code = int(body.get("errcode", 0))
    except (ValueError, TypeError, AttributeError):
        return error(
            name,
            f"an answer that is not WeChat's (status {answer.status_code})",
            "check FANZHA_WECHAT_API_BASE; does a proxy stand in between?",
        )
    if not code:
        return (
            ok(name, "WeChat gave one") if body.get("access_token") else error(name, "none came", "try again")
        )
    meaning = load_table().get(code)
    told = meaning.tell if meaning and meaning.tell else "see WeChat's list of return codes"
    if code == NOT_LISTED:
        seen = addresses(str(body.get("errmsg", "")))
        whom = f"WeChat sees this server as {', '.join(seen)}" if seen else "WeChat does not know this server"
        return error(name, f"{whom}, which is not on the white list (40164)", told)
    return error(name, f"WeChat answered {code}", told)


def addresses(words: str) -> list[str]:
    """Return the IP addresses in WeChat's message, each once; an IPv6 form of an IPv4 one counts as that."""
    found: dict[str, None] = {}
    for piece in ADDRESS.findall(words):
        try:
            one = ipaddress.ip_address(piece.strip(".:") if "::" not in piece else piece.rstrip(":"))
        except ValueError:
            continue
        mapped = getattr(one, "ipv4_mapped", None)
        found[str(mapped or one)] = None
    return list(found)


def _clock(answer: httpx.Response, now: float) -> Finding:
    name = "clock"
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return warning(
            name, "WeChat's answer has no date to compare with", "check the clock yourself: timedatectl"
        )
    off = now - theirs
    said = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} WeChat's"
    cure = "switch on time synchronisation: timedatectl set-ntp true"
    if abs(off) > TOLERANCE_SECONDS:
        return error(name, f"{said}: each message is refused as stale", cure)
    if abs(off) > SLOW_CLOCK_SECONDS:
        return warning(name, said, cure)
    return ok(name, said)
