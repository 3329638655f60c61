"""The address that DingTalk sends with each message for the answers to it; it is a key, and it came from outside."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

LONGEST = 1024  # characters of an address


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where we may connect to. ``bases``: the configured addresses; tests point them at loopback, without TLS."""

    bases: tuple[str, ...]

    def has(self, address: str) -> bool:
        """Return True when ``address`` is exactly on one of the bases: same scheme, host and port, no user."""
        return _place(address) is not None and _place(address) in {_place(base) for base in self.bases}

    def has_file(self, address: str) -> bool:
        """Return True for the addresses where DingTalk keeps files: its own domain over TLS, or one of the bases."""
        place = _place(address)
        if place is None:
            return False
        scheme, host, port = place
        return self.has(address) or (scheme == "https" and port == 443 and host.endswith(".dingtalk.com"))


def _place(address: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port; None for what should be no address at all."""
    if len(address) > LONGEST or not address.isascii() or any(char.isspace() for char in address):
        return None
    if "\\" in address or any(ord(char) < 0x21 for char in address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port
