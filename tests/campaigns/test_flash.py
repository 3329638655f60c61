"""From every bulletin a whole document in one call, that the lint lets through for every route there is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from campaigns import flash, lint
from campaigns.calendar.days import CHINA
from campaigns.document import Audience, Kind, Route
from knowledge_base import content, shelf
from tests.campaigns.lint_house import NOW, world

LINE = "这两天辖区里已经有人接到这样的电话。"
WHOM = Audience(roles=("resident",))
REBATE = shelf.load().bulletins["brushing_rebate.task_group"]
EVERY_ROUTE = tuple(route for route in Route if route is not Route.WECHAT_DRAFT)


@pytest.mark.parametrize("name", shelf.load().bulletins)
def test_a_flash_warning_of_every_bulletin_passes(name: str) -> None:
    made = flash.from_bulletin(shelf.load().bulletins[name], LINE, WHOM, NOW, EVERY_ROUTE, ["class"])
    found = lint.check(made, world())
    assert lint.errors(found) == ()
    # A figure in the bulletin's own words is left for the approver to look at.
    assert {one.code for one in found} <= {"fact_not_in_list", "bulletin_overdue"}
    texts = made.variants[0].texts
    assert LINE in texts.message
    assert LINE in texts.robot
    assert texts.article is not None
    assert LINE in texts.article.body
    assert "110" in texts.message
    assert len(texts.message) <= 300
    assert made.bulletins == (name,)


def test_most_bulletins_speak_in_their_own_words() -> None:
    stand_ins = flash.load().instead
    used = 0
    for bulletin in shelf.load().bulletins.values():
        article = flash.from_bulletin(bulletin, LINE, WHOM, NOW).variants[0].texts.article
        assert article is not None
        used += any(text in article.body for text in stand_ins.values())
    assert used <= 3


def test_the_form_of_the_document() -> None:
    made = flash.from_bulletin(REBATE, f"  {LINE} ", WHOM, NOW)
    assert made.kind is Kind.FLASH
    assert made.id == "flash-261123-task_group"
    assert made.audience == WHOM
    assert made.sources == tuple(REBATE.sources)
    assert Route.ROBOT not in made.routes
    assert Route.WECHAT_MASS not in made.routes
    assert made.waves[0].at == dt.datetime(2026, 11, 23, 10, 10)


@pytest.mark.parametrize(
    ("clock", "at"),
    [
        ((21, 19), dt.datetime(2026, 11, 23, 21, 29)),
        ((21, 20), dt.datetime(2026, 11, 24, 8, 0)),
        ((3, 0), dt.datetime(2026, 11, 23, 8, 0)),
        ((7, 55), dt.datetime(2026, 11, 23, 8, 5)),
    ],
)
def test_nobody_is_woken(clock: tuple[int, int], at: dt.datetime) -> None:
    now = dt.datetime(2026, 11, 23, *clock, tzinfo=CHINA).astimezone(dt.UTC)
    made = flash.from_bulletin(REBATE, LINE, WHOM, now, EVERY_ROUTE, ["class"])
    assert made.waves[0].at == at
    assert lint.errors(lint.check(made, world(now=now))) == ()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("有事打13800000000。", "number_unknown"),
        ("详情看 t.cn/abc 。", "link_unknown"),
        ("报了案一定能追回。", "promise"),
        ("@all 都来看。", "injection"),
        ("请点击链接登记。", "scam_words_unmarked"),
        ("已有\u200b三人被骗。", "hidden_characters"),
    ],
)
def test_a_line_that_the_lint_would_refuse_is_refused_at_once(line: str, code: str) -> None:
    with pytest.raises(flash.LineRefused) as refused:
        flash.from_bulletin(REBATE, line, WHOM, NOW)
    assert code in {one.code for one in refused.value.findings}


@pytest.mark.parametrize("line", ["", "  ", "停" * 81])
def test_a_line_is_needed_and_short(line: str) -> None:
    with pytest.raises(flash.LineRefused) as refused:
        flash.from_bulletin(REBATE, line, WHOM, NOW)
    assert refused.value.findings == ()


def test_sentences_that_cannot_stand_are_left_out() -> None:
    bad = "点击链接就能领，一定能追回，打13800000000"
    spoiled = REBATE.model_copy(
        update={
            "title": bad[:30],
            "summary": bad,
            "signs": [bad, "对方催您马上垫钱", bad],
            "stages": REBATE.stages.model_copy(update={"hook": bad, "payment": bad}),
        }
    )
    made = flash.from_bulletin(spoiled, LINE, WHOM, NOW, EVERY_ROUTE, ["class"])
    assert lint.errors(lint.check(made, world())) == ()
    assert "13800000000" not in str(made.model_dump())
    assert "对方催您马上垫钱" in made.variants[0].texts.message
    assert flash.load().instead["title"] in made.title


def test_the_shortest_form_of_each_place_always_fits() -> None:
    templates = flash.load()
    for name in templates.short_names.values():
        assert len(name) <= 8
    longest = REBATE.model_copy(update={"title": "停" * 30})
    made = flash.from_bulletin(longest, "停" * 80, WHOM, NOW, EVERY_ROUTE, ["class"])
    assert lint.errors(lint.check(made, world())) == ()


def test_a_file_that_knows_a_type_less_is_at_fault(tmp_path: Path) -> None:
    text = flash.FILE.read_text("utf-8")
    for broken in (text.replace("  nfc_tap: 贴卡盗刷\n", ""), text.replace("sms:", "smz:")):
        path = tmp_path / "flash.yml"
        path.write_text(broken, "utf-8")
        flash.load.cache_clear()
        with pytest.raises(content.ContentError, match=r"flash\.yml"):
            flash.load(path)
    flash.load.cache_clear()
