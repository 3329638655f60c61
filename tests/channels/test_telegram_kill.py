"""kill -9 of the real gateway while people write on Telegram: the ledger balances, in both modes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_socket import enable_socket

from tests.fakes.telegram.kill import run


@pytest.mark.processes
@pytest.mark.alone
@pytest.mark.timeout(150)
@pytest.mark.parametrize("polling", [False, True], ids=["webhook", "polling"])
async def test_the_ledger_balances(tmp_path: Path, polling: bool) -> None:
    enable_socket()
    found = await run(tmp_path, seconds=7, per_second=6, every=3, polling=polling)
    assert found.good, str(found)
    assert found.kills >= 1 and found.sent > 15 and found.answered > found.sent / 2, str(found)
    # Telegram keeps what nobody took: nobody is told that we are not there.
    assert found.unreached == 0 and found.disordered == 0 and found.unknown <= 4 * found.kills, str(found)
