"""Waves as durable workflows on DBOS: a process that dies in the middle goes on where it was.

One workflow is one wave. Its steps are rounds of ``Runner.advance``; between them it sleeps durably. DBOS takes the
workflows of a dead process up again when it starts anew. With several workers on PostgreSQL a lease on the wave says
who works on it: when it runs out, because its worker died for good, any other worker begins a workflow for the wave.
That is safe at any moment, because the steps themselves can be done twice (``campaigns/runner.py``).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from campaigns import jobs
from campaigns.runner import Runner
from campaigns.states import State
from campaigns.store import Store

NAME = "fanzha-campaigns"
TEND_SECONDS = 0.5  # a wave starts at most so long after its time
LONGEST_SLEEP = jobs.LEASE_SECONDS / 2  # the lease has to be prolonged in time
log = logging.getLogger("fanzha.campaigns")


def system_url(database_url: str, data_dir: Path) -> str:
    """Return where DBOS keeps its workflows: a file of its own beside SQLite's, a schema in PostgreSQL's database."""
    url = make_url(database_url) if database_url else None
    if url is None or url.get_backend_name() == "sqlite":
        return f"sqlite:///{data_dir / 'workflows.db'}"
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


class Workflows:
    """DBOS with our one workflow. There can be one in a process."""

    def __init__(self, runner: Runner, store: Store, engine: Engine, clock: Callable[[], float]) -> None:
        self._runner = runner
        self._store = store
        self._engine = engine
        self._clock = clock
        self._wave: Callable[[str, int], Coroutine[Any, Any, None]] | None = None

    def launch(self, url: str, executor: str) -> None:
        """Start DBOS on the database at ``url``; ``executor`` names this worker, the same at every start."""
        config: DBOSConfig = {
            "name": NAME,
            "system_database_url": url,
            "executor_id": executor,
            "application_version": "1",  # a new release goes on with what an older one began
            "log_level": "ERROR",
            "enable_otlp": False,
        }
        DBOS(config=config)
        step = DBOS.step(name="round")(self.round)

        @DBOS.workflow(name="wave")
        async def wave(campaign: str, number: int) -> None:
            held: float | None = None
            while True:
                held, wait = await step(campaign, number, held)
                if wait is None:
                    return
                await DBOS.sleep_async(min(wait, LONGEST_SLEEP))

        self._wave = wave
        DBOS.launch()

    async def round(
        self, campaign: str, number: int, held: float | None
    ) -> tuple[float | None, float | None]:
        """Do one round under the wave's lease; returns the lease and the seconds to the next round (None: over)."""
        now = self._clock()
        with self._engine.begin() as connection:
            row = jobs.wave(connection, campaign, number)
            until = None if row is None else jobs.lease(connection, row.id, held, now)
        if row is None or until is None:
            return None, None
        wait = await self._runner.advance(campaign, number)
        if wait is None:
            with self._engine.begin() as connection:
                jobs.release(connection, row.id, until)
            return None, None
        return until, wait

    async def tend(self) -> int:
        """Begin a workflow for each wave that is due and that nobody works on; returns how many."""
        assert self._wave is not None
        now = self._clock()
        due = await asyncio.to_thread(self._due, now)
        for job in due:
            # The same wave after the same lease has the same id: two workers begin it once.
            with SetWorkflowID(f"{job.campaign}-{job.wave}-{job.deadline or 0:.0f}-{job.due_at:.0f}"):
                await DBOS.start_workflow_async(self._wave, job.campaign, job.wave)
        return len(due)

    async def run(self) -> None:
        """Tend for ever."""
        while True:
            try:
                await self.tend()
            except SQLAlchemyError as error:
                log.warning("campaigns: the database failed with %s", type(error).__name__)
            await asyncio.sleep(TEND_SECONDS)

    def close(self, seconds: float = 5.0) -> None:
        """Stop DBOS; rounds on their way get ``seconds``."""
        DBOS.destroy(workflow_completion_timeout_sec=int(seconds))

    def _due(self, now: float) -> tuple[jobs.Job, ...]:
        going = [found.campaign.id for found in self._store.all(State.SCHEDULED, State.SENDING)]
        with self._engine.connect() as connection:
            return jobs.due_waves(connection, going, now)
