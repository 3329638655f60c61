"""The moves: who may make them, what is checked before, what is told when it is refused.

Nothing else changes a campaign on an operator's behalf. All methods block on the database: call them in a thread;
``stop`` alone is for the event loop. All raise ``Refusal``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TypeVar

from campaigns import jobs, letters, lint
from campaigns.calendar.days import CHINA
from campaigns.document import Campaign
from campaigns.finding import Finding
from campaigns.jobs import FINAL, SELECT
from campaigns.office import checks, refusals, views
from campaigns.office.ground import Ground
from campaigns.office.refusals import CHANGED, CONFLICT, FAULTY, FORBIDDEN, Refusal, refusing
from campaigns.office.views import Data
from campaigns.states import Action, State
from campaigns.store import Check, Refused, Stored, Unknown
from channels.operators import CampaignRole, Operator
from storage.engine import reading

# Words of the API's own addresses: a campaign of such a name could not be reached.
RESERVED = frozenset({"shipped", "calendar", "flash", "lint"})
CLOCK_SECONDS = 60.0  # two machines' clocks may differ by so much
T = TypeVar("T")
VIEWER, AUTHOR, APPROVER = CampaignRole.VIEWER, CampaignRole.AUTHOR, CampaignRole.APPROVER


def may(operator: Operator, role: CampaignRole) -> None:
    """Raise ``Refusal`` unless the operator has at least ``role``."""
    if operator.role < role:
        have, need = (refusals.name("roles", one.name.lower()) for one in (operator.role, role))
        raise Refusal("role_too_low", FORBIDDEN, have=have, need=need)


class Office:
    """The moves on campaigns."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._store = ground.store

    def listed(self, operator: Operator, states: Sequence[State] = ()) -> list[Data]:
        """Return the campaigns, the latest change first."""
        may(operator, VIEWER)
        return [views.brief(one) for one in self._store.all(*states)]

    def show(self, operator: Operator, campaign_id: str) -> Data:
        """Return a campaign with document and times."""
        may(operator, VIEWER)
        return self._whole(self.stored(campaign_id))

    def stored(self, campaign_id: str) -> Stored:
        """Return a campaign as it is stored."""
        with refusing():
            return self._store.get(campaign_id)

    def save(self, operator: Operator, campaign: Campaign, version: int | None) -> Data:
        """Store a new document (``version`` 0), or a changed one: ``version`` is that of the one that was looked at.

        None: there must be none of this id yet, or the very same.
        """
        may(operator, AUTHOR)
        if campaign.id in RESERVED:
            raise Refusal("id_reserved", FAULTY, campaign.id)
        try:
            with refusing():
                known = self.known(campaign.id)
                if known is not None and version is None and known.digest != campaign.digest:
                    raise Refusal("version_missing", refusals.NO_VERSION)
                if known is not None:
                    self._clock(known)
                return self._whole(
                    self._store.save(campaign, operator.name, self._ground.clock(), version or 0)
                )
        except Refusal as refusal:
            if refusal.code == "changed_meanwhile":
                raise Refusal("version_changed", CHANGED) from None
            raise

    def lint(self, operator: Operator, campaign: Campaign) -> Data:
        """Return what is wrong with a document, stored or not."""
        may(operator, VIEWER)
        found = checks.check(self._ground, campaign, self._ground.clock())
        return {"fit": not lint.errors(found), "findings": views.findings(found)}

    def submit(self, operator: Operator, campaign_id: str) -> Data:
        """Ask for approval."""
        may(operator, AUTHOR)
        stored, found = self._checked(campaign_id)
        with refusing(found):
            check = self._check(stored, found)
            return self._whole(self._store.submit(campaign_id, operator.name, check, self._ground.clock()))

    def approve(self, operator: Operator, campaign_id: str, digest: str, everyone: bool = False) -> Data:
        """Approve the very text of ``digest``, which plans it. ``everyone``: yes, all who subscribed are meant."""
        may(operator, APPROVER)
        stored, found = self._checked(campaign_id)
        if stored.campaign.audience.everyone and not everyone and operator.name not in stored.authors:
            raise Refusal("everyone_not_confirmed", CONFLICT)
        with refusing(found):
            check = self._check(stored, found)
            now = self._ground.clock()
            return self._whole(self._store.approve(campaign_id, operator.name, digest, check, now))

    def reject(self, operator: Operator, campaign_id: str, reason: str) -> Data:
        """Give a document back to its authors, with a reason."""
        may(operator, APPROVER)
        if not reason.strip():
            raise Refusal("reason_unclear", FAULTY)
        return self._act(operator, campaign_id, Action.REJECT, reason)

    def withdraw(self, operator: Operator, campaign_id: str) -> Data:
        """Take an approved campaign back before it is sent: it is a draft again."""
        may(operator, AUTHOR)
        return self._act(operator, campaign_id, Action.WITHDRAW)

    def pause(self, operator: Operator, campaign_id: str) -> Data:
        """Hold a campaign; what waits comes back."""
        may(operator, AUTHOR)
        with refusing():
            return self._whole(
                self._ground.runner.pause(
                    campaign_id, operator.name, self._ground.clock(), "held by operator"
                )
            )

    def resume(self, operator: Operator, campaign_id: str) -> Data:
        """Let a held campaign go on."""
        may(operator, APPROVER)
        stored = self.stored(campaign_id)
        self._clock(stored)
        if stored.state is State.PAUSED and (found := self._running(stored)):
            raise Refusal("has_faults", FAULTY, findings=found)
        with refusing():
            return self._whole(self._ground.runner.resume(campaign_id, operator.name, self._ground.clock()))

    def send(self, operator: Operator, campaign_id: str) -> Data:
        """Let it go out now: a held campaign goes on; an approved one must be due, for its times were approved too."""
        may(operator, APPROVER)
        stored = self.stored(campaign_id)
        if stored.state is State.PAUSED:
            return self.resume(operator, campaign_id)
        if stored.state not in {State.SCHEDULED, State.SENDING}:
            raise Refusal(
                "wrong_state",
                CONFLICT,
                action=refusals.name("actions", "start"),
                state=refusals.name("states", stored.state),
            )
        with reading(self._ground.engine).connect() as connection:
            waiting = [
                job.due_at
                for job in jobs.of(connection, campaign_id)
                if job.route == SELECT and job.state not in FINAL
            ]
        if not waiting:
            raise Refusal("nothing_to_send", CONFLICT)
        if min(waiting) > self._ground.clock():
            raise Refusal("not_due", CONFLICT, views.when(min(waiting)))
        return self._whole(stored)

    def resend(self, operator: Operator, campaign_id: str) -> Data:
        """Send once more to those alone whom it surely did not reach."""
        may(operator, APPROVER)
        stored = self.stored(campaign_id)
        self._clock(stored)
        with reading(self._ground.engine).connect() as connection:
            failed = letters.counts(connection, campaign_id).get(letters.FAILED, 0)
        if stored.state in {State.FINISHED, State.STOPPED}:
            if not failed:
                raise Refusal("nothing_failed", CONFLICT)
            if found := self._running(stored):
                raise Refusal("has_faults", FAULTY, findings=found)
        with refusing():
            self._ground.runner.again(campaign_id, operator.name, self._ground.clock())
        return self._whole(self.stored(campaign_id))

    async def stop(self, operator: Operator, campaign_id: str) -> None:
        """End a campaign for good; what is surely not on its way stays at home."""
        may(operator, AUTHOR)
        with refusing():
            stored = self._store.get(campaign_id)
            await self._ground.runner.stop(stored, "stopped by operator", self._ground.clock(), operator.name)

    def note(self, operator: Operator, campaign_id: str, words: str) -> None:
        """Write down something for the next time; it stands in the report."""
        may(operator, AUTHOR)
        self._noted(lambda: self._store.note(campaign_id, operator.name, words, self._ground.clock()))

    def log(self, operator: Operator, campaign_id: str) -> list[Data]:
        """Return what was done to a campaign, by whom, oldest first."""
        may(operator, VIEWER)
        self.stored(campaign_id)
        return [views.line(one) for one in self._store.log(campaign_id)]

    def _act(self, operator: Operator, campaign_id: str, action: Action, note: str = "") -> Data:
        def work() -> Stored:
            return self._store.act(campaign_id, action, operator.name, self._ground.clock(), note=note)

        return self._whole(self._noted(work, "reason_unclear"))

    @staticmethod
    def _noted(work: Callable[[], T], code: str = "note_unclear") -> T:
        """Do what takes a person's words: those that are none are told apart from a campaign's faults."""
        with refusing():
            try:
                return work()
            except Refused as error:
                if error.codes == ("note_unclear",):
                    raise Refusal(code, FAULTY) from None
                raise

    def known(self, campaign_id: str) -> Stored | None:
        """Return a campaign as it is stored, None when there is none."""
        try:
            return self._store.get(campaign_id)
        except Unknown:
            return None

    def _whole(self, stored: Stored) -> Data:
        with reading(self._ground.engine).connect() as connection:
            rows = jobs.of(connection, stored.campaign.id)
        now = dt.datetime.fromtimestamp(self._ground.clock(), CHINA)
        return views.whole(stored, rows, checks.times(stored.campaign, now))

    def _checked(self, campaign_id: str) -> tuple[Stored, tuple[Finding, ...]]:
        """Return a campaign with its errors, found before the store's transaction begins: the lint takes its time."""
        stored = self.stored(campaign_id)
        self._clock(stored)
        return stored, lint.errors(checks.check(self._ground, stored.campaign, self._ground.clock()))

    def _check(self, stored: Stored, found: Sequence[Finding]) -> Check:
        """Return what the store asks in its transaction; a text that came in between is looked at anew."""

        def check(campaign: Campaign) -> Sequence[str]:
            fresh = found
            if campaign.digest != stored.digest:
                fresh = lint.errors(checks.check(self._ground, campaign, self._ground.clock()))
            return [one.code for one in fresh]

        return check

    def _running(self, stored: Stored) -> tuple[Finding, ...]:
        return lint.check_running(stored.campaign, self._ground.context(self._ground.clock()))

    def _clock(self, stored: Stored) -> None:
        """Refuse while this machine's clock is behind what was noted: its times would be wrong, the past the future."""
        if self._ground.clock() < stored.changed_at - CLOCK_SECONDS:
            raise Refusal("clock_went_back", CONFLICT)
