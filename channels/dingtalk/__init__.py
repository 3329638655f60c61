"""A DingTalk (钉钉) in-house robot: signed callbacks in, answers to the session's address out."""

from channels.dingtalk.adapter import build

__all__ = ["build"]
