"""The HTTP API of campaigns, which the gateway serves as an annex (``channels/registry.py``)."""

from campaigns.api.annex import build_annex

__all__ = ["build_annex"]
