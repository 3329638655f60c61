"""The fact check finds what has no source, in the real content and in made-up sentences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import fact_check
from bench.fact_places import ROOT, Sentence, sentences
from bench.fact_table import table
from knowledge_base import contacts, facts

REGISTRY, BOOK = facts.load(), contacts.load()


def problems(text: str) -> list[str]:
    return fact_check.check([Sentence("x.yml", text)], REGISTRY, BOOK).problems


def test_everything_that_citizens_read_has_a_source() -> None:
    report = fact_check.whole()
    assert report.problems == []
    assert len(report.facts) >= 30 and len(report.hotlines) >= 35


def test_the_page_is_the_one_the_command_writes() -> None:
    report = fact_check.whole()
    written = (ROOT / "docs" / "fact_check.md").read_text(encoding="utf-8")
    assert written == table(report, REGISTRY, BOOK), (
        "run: python -m bench.fact_check --write docs/fact_check.md"
    )


@pytest.mark.parametrize(
    "text",
    [
        "止付从止付起72小时，同一账户最多两次。",
        "紧急止付48小时，同一账户最多三次。",
        "反诈法第45条写着不许出借。",
        "刑法第266条：三年以下。",
        "出借银行卡要判刑的。",
        "举报奖励1000元。",
        "办返还要收手续费，30日公告。",
        "24小时内肯定能撤回。",
        "拨打12399举报。",
        "自己打13800001111问。",
        "登录 anti-fraud-gov.com 查询。",
        "The freeze lasts 72 hours.",
    ],
)
def test_a_statement_without_a_source_is_found(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize(
    "text",
    [
        "止付从止付起48小时，同一账户最多两次。",
        "学生、未成年人依法从宽。",
        "自己拨110，拿不准打96110。",
        "他说“三年以上有期徒刑”的，是吓人的话。",
        "到 12377.cn 举报。",
        "先停下，别转账。",
    ],
)
def test_a_statement_with_a_source_passes(text: str) -> None:
    assert problems(text) == []


def test_a_weak_or_unknown_source_is_found() -> None:
    fact = REGISTRY.facts[0]
    weak = replace(REGISTRY, facts=(fact.model_copy(update={"confidence": "D"}), *REGISTRY.facts[1:]))
    assert any("below C" in problem for problem in fact_check.check([], weak, BOOK).problems)
    lost = replace(REGISTRY, facts=(fact.model_copy(update={"sources": ["W99"]}), *REGISTRY.facts[1:]))
    assert any("W99" in problem for problem in fact_check.check([], lost, BOOK).problems)
    twice = replace(REGISTRY, facts=(fact, *REGISTRY.facts))
    assert any("twice" in problem for problem in fact_check.check([], twice, BOOK).problems)


def test_a_hotline_needs_a_source_of_its_own_confidence() -> None:
    fewer = {name: source for name, source in REGISTRY.hotlines.items() if name != "police_110"}
    assert any(
        "police_110" in p for p in fact_check.check([], replace(REGISTRY, hotlines=fewer), BOOK).problems
    )
    source = REGISTRY.hotlines["police_110"].model_copy(update={"confidence": "C"})
    other = replace(REGISTRY, hotlines={**REGISTRY.hotlines, "police_110": source})
    assert any("contacts.yml says A" in p for p in fact_check.check([], other, BOOK).problems)
    more = replace(REGISTRY, hotlines={**REGISTRY.hotlines, "crime_12337": source})
    assert any("crime_12337" in p for p in fact_check.check([], more, BOOK).problems)


def test_rows_are_looked_up_in_their_section() -> None:
    fact = REGISTRY.facts[0]
    short = replace(REGISTRY, facts=(fact,), hotlines={})
    there = f"## {fact.section[0]}. x\n### {fact.section} y\n| {fact.row} | B |\n"
    assert list(fact_check.look_up(there, short)) == []
    elsewhere = f"### {fact.section} y\nnothing\n### 9.9 z\n{fact.row}\n"
    assert len(list(fact_check.look_up(elsewhere, short))) == 1


def test_the_command_writes_only_what_is_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "page.md"
    assert fact_check.main(["--write", str(target)]) == 0
    assert target.read_text(encoding="utf-8").startswith("# Fact check")
    monkeypatch.setattr(fact_check, "sentences", lambda _root: [Sentence("x.yml", "第99条：判刑。")])
    target.unlink()
    assert fact_check.main(["--write", str(target)]) == 1
    assert not target.exists() and "x.yml" in capsys.readouterr().out


def test_patterns_ids_and_payloads_are_not_read_as_sentences() -> None:
    texts = {sentence.text for sentence in sentences()}
    assert "/already_paid" not in texts
    assert not any("(?:" in text for text in texts)


def test_a_card_may_name_shown_hotlines_only() -> None:
    report = fact_check.Report()
    fact_check.on_cards([Sentence("x.yml", "crime_12337"), Sentence("x.yml", "police_110")], BOOK, report)
    assert len(report.problems) == 1 and report.hotlines["police_110"] == {"x.yml"}
