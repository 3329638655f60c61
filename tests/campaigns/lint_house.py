"""A document without a fault, in a world where everything is set up: what the lint's tests change one thing of."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from campaigns import context as contexts
from campaigns import lint
from campaigns.calendar.days import CHINA
from campaigns.context import Context
from campaigns.document import Campaign, Route, build

NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)

TEXTS: dict[str, Any] = {
    "message": "先别转账。做任务要您垫钱的，停手。拿不准打96110。",
    "article": {
        "title": "先别垫钱",
        "digest": "要垫钱的任务，停手。",
        "body": "先别垫钱。\n\n怎么做\n- 停手\n- 打96110",
    },
    "notice": "要垫钱的任务，停手",
    "robot": "**先别垫钱**\n\n- 停手\n- 打96110",
    "sms": "【反诈提醒】要垫钱的任务，停手。拿不准打96110。",
    "screen": "要垫钱的任务 停手",
    "banner": "要垫钱的任务，停手。",
}
GOOD: dict[str, Any] = {
    "id": "good",
    "title": "先别垫钱",
    "kind": "flash",
    "audience": {"topics": ["brushing_rebate"]},
    "bulletins": ["brushing_rebate.task_group"],
    "sources": ["W3"],
    "routes": [str(route) for route in Route if route is not Route.WECHAT_DRAFT],
    "robots": ["class"],
    "variants": [{"texts": TEXTS}],
    "waves": [{"at": "2026-12-01T10:00:00"}],
}


def world(**changes: Any) -> Context:
    """Return the real knowledge with a verified service account, a notice template and one robot."""
    made = contexts.load(NOW, wechat="service", notices=True, robots=["class", "school"])
    return dataclasses.replace(made, **changes)


def document(texts: dict[str, Any] | None = None, **changes: Any) -> Campaign:
    """Return the good document with some texts and fields changed."""
    variants = [{"texts": {**TEXTS, **(texts or {})}}]
    return build({**GOOD, "variants": variants, **changes})


def codes(campaign: Campaign, context: Context | None = None, level: str = "error") -> set[str]:
    """Return the codes of what the lint finds."""
    found = lint.check(campaign, context or world())
    return {one.code for one in found if one.level == level}
