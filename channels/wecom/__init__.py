"""A WeCom (企业微信) self-built app: encrypted callbacks in, passive replies and app messages out."""

from channels.wecom.adapter import build

__all__ = ["build"]
