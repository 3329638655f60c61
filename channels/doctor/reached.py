"""Do the parts answer that the gateway needs?"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from channels.doctor.finding import Finding, error, ok, warning
from channels.readiness import actions_health, campaigns_health
from channels.settings import Settings

SECONDS = 3.0
NO_DIALOGUE = "look into its log; people get the short judgement until it is back"
NO_CAMPAIGNS = "look into its log; what was approved waits until it is back, for six hours at most"


def look(settings: Settings) -> Iterator[Finding]:
    """Ask gateway, dialogue engines, actions and campaigns. What is not started is an error only beside a running gateway."""
    with httpx.Client(timeout=SECONDS, trust_env=False) as client:
        fault = _asked(client, f"http://127.0.0.1:{settings.port}/healthz")
        runs = not fault
        yield ok("gateway", "answers" if runs else f"does not run here (port {settings.port}: {fault})")
        engines = settings.dialogue_engines
        for number, addresses in enumerate(engines, 1):
            name = "dialogue engine" if len(engines) == 1 else f"dialogue engine {number}"
            yield _part(client, name, addresses, runs, "fanzha run")
        yield _part(client, "actions", (actions_health(settings.actions_url),), runs, "fanzha run")
        campaigns = (campaigns_health(settings.campaigns_url),)
        yield _part(client, "campaigns", campaigns, runs, "fanzha run", NO_CAMPAIGNS)


def _part(
    client: httpx.Client,
    name: str,
    addresses: tuple[str, ...],
    runs: bool,
    start: str,
    cure: str = NO_DIALOGUE,
) -> Finding:
    """Return how a part is, which has one address or a second one for whoever takes its place."""
    faults = [fault for address in addresses if (fault := _asked(client, address))]
    if len(faults) < len(addresses):
        return ok(name, "answers")
    place = urlsplit(addresses[0])
    said = f"{place.hostname}:{place.port} does not answer ({faults[0]})"
    if runs or place.hostname not in {"127.0.0.1", "localhost", "::1"}:
        return error(name, said, cure)
    return warning(name, said, f"start everything with `{start}`")


def _asked(client: httpx.Client, address: str) -> str:
    """Return what is wrong with the answer of ``address``, "" when it is well."""
    try:
        answer = client.get(address)
    except httpx.HTTPError as fault:
        return type(fault).__name__
    return "" if answer.is_success else f"status {answer.status_code}"
