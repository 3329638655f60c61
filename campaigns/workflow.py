"""Waves as durable workflows on DBOS: a process that dies in the middle goes on where it was.

One workflow is one wave. Its steps are rounds of ``Runner.advance``; between them it sleeps durably. DBOS takes the
workflows of a dead process up again when it starts anew. With several workers on PostgreSQL a lease on the wave says
who works on it: when it runs out, because its worker died for good, any other worker begins a workflow for the wave.
That is safe at any moment, because the steps themselves can be done twice (``campaigns/runner.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
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
from campaigns.states import NotAllowed, State
from campaigns.store import Conflict
from storage.engine import reading

NAME = "fanzha-campaigns"
TEND_SECONDS = 0.2  # a wave starts at most so long after its time
AGAIN_SECONDS = 1.0  # after a round that the database or an operator's move broke off
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

    def __init__(self, runner: Runner, engine: Engine, clock: Callable[[], float]) -> None:
        self._runner = runner
        self._engine = engine
        self._clock = clock
        self._wave: Callable[[str, int], Coroutine[Any, Any, None]] | None = None

    def launch(self, url: str, executor: str) -> None:
        """Start DBOS on the database at ``url``; ``executor`` names this worker, the same at every start.

        Called in the event loop in which the rounds are to run, also those of workflows that are taken up again.
        """
        config: DBOSConfig = {
            "name": NAME,
            "system_database_url": url,
            "executor_id": executor,
            "application_version": "1",  # a new release goes on with what an older one began
            "log_level": "ERROR",
            "enable_otlp": False,
        }
        DBOS(config=config)

        @DBOS.step(name="round")
        async def step(campaign: str, number: int, held: float | None) -> tuple[float | None, float | None]:
            return await self.round(campaign, number, held)

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
        try:
            with self._engine.begin() as connection:
                row = jobs.wave(connection, campaign, number)
                until = None if row is None else jobs.lease(connection, row.id, held, now)
        except SQLAlchemyError as error:
            return held, _again(error)
        if row is None or until is None:
            return None, None
        try:
            wait = await self._runner.advance(campaign, number)
            if wait is None:
                with self._engine.begin() as connection:
                    jobs.release(connection, row.id, until, self._clock())
                return None, None
        except (SQLAlchemyError, Conflict, NotAllowed) as error:  # an operator moved it at this very moment
            return until, _again(error)
        return until, wait

    async def tend(self) -> int:
        """Begin a workflow for each wave that is due and that nobody works on; returns how many."""
        assert self._wave is not None
        now = self._clock()
        due = await asyncio.to_thread(self._due, now)
        for job in due:
            # The same wave after the same lease has the same id: two workers begin it once.
            with SetWorkflowID(f"{job.campaign}-{job.wave}-{job.deadline or 0:.3f}-{job.due_at:.3f}"):
                await DBOS.start_workflow_async(self._wave, job.campaign, job.wave)
        return len(due)

    async def run(self, over: asyncio.Event, beat: Callable[[], None] = lambda: None) -> None:
        """Tend until ``over`` is set; ``beat`` is called after each look that worked."""
        while not over.is_set():
            try:
                await self.tend()
                beat()
            except SQLAlchemyError as error:
                log.warning("campaigns: the database failed with %s", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TEND_SECONDS):
                    await over.wait()

    def close(self, seconds: float = 5.0) -> None:
        """Stop DBOS; rounds on their way get ``seconds``. Blocks: call it in a thread, the rounds need the loop."""
        DBOS.destroy(workflow_completion_timeout_sec=int(seconds))

    def _due(self, now: float) -> tuple[jobs.Job, ...]:
        with reading(self._engine).connect() as connection:
            return jobs.due_waves(connection, (State.SCHEDULED, State.SENDING), now)


def _again(error: Exception) -> float:
    log.warning("campaigns: a round broke off with %s", type(error).__name__)
    return AGAIN_SECONDS
