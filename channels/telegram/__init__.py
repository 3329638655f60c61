"""The Telegram bot: updates by webhook or by polling, answers as messages with buttons."""

from channels.telegram.adapter import build

__all__ = ["build"]
