"""Group robots of WeCom and DingTalk: one way, for warnings to a group; durable through the outbox."""

from channels.robots.adapter import build

__all__ = ["build"]
