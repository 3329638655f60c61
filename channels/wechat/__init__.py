"""The WeChat official account: encrypted callbacks in, passive replies and customer-service messages out."""

from channels.wechat.adapter import build

__all__ = ["build"]
