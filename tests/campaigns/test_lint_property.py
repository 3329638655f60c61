"""The lint raises for no document that can be built, whatever stands in it."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import lint
from campaigns.calendar import occasions
from campaigns.document import DocumentError, Kind, Route, build
from tests.campaigns.lint_house import GOOD, world

ODD = [
    "【",
    "“",
    "”",
    "「",
    "http://",
    "[::1]",
    "@",
    "\x00",
    "\u202e",
    "13800000000",
    "点击链接",
    "一定能追回",
    "- ",
    "\n",
    "\ud7ff",
]
WORDS = st.lists(st.one_of(st.text(max_size=20), st.sampled_from(ODD)), max_size=8).map("".join)
LINKS = st.text(alphabet="abc.:/@[]%#?0189-。·", max_size=30)
TEXT = st.one_of(WORDS, LINKS, st.text(max_size=400))
ARTICLES = st.none() | st.fixed_dictionaries({"title": TEXT, "digest": TEXT, "body": TEXT})
KEYS = ("message", "notice", "robot", "sms", "screen", "banner")
TEXTS = st.fixed_dictionaries({**dict.fromkeys(KEYS, TEXT), "article": ARTICLES})
WAVES = st.one_of(
    st.datetimes().map(lambda at: {"at": at}),
    st.tuples(st.integers(-60, 60), st.times()).map(lambda both: {"offset_days": both[0], "time": both[1]}),
)
NAMES = st.sampled_from([*occasions.load(), "nothing"])
ANY_WORDS = st.lists(st.text(min_size=1, max_size=10), max_size=3)
AUDIENCES = st.fixed_dictionaries(
    {
        "everyone": st.booleans(),
        "roles": ANY_WORDS,
        "ages": ANY_WORDS,
        "channels": ANY_WORDS,
        "topics": ANY_WORDS,
    }
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([str(kind) for kind in Kind]),
        "occasion": st.none() | NAMES,
        "audience": AUDIENCES,
        "bulletins": st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=3),
        "sources": st.lists(st.sampled_from(["W3", "G", "?"]), max_size=3),
        "routes": st.lists(
            st.sampled_from([str(route) for route in Route]), min_size=1, max_size=11, unique=True
        ),
        "robots": ANY_WORDS,
        "variants": st.lists(TEXTS.map(lambda texts: {"texts": texts}), min_size=1, max_size=1),
        "waves": st.lists(WAVES, min_size=1, max_size=4),
        "quotes": st.lists(TEXT, max_size=3),
        "quiet_hours": st.fixed_dictionaries({"start": st.times(), "end": st.times()}),
        "picture": st.none()
        | st.fixed_dictionaries({"template": st.just("calm"), "headline": st.text(min_size=2, max_size=30)}),
        "stop": st.fixed_dictionaries({"until": st.none() | st.dates()}),
    }
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(DOCUMENTS, st.datetimes(min_value=dt.datetime(1, 1, 3), max_value=dt.datetime(9999, 12, 29)))
def test_the_lint_never_raises(fields: dict[str, Any], now: dt.datetime) -> None:
    try:
        campaign = build({**GOOD, **fields})
    except DocumentError:
        return
    context = world(now=now.replace(tzinfo=dt.UTC), others=(campaign.model_copy(update={"id": "other"}),))
    for found in (*lint.check(campaign, context), *lint.check_running(campaign, context)):
        assert "{" not in lint.sentence(found).replace(found.detail, "").replace(found.field, "")


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet="0123456789 -+１２３", min_size=7, max_size=16),
    st.sampled_from(["message", "sms", "robot"]),
)
def test_no_long_number_gets_through(number: str, field: str) -> None:
    """Eleven digits in a row, however they are grouped, are never shown unless contacts.yml has them."""
    campaign = build({**GOOD, "variants": [{"texts": {field: f"【反诈提醒】有事打1{number}"}}]})
    context = world()
    digits = [one for one in number if one.isdigit()]
    grouped = not any(pair in number for pair in ("  ", "--", "- ", " -", "+", "-+", " +"))
    if len(digits) >= 10 and grouped and number[-1].isdigit():
        assert "number_unknown" in {found.code for found in lint.check(campaign, context)}


@pytest.mark.parametrize(
    "part",
    ["停", "5元", "a.", "a@", "“", "1 ", "点击", "反", "] ", "【", "一定能", "=\n", "- ", "[", "http:"],
)
def test_a_long_text_is_read_in_a_moment(part: str) -> None:
    """Patterns without a bound would take minutes for such texts, and a document comes from outside."""
    body = (part * 20_000)[:20_000]
    campaign = build(
        {**GOOD, "variants": [{"texts": {"article": {"title": "x", "digest": "x", "body": body}}}]}
    )
    context = world()
    started = time.process_time()
    lint.check(campaign, context)
    assert time.process_time() - started < 2
