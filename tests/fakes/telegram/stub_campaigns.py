"""The real campaigns' worker with short leases, so that what a dead one held is taken up soon: for ``campaign_kill.py``.

Settings come from the environment.
"""

from __future__ import annotations

from campaigns import jobs, service, workflow

LEASE_SECONDS = 2.0


def main() -> None:
    """Work until killed."""
    jobs.LEASE_SECONDS = LEASE_SECONDS  # type: ignore[misc]
    workflow.LONGEST_SLEEP = LEASE_SECONDS / 2  # type: ignore[misc]
    service.main()


if __name__ == "__main__":
    main()
