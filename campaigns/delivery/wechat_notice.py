"""Subscription notices (platform rules 1.6): one grant of a person, one notice.

A letter is noted as unknown, and its grant as used, before the request; a crash in between leaves it unknown, and
nobody gets a second one. So the whole job can be begun again at any moment: it goes on with those still chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, exists, func, select, update

from campaigns import quiet
from campaigns.delivery import bound, ending
from campaigns.delivery.bound import Addressee
from campaigns.document import Campaign, Route, Texts
from campaigns.jobs import FINAL, Job, JobState, Result
from campaigns.letters import FAILED, QUEUED, SENT, SKIPPED, UNKNOWN
from channels.base import Outcome
from channels.broadcast import GRANT_GONE, Broadcaster, Said
from channels.keys import Keys
from storage.campaign_tables import campaign_letter, notice_grant, subscriber
from storage.engine import add_up, reading

A_ROUND = 20  # notices; then the runner may stop, pause, or see that quiet hours began
RETRY_SECONDS = 30.0
GIVE_UP_SECONDS = 24 * 3600.0  # after the start, when WeChat goes on taking nothing
MOST_JOB = 1_000_000
letter = campaign_letter.c


@dataclass(frozen=True, slots=True)
class Template:
    """The template that the operator chose on WeChat's page.

    ``fields``: name of a field there ("thing1") → what it says: ``notice``, ``title`` or ``date``. ``page``: the
    address that a tap opens, empty for none.
    """

    id: str
    fields: Mapping[str, str]
    page: str = ""


class WeChatNotice:
    """The sender."""

    route = Route.WECHAT_NOTICE
    repeatable = True

    def __init__(
        self, engine: Engine, keys: Keys, account: Broadcaster | None, template: Template | None
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._account = account if account is not None and account.kind != "unverified" else None
        self._template = template

    def plan(
        self, connection: Connection, campaign: Campaign, wave: int, now: float
    ) -> Sequence[tuple[str, str, int]]:
        """Return one job for each variant."""
        keys = [variant.key for variant in campaign.variants]
        found = bound.parts(connection, campaign.id, wave, self.route, keys, MOST_JOB)
        target = self._template.id if self._template is not None else ""
        return [(variant, target, part) for variant, part in found]

    def starting(self, connection: Connection, campaign: Campaign, job: Job, now: float) -> str:
        """Bind the letters, and skip whoever has no grant left."""
        bound.bind(connection, job)
        if self._account is None or self._template is None:
            return "not configured"
        bound.leave_out(connection, job, self._account.account)
        people = bound.persons(connection, job)
        bound.skip(connection, job, set(people) - self._granted(connection, job), "no grant")
        return ""

    async def send(self, campaign: Campaign, texts: Texts, job: Job, now: float) -> Result:
        """Send the next few notices."""
        account, template = self._account, self._template
        if account is None or template is None:
            return Result(JobState.FAILED, cause="not configured")
        if now > (job.started_at or now) + GIVE_UP_SECONDS:
            return Result(JobState.FAILED, cause="no answer", counts=self._counts(job))
        fields = self._fields(template, campaign, texts, now)
        with reading(self._engine).connect() as connection:
            people = bound.addressees(connection, self._keys, job, 0, A_ROUND)
        for one in people:
            if not self._take(one, template.id, now):
                continue
            said = await account.notice(one.address, template.id, fields, template.page)
            self._settle(one, template.id, said)
            if said.outcome is Outcome.HOLD:
                return Result(JobState.FAILED, cause=said.cause, counts=self._counts(job))
            if said.outcome is Outcome.RETRY:
                return Result(JobState.SENDING, cause=said.cause, after=max(said.after, RETRY_SECONDS))
        counts = self._counts(job)
        if counts.get(QUEUED, 0) and people:
            return Result(JobState.SENDING, counts=counts, after=0.0)
        return Result(JobState.SENT, counts=counts)

    async def look(self, campaign: Campaign, job: Job, now: float) -> Result:
        """Go on; there is nothing to ask WeChat for."""
        texts = next((one.texts for one in campaign.variants if one.key == job.variant), None)
        return await self.send(campaign, texts or campaign.variants[0].texts, job, now)

    async def stop(self, campaign: Campaign, job: Job, now: float) -> None:
        """Leave at home who has not got hers yet."""
        if job.state in FINAL:
            return
        ending.end(self._engine, job, JobState.STOPPED, "stopped", now)

    def faults(self, connection: Connection, campaign: Campaign, now: float) -> Sequence[str]:
        """Return what would keep notices from being sent."""
        if self._account is None:
            return ["wechat_not_permitted_notices"]
        if self._template is None:
            return ["wechat_notice_template_missing"]
        if not all(variant.texts.notice for variant in campaign.variants):
            return ["wechat_notice_text_missing"]
        return [] if self.grants(connection) else ["wechat_no_grants"]

    def grants(self, connection: Connection) -> int:
        """Return how many people have allowed at least one notice of the template."""
        if self._template is None:
            return 0
        mine = (notice_grant.c.template == self._template.id) & (notice_grant.c.left > 0)
        found = select(func.count()).select_from(notice_grant).where(mine)
        return int(connection.execute(found).scalar_one())

    async def preview(self, campaign: Campaign, texts: Texts, to: str) -> Result:
        """Return that there is none: a notice to oneself would use up a grant."""
        return Result(JobState.FAILED, cause="no preview for notices")

    def _granted(self, connection: Connection, job: Job) -> set[int]:
        mine = (notice_grant.c.template == job.target) & (notice_grant.c.left > 0)
        wanted = (
            select(notice_grant.c.person_id)
            .join(campaign_letter, letter.person_id == notice_grant.c.person_id)
            .where(letter.job_id == job.id, mine)
        )
        return set(connection.scalars(wanted))

    def _take(self, one: Addressee, template: str, now: float) -> bool:
        """Use up a grant and note the letter as unknown, in one transaction; False when she has none, or said no."""
        grant = (notice_grant.c.person_id == one.person) & (notice_grant.c.template == template)
        spend = update(notice_grant).where(grant & (notice_grant.c.left > 0))
        mine = (letter.id == one.letter) & (letter.state == QUEUED)
        agreed = exists().where(subscriber.c.person_id == one.person, subscriber.c.active)
        with self._engine.begin() as connection:
            no = update(campaign_letter).where(mine & ~agreed).values(state=SKIPPED, cause="opted out")
            if connection.execute(no).rowcount == 1:
                return False
            going = update(campaign_letter).where(mine).values(state=UNKNOWN, sent_at=now, cause="no answer")
            if connection.execute(going).rowcount != 1:
                return False
            if connection.execute(spend.values(left=notice_grant.c.left - 1)).rowcount == 1:
                return True
            this = update(campaign_letter).where(letter.id == one.letter)
            connection.execute(this.values(state=SKIPPED, sent_at=None, cause="no grant"))
        return False

    def _settle(self, one: Addressee, template: str, said: Said[None]) -> None:
        """Note the answer. What WeChat surely did not take keeps its grant."""
        values: dict[str, object]
        if said.done:
            values = {"state": SENT, "cause": ""}
        elif said.outcome is Outcome.UNKNOWN:
            values = {"cause": said.cause}
        elif said.outcome is Outcome.REJECTED:
            values = {"state": FAILED, "cause": said.cause, "sent_at": None}
        else:
            values = {"state": QUEUED, "cause": "", "sent_at": None}
        mine = (letter.id == one.letter) & (letter.state == UNKNOWN)
        with self._engine.begin() as connection:
            connection.execute(update(campaign_letter).where(mine).values(**values))
            if said.cause == GRANT_GONE:
                grant = (notice_grant.c.person_id == one.person) & (notice_grant.c.template == template)
                connection.execute(update(notice_grant).where(grant).values(left=0))
            elif said.outcome in {Outcome.RETRY, Outcome.HOLD, Outcome.REJECTED}:
                row = {"person_id": one.person, "template": template, "left": 1}
                add_up(connection, notice_grant, [row], "left")

    def _counts(self, job: Job) -> dict[str, int]:
        found = select(letter.state, func.count()).where(letter.job_id == job.id).group_by(letter.state)
        with reading(self._engine).connect() as connection:
            return {str(state): int(number) for state, number in connection.execute(found).all()}

    @staticmethod
    def _fields(template: Template, campaign: Campaign, texts: Texts, now: float) -> dict[str, str]:
        known = {"notice": texts.notice, "title": campaign.title, "date": f"{quiet.local_day(now):%Y-%m-%d}"}
        return {name: known[what] for name, what in template.fields.items()}
