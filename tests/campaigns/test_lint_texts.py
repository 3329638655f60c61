"""Each rule about words has a document that breaks it, and one that comes near and does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from campaigns import finding, lint
from campaigns.document import Route
from campaigns.rules.lengths import NEEDED
from knowledge_base import content
from tests.campaigns.lint_house import TEXTS, codes, document, world

ARTICLE = TEXTS["article"]


def test_the_good_document_has_no_finding_at_all() -> None:
    assert lint.check(document(), world()) == ()


@pytest.mark.parametrize("field", ["message", "article", "notice", "robot", "banner"])
def test_a_text_that_a_route_needs_must_be_there(field: str) -> None:
    for route in NEEDED[field]:
        empty: dict[str, Any] = {field: None if field == "article" else " \n"}
        robots = ["class"] if route is Route.ROBOT else []
        found = lint.check(document(empty, routes=[str(route)], robots=robots), world())
        assert ("text_missing", f"variants.a.{field}") in {(one.code, one.field) for one in found}, route


def test_export_needs_a_text_for_sms_or_screen() -> None:
    assert "text_missing" in codes(document({"sms": "", "screen": ""}))
    assert codes(document({"sms": ""})) == set()


def test_every_variant_is_looked_at() -> None:
    variants = [{"key": "a", "texts": TEXTS}, {"key": "b", "texts": {**TEXTS, "message": ""}}]
    found = lint.check(document(variants=variants), world())
    assert [(one.code, one.field) for one in found] == [("text_missing", "variants.b.message")]


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"notice": "停" * 21}, "notice_too_long"),
        ({"message": "停" * 683}, "message_bytes_too_long"),
        ({"robot": "停" * 1366}, "robot_bytes_too_long"),
        ({"sms": "【反诈提醒】" + "停" * 65}, "sms_too_long"),
        ({"sms": "先停手。"}, "sms_without_signature"),
        ({"screen": "停" * 21}, "screen_too_long"),
        ({"banner": "停" * 61}, "banner_too_long"),
        ({"article": {**ARTICLE, "title": "停" * 65}}, "article_too_long"),
        ({"article": {**ARTICLE, "digest": "停" * 121}}, "article_too_long"),
        ({"article": {**ARTICLE, "body": "停" * 20_001}}, "article_too_long"),
        ({"article": {**ARTICLE, "title": " "}}, "article_empty"),
        ({"article": {**ARTICLE, "body": ""}}, "article_empty"),
    ],
)
def test_what_does_not_fit_is_an_error(texts: dict[str, Any], code: str) -> None:
    assert codes(document(texts)) == {code}


def test_what_just_fits_is_none() -> None:
    texts = {
        "notice": "停" * 20,
        "message": "停" * 682,
        "robot": "停" * 1365,
        "sms": "【反诈提醒】" + "停" * 64,
        "screen": "停" * 20,
        "banner": "停" * 60,
        "article": {"title": "停" * 32, "digest": "停" * 120, "body": "停" * 20_000},
    }
    assert lint.check(document(texts), world()) == ()


def test_telegram_counts_in_utf16_and_wechat_in_bytes() -> None:
    emoji = "\U0001f6d1" * 2_049  # two units each, four bytes
    assert "message_utf16_too_long" in codes(document({"message": emoji}, routes=["telegram"], robots=[]))
    long = document({"message": "停" * 700}, routes=["telegram"], robots=[])
    assert codes(long) == set()


def test_a_title_that_a_list_cuts_off_is_a_warning() -> None:
    article = {**ARTICLE, "title": "停" * 33}
    assert codes(document({"article": article}), level="warning") == {"article_title_cut_off"}


@pytest.mark.parametrize("field", ["notice", "sms", "screen", "banner"])
def test_one_line_is_one_line(field: str) -> None:
    assert "line_break" in codes(document({field: TEXTS[field] + "\n停手"}))


def test_lines_that_dingtalk_would_join_are_a_warning() -> None:
    joined = document({"robot": "先停手\n打96110"})
    assert codes(joined, level="warning") == {"robot_lines_joined"}


@pytest.mark.parametrize(
    "text",
    [
        "三成的人上过当",
        "87%的人",
        "２０％的人",
        "2025年破案很多",
        "12月1日起",
        "罚款五千元",
        "反诈法第31条",
        "48小时",
    ],
)
def test_a_fact_needs_a_source(text: str) -> None:
    assert codes(document({"message": text}, sources=[])) == {"fact_without_source"}
    with_source = document({"message": text}, sources=["W3"])
    assert codes(with_source) == set()
    assert codes(with_source, level="warning") == {"fact_not_in_list"}


def test_a_fact_of_the_list_needs_nothing_more_and_quoted_words_are_no_fact() -> None:
    assert (
        lint.check(
            document({"message": "先停五分钟。骗子说“24小时内有效”。", "sms": "【反诈提醒】停"}, sources=[]),
            world(),
        )
        == ()
    )


def test_a_source_must_be_known_and_verified() -> None:
    assert codes(document(sources=["W3", "X9"])) == {"source_unknown"}
    assert codes(document(sources=["W3", "G"])) == {"source_weak"}
    assert "fact_without_source" in codes(document({"message": "87%的人"}, sources=["W3", "G"]))


def test_a_bulletin_must_be_known_and_stand() -> None:
    name = "brushing_rebate.task_group"
    assert codes(document(bulletins=[name, "no_such.thing"])) == {"bulletin_unknown"}
    assert codes(document(), world(bulletins={name: True})) == {"bulletin_withdrawn"}
    assert codes(document(), world(overdue=frozenset({name})), "warning") == {"bulletin_overdue"}


def test_what_stops_a_running_campaign_is_words_and_bulletins_alone() -> None:
    past = document(waves=[{"at": "2020-01-01T10:00:00"}])
    assert lint.check_running(past, world(wechat="", robots=frozenset())) == ()
    stopped = lint.check_running(past, world(bulletins={"brushing_rebate.task_group": True}))
    assert [one.code for one in stopped] == ["bulletin_withdrawn"]


def test_every_code_has_a_sentence_in_chinese_and_every_sentence_names_its_detail() -> None:
    book = finding.load()
    for code in book.says:
        said = lint.sentence(book.finding(code, "variants.a.sms", "七十"))
        assert "{" not in said, code
        assert said.endswith("。"), code


def test_a_file_at_fault_is_named(tmp_path: Path) -> None:
    text = finding.FILE.read_text("utf-8")
    for wrong in (text.replace("limits:", "limit:"), text.replace("quoted: '", "quoted: '("), text + "\n: ["):
        path = tmp_path / "lint.yml"
        path.write_text(wrong, "utf-8")
        finding.load.cache_clear()
        with pytest.raises(content.ContentError, match=r"lint\.yml"):
            finding.load(path)
    finding.load.cache_clear()


def test_errors_come_first() -> None:
    found = lint.check(document({"message": "87%的人", "banner": "一定能追回"}), world())
    assert [one.level for one in found] == sorted(one.level for one in found)
