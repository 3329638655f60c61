"""kill -9 of the real worker and gateway while a campaign goes out: everybody once, and begun within a second."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_socket import enable_socket

from tests.fakes.telegram.campaign_kill import database, run


@pytest.mark.processes
@pytest.mark.alone
@pytest.mark.timeout(180)
@pytest.mark.parametrize("on_postgres", [False, True], ids=["sqlite", "postgresql"])
async def test_everybody_gets_it_once_whoever_is_killed(
    tmp_path: Path, on_postgres: bool, request: pytest.FixtureRequest
) -> None:
    enable_socket()
    if on_postgres:
        request.getfixturevalue("postgres_url")  # skips where there is no such server
    with database(tmp_path, on_postgres) as url:
        found = await run(tmp_path, url, people=200, kills=4, probes=3)
    assert found.good, str(found)
    assert found.kills["times"] == 4 and found.once >= 200 - found.unknown, str(found)
    assert found.unknown <= 5 * found.kills["gateway"], str(found)
    assert sorted(found.late)[1] < 2.0, str(found)  # the aim of one second is for a quiet machine
