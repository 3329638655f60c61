"""The end of a job whose campaign was stopped: nobody asks about it any more, so it must not stay open."""

from __future__ import annotations

from sqlalchemy import Engine

from campaigns import jobs, letters
from campaigns.jobs import Job, JobState, Result

BECOME = {
    JobState.STOPPED: letters.SKIPPED,
    JobState.UNKNOWN: letters.UNKNOWN,
    JobState.SENT: letters.SENT,
    JobState.FAILED: letters.FAILED,
}
ON_ITS_WAY = "stopped on its way"  # the platform may have had it already


def end(engine: Engine, job: Job, state: JobState, cause: str, now: float) -> None:
    """End ``job`` with its letters; what is final stays as it is."""
    with engine.begin() as connection:
        jobs.settle(connection, job, Result(state, cause=cause), now)
        letters.follow(connection, job.id, BECOME[state], cause, now)
