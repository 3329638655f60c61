"""What WeChat says of a mass message, as the result of a job: by its event, or by asking when no event came."""

from __future__ import annotations

import re
from collections.abc import Mapping

from campaigns.delivery.reports import Report
from campaigns.jobs import Job, JobState, Result
from channels.broadcast import MassState

FIGURES: Mapping[str, str] = {
    "TotalCount": "total",
    "FilterCount": "filtered",
    "SentCount": "sent",
    "ErrorCount": "failed",
}
# WeChat's reasons to refuse a text (platform rules 1.7). 20008 is a real danger here: warnings quote scammers.
REVIEWS: Mapping[str, str] = {
    "10001": "review: advertising",
    "20001": "review: politics",
    "20002": "review: pornography",
    "20004": "review: society",
    "20006": "review: crime",
    "20008": "review: fraud suspected",
    "20013": "review: copyright",
    "21000": "review: other",
    "22000": "review: mutual promotion",
    "30001": "review: reprint not allowed",
    "30002": "review: reprint not allowed",
    "30003": "review: reprint not allowed",
}
REVIEW = re.compile(r"err\((\d+)\)")
NOT_CONFIRMED, NOT_SENT = "not confirmed in 30 minutes", "not sent"
CONFIRM_SECONDS = (
    30 * 60.0
)  # the account's admin has so long; an event that has not come by then is asked for
GIVE_UP_SECONDS = 24 * 3600.0  # after the start, when WeChat itself still says "sending"
ASK_SECONDS = 300.0  # between two questions


def of_event(report: Report, job: Job) -> Result:
    """Return what an event says: sent with its figures, or failed with its reason."""
    status = re.sub(r"[\s_]", "", str(report.fields.get("Status", ""))).lower()
    counts = {ours: report.figure(theirs) for theirs, ours in FIGURES.items()}
    if status == "sendsuccess":
        return Result(JobState.SENT, counts=counts)
    if review := REVIEW.fullmatch(status):
        return Result(JobState.FAILED, cause=REVIEWS.get(review[1], "review: refused"), counts=counts)
    return Result(JobState.FAILED, cause=_unsent(job), counts=counts)


def of_state(state: MassState, job: Job, now: float) -> Result:
    """Return what WeChat's answer to our question says."""
    if state is MassState.SENT:
        return Result(JobState.SENT, cause="event lost")
    if state is MassState.FAILED:
        return Result(JobState.FAILED, cause=_unsent(job))
    if state is MassState.DELETED:
        return Result(JobState.FAILED, cause="deleted by hand")
    return waiting(job, now)


def waiting(job: Job, now: float) -> Result:
    """Return that the job goes on waiting; unknown when it has done so for a day."""
    if now > (job.started_at or now) + GIVE_UP_SECONDS:
        return Result(JobState.UNKNOWN, cause="no result in 24 hours")
    return Result(job.state, cause=job.cause, after=ASK_SECONDS)


def _unsent(job: Job) -> str:
    return NOT_CONFIRMED if job.state is JobState.CONFIRMING else NOT_SENT
