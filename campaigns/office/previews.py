"""What it will look like: the text of every route, and the message on one's own phone."""

from __future__ import annotations

import asyncio
import secrets

from sqlalchemy import select

from campaigns import words
from campaigns.delivery.robot import IN_USE
from campaigns.document import Campaign, Route, Texts, Variant
from campaigns.jobs import JobState
from campaigns.office.ground import Ground
from campaigns.office.office import AUTHOR, VIEWER, may
from campaigns.office.refusals import CONFLICT, FAULTY, Refusal, refusing
from campaigns.office.views import Data
from campaigns.outfit import CHANNELS
from campaigns.store import Stored
from channels import people, posting
from channels.base import Reply
from channels.operators import Operator
from storage.tables import person

MOST_A_DAY = 30  # messages to single phones that nobody else has read
DAY = 86_400.0
THROUGH_SENDERS = frozenset({Route.WECHAT_MASS, Route.ROBOT})


class Previews:
    """Shows campaigns. What was shown is noted for this text alone; without it nobody can approve it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def texts(self, operator: Operator, campaign_id: str) -> Data:
        """Return the texts by variant and route. Raises ``Refusal``."""
        may(operator, VIEWER)
        return _shown(self._stored(campaign_id))

    def look(self, operator: Operator, campaign_id: str) -> Data:
        """Return the texts, and note that they were looked at. Raises ``Refusal``."""
        may(operator, AUTHOR)
        stored = self._stored(campaign_id)
        self._note(operator, stored)
        return _shown(stored)

    async def send(
        self, operator: Operator, campaign_id: str, route: Route, to: str, variant: str = "a"
    ) -> Data:
        """Send one version to one's own phone, or to a group of one's own. Raises ``Refusal``.

        ``to``: the id on the platform; for ``robot`` the name of a robot that the campaign is not meant for. She must have
        written to the assistant before. An approval is not needed, so there are few of them a day, each in the log.
        """
        may(operator, AUTHOR)
        stored = await asyncio.to_thread(self._stored, campaign_id)
        chosen = next((one for one in stored.campaign.variants if one.key == variant), None)
        if chosen is None:
            raise Refusal("variant_unknown", FAULTY)
        if not to.strip() or len(to) > 128 or not to.isprintable():
            raise Refusal("preview_address_unknown", FAULTY)
        await asyncio.to_thread(self._spend, stored)
        if route in THROUGH_SENDERS and route in self._ground.senders:
            await self._through(stored.campaign, chosen, route, to)
        elif route in self._ground.outfit.letters:
            await asyncio.to_thread(self._post, CHANNELS[route], to, Reply(chosen.texts.message))
        else:
            raise Refusal("no_preview", CONFLICT)
        await asyncio.to_thread(self._note, operator, stored)
        return _shown(stored)

    async def _through(self, campaign: Campaign, variant: Variant, route: Route, to: str) -> None:
        result = await self._ground.senders[route].preview(campaign, variant.texts, to)
        if result.cause == IN_USE:
            raise Refusal("preview_robot_in_use", CONFLICT)
        if result.state is not JobState.SENT:
            raise Refusal("preview_failed", CONFLICT, result.cause or str(result.state))

    def _post(self, channel: str, to: str, reply: Reply) -> None:
        """Put a message to somebody who has written before into the outbox."""
        if not reply.text:
            raise Refusal("no_preview", CONFLICT)
        keys, now = self._ground.keys, self._ground.clock()
        with self._ground.engine.begin() as connection:
            accounts = connection.scalars(
                select(person.c.account).where(person.c.channel == channel).distinct()
            ).all()
            for account in accounts:
                owner = keys.owner(channel, to, account)
                found = people.find(connection, keys, channel, account, owner)
                if found is not None and found.reachable:
                    posting.add_once(
                        connection, keys, found.id, reply, now, secrets.token_hex(16), now + DAY, "operator"
                    )
                    return
        raise Refusal("preview_address_unknown", FAULTY)

    def _stored(self, campaign_id: str) -> Stored:
        with refusing():
            return self._ground.store.get(campaign_id)

    def _spend(self, stored: Stored) -> None:
        since = self._ground.clock() - DAY
        lines = self._ground.store.log(stored.campaign.id)
        if sum(line.action == "preview" and line.at > since for line in lines) >= MOST_A_DAY:
            raise Refusal("previews_used_up", CONFLICT)

    def _note(self, operator: Operator, stored: Stored) -> None:
        with refusing():
            self._ground.store.previewed(
                stored.campaign.id, operator.name, self._ground.clock(), stored.digest
            )


def _shown(stored: Stored) -> Data:
    campaign = stored.campaign
    return {
        "id": campaign.id,
        "title": campaign.title,
        "digest": stored.digest,
        "variants": [
            {
                "key": variant.key,
                "share": variant.share,
                "routes": {str(route): _text(route, variant.texts) for route in campaign.routes},
            }
            for variant in campaign.variants
        ],
    }


def _text(route: Route, texts: Texts) -> Data:
    """Return what a route shows, under the names of the document's fields."""
    if route in {Route.WECHAT_MASS, Route.WECHAT_DRAFT, Route.FEED} and texts.article is not None:
        article = texts.article
        return {"title": article.title, "digest": article.digest, "html": words.article_html(article)}
    fields: dict[Route, tuple[str, ...]] = {
        Route.WECHAT_NOTICE: ("notice",),
        Route.ROBOT: ("robot",),
        Route.BANNER: ("banner",),
        Route.EXPORT: ("sms", "screen"),
    }
    return {name: getattr(texts, name) for name in fields.get(route, ("message",))}
