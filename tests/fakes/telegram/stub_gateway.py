"""The real gateway with Telegram as its only channel and an engine that echoes: to be killed by ``kill.py``.

Its leases are short, so that what a dead process held is taken up soon. Settings come from the environment.
"""

from __future__ import annotations

import httpx
import uvicorn

from channels import desk, house, inbox, outbox, transitions
from channels.gateway import create_app
from channels.settings import load_settings
from channels.telegram import build
from tests.fakes.wechat.stub_gateway import LEASE_SECONDS, Echo, Unclear


def main() -> None:
    """Serve until killed."""
    inbox.LEASE_SECONDS = outbox.LEASE_SECONDS = transitions.LEASE_SECONDS = LEASE_SECONDS  # type: ignore[misc,attr-defined]
    house.TEND_SECONDS = desk.LOOK_SECONDS = 0.3  # type: ignore[misc]
    settings = load_settings(None)
    client = httpx.AsyncClient(trust_env=False)
    channel = build(settings, client)
    assert channel is not None
    app = create_app(settings, Unclear(), Echo(), client, None, [channel])
    uvicorn.run(app, host="127.0.0.1", port=settings.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
