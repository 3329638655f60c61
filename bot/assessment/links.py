"""Links are read as text and explained, never fetched."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import tldextract

from bot.assessment import content
from knowledge_base import contacts

# Digits and pairs that stand for letters in faked names (0 for o, 1 for l, rn for m, vv for w).
_LOOKS_LIKE = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("3", "e"), ("5", "s"))

# An address inside the address: an official host may send whoever taps it on to anybody ("?to=http://…").
LEADS_ON = re.compile(r"(?::|%3a)(?:/|%2f){2}|[=/](?:/|%2f){2}")


@dataclass(frozen=True, slots=True)
class Link:
    """A link's host, what is odd about it (a key of entities.yml ``link``), and the words to fill in."""

    host: str
    oddity: str
    words: dict[str, str]


def explain(url: str, *, hides_host: bool = False) -> Link:
    """Say what a link really is. Never raises: what cannot be parsed counts as plain text in link's clothes.

    ``hides_host``: the text goes on with an at sign and another host, so that all before it is only a user's name.
    """
    plain = re.sub(r"^hxxp", "http", url.strip().lower()).replace(":", ":", 1)
    try:
        parts = urlsplit(plain if "://" in plain else f"http://{plain}")
        host = parts.hostname or ""
    except ValueError:
        return Link("", "plain", {})
    registrable = _registrable(host)
    words = {"domain": registrable or host}
    if _is_fake_channel(host):
        return Link(host, "fake_channel", words)
    if hides_host or "@" in (parts.netloc or ""):
        return Link(host, "at_sign", words)
    if _is_address(host):
        return Link(host, "ip", words)
    if any(label.startswith("xn--") for label in host.split(".")) or not host.isascii():
        return Link(host, "punycode", words)
    official = contacts.load().by_domain(host)
    if official is not None and LEADS_ON.search(plain.partition("://")[2]) is None:
        return Link(host, "official", {**words, "name": official.name})
    entities: dict[str, Any] = content.load("entities")
    if host in entities["short_hosts"] or registrable in entities["short_hosts"]:
        return Link(host, "short", words)
    brand, disguised = _brand(host)
    if brand:
        return Link(host, "digits" if disguised else "lookalike", {**words, "brand": brand})
    return Link(host, "plain", words)


def _brand(host: str) -> tuple[str | None, bool]:
    """Return the borrowed brand in a host's labels and whether letters were disguised as digits."""
    brands = {str(key): str(value) for key, value in content.load("entities")["brands"].items()}
    suffix = _split()(host).suffix
    labels = host.removesuffix(f".{suffix}") if suffix else host
    pieces = [piece for piece in re.split(r"[.-]", labels) if piece]
    for piece in pieces:
        for key, name in brands.items():
            if piece == key or (len(key) >= 4 and key in piece):
                return name, False
            if len(key) == 3 and (piece.startswith(key) or piece.endswith(key)) and not piece.isdigit():
                return name, False
    for piece in pieces:
        plain = piece
        for fake, real in _LOOKS_LIKE:
            plain = plain.replace(fake, real)
        if plain != piece and plain in brands:
            return brands[plain], True
    return None, False


def _registrable(host: str) -> str:
    found = _split()(host)
    return f"{found.domain}.{found.suffix}" if found.suffix else host


def _is_fake_channel(host: str) -> bool:
    known = {str(entry.get("domain", "")) for entry in contacts.load().fake_channels}
    return host in known or _registrable(host) in known


def _is_address(host: str) -> bool:
    """Tell dotted, decimal, hex and IPv6 addresses from names."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return re.fullmatch(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3}", host) is not None
    return True


@cache
def _split() -> tldextract.TLDExtract:
    """Return a splitter that uses the packaged public suffix list: no network, no cache folder."""
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
