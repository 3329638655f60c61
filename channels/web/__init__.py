"""The web page: its JSON messages and its files."""

from channels.web.adapter import build

__all__ = ["build"]
