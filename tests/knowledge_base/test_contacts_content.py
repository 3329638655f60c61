"""The vetted content: contacts, sources and guides. A wrong hotline costs people their savings."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from reference_contacts import (
    AUDIENCES,
    CONTACT_KEYS,
    EXPECTED_NUMBERS,
    GUIDE_IDS,
    GUIDE_KEYS,
    HIDDEN_NUMBERS,
    KINDS,
    TOPICS,
)

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge_base"
# Three-digit service numbers, any run of five digits and more, 400/800 numbers, in any hyphenation.
HOTLINE = re.compile(
    r"\+\d[\d\- ]{4,}\d|(?<!\d)[48]00[- ]?\d{3}[- ]?\d{4}(?!\d)|(?<!\d)\d{3,4}-\d{5,}(?!\d)"
    r"|(?<!\d)\d{5,}(?!\d)|(?<!\d)1[12]\d(?!\d)"
)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


DOCUMENT = load(KNOWLEDGE / "contacts.yml")
CONTACTS: list[dict[str, Any]] = DOCUMENT["contacts"]
SOURCES: list[dict[str, Any]] = load(KNOWLEDGE / "sources.yml")["sources"]
CODES = {source["code"] for source in SOURCES}
GUIDES = {path.stem: load(path) for path in sorted((KNOWLEDGE / "guides").glob("*.yml"))}
BY_ID = {contact["id"]: contact for contact in CONTACTS}
guides = pytest.mark.parametrize("guide", list(GUIDES.values()), ids=list(GUIDES))


def forms(contact: dict[str, Any]) -> set[str]:
    return {form for form in [contact["number"], *contact["aliases"]] if form}


def codes(record: dict[str, Any]) -> set[str]:
    return set(filter(None, record["source"].split(", ")))


SHOWN = {form for contact in CONTACTS if contact["show"] for form in forms(contact)}


def said(guide: dict[str, Any]) -> list[str]:
    """Every sentence of a guide that a citizen reads."""
    return [guide["title"], guide["first_line"], *guide["steps"], *guide["dont"], *guide["next"]]


def test_contact_ids_are_unique_snake_case() -> None:
    ids = [contact["id"] for contact in CONTACTS]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", id_) for id_ in ids)


def test_no_two_contacts_share_a_number_a_domain_or_a_bank_name() -> None:
    numbers = [form for contact in CONTACTS for form in forms(contact)]
    domains = [contact["domain"] for contact in CONTACTS if contact["domain"]]
    bank_names = [name for contact in CONTACTS for name in contact["bank_names"]]
    for values in (numbers, domains, bank_names):
        assert len(values) == len(set(values))


@pytest.mark.parametrize("contact", CONTACTS, ids=lambda contact: contact["id"])
def test_contact_is_complete(contact: dict[str, Any]) -> None:
    assert set(contact) == CONTACT_KEYS
    assert contact["kind"] in KINDS
    assert contact["confidence"] in {"A", "B", "C", "D"}
    assert contact["name"] and contact["purpose"] and contact["how_to_verify"]
    assert contact["topics"] and set(contact["topics"]) <= TOPICS
    assert codes(contact) <= CODES
    assert contact["number"] is None or isinstance(contact["number"], str), "quote the number"
    assert all(isinstance(alias, str) for alias in contact["aliases"])
    assert contact["verified_on"] is None or isinstance(contact["verified_on"], date)
    assert bool(contact["bank_names"]) or contact["kind"] != "bank"


@pytest.mark.parametrize("contact", CONTACTS, ids=lambda contact: contact["id"])
def test_only_confidence_a_b_c_is_shown(contact: dict[str, Any]) -> None:
    assert contact["show"] is (contact["confidence"] in {"A", "B", "C"})
    if "G" in codes(contact):
        assert contact["confidence"] == "D", "general knowledge is never shown"


def test_every_shown_number_is_the_one_of_the_reference() -> None:
    shown = {c["id"]: c["number"] for c in CONTACTS if c["show"] and c["number"]}
    assert shown == EXPECTED_NUMBERS


def test_numbers_that_nobody_confirmed_are_hidden() -> None:
    assert {c["number"] for c in CONTACTS if not c["show"]} == HIDDEN_NUMBERS
    assert not HIDDEN_NUMBERS & SHOWN


def test_police_and_antifraud_line_are_shown() -> None:
    shown = {contact["number"] for contact in CONTACTS if contact["show"] is True}
    assert {"110", "96110"} <= shown


def test_domains_are_only_the_four_of_the_reference() -> None:
    domains = {contact["domain"] for contact in CONTACTS if contact["domain"]}
    assert domains == {"12321.cn", "12377.cn", "cyberpolice.cn", "nhsa.gov.cn"}


def test_shown_contact_texts_name_no_hidden_number() -> None:
    for contact in CONTACTS:
        if contact["show"]:
            text = " ".join(
                filter(None, (contact[k] for k in ("name", "purpose", "not_for", "how_to_verify")))
            )
            assert set(HOTLINE.findall(text)) <= SHOWN, contact["id"]


def test_the_complaint_line_is_not_called_an_alarm_line() -> None:
    assert "不是报警电话" in BY_ID["report_12321"]["not_for"]
    assert "emergency" not in BY_ID["report_12321"]["topics"]
    emergency = {contact["id"] for contact in CONTACTS if "emergency" in contact["topics"]}
    assert emergency == {"police_110", "police_sms_12110", "emergency_120"}


def test_fake_channels_are_no_contacts() -> None:
    official = SHOWN | {contact["domain"] for contact in CONTACTS if contact["domain"]}
    assert {c.get("domain") for c in DOCUMENT["fake_channels"]} >= {"usa110.com", "96110.syjbsc.cn"}
    assert {c.get("email") for c in DOCUMENT["fake_channels"]} >= {"kkaa110@126.com"}
    for channel in DOCUMENT["fake_channels"]:
        values = [value for key, value in channel.items() if key in {"domain", "email", "phrase"}]
        assert len(values) == 1 and values[0] not in official and channel["note"]


def test_wrong_statements_are_corrected_without_hidden_numbers() -> None:
    ids = [statement["id"] for statement in DOCUMENT["wrong_statements"]]
    assert len(ids) == len(set(ids)) >= 6
    for statement in DOCUMENT["wrong_statements"]:
        assert statement["wrong"] and statement["right"] and statement["wrong"] != statement["right"]
        assert statement["confidence"] in {"A", "B", "C"}
        assert codes(statement) <= CODES
        assert set(HOTLINE.findall(statement["right"])) <= SHOWN


def test_sources_are_all_there_once() -> None:
    codes = [source["code"] for source in SOURCES]
    expected = [*(f"S{n}" for n in range(5)), "L1", *(f"W{n}" for n in range(1, 39)), "G"]
    assert codes == expected


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source["code"])
def test_source_is_complete(source: dict[str, Any]) -> None:
    assert set(source) == {"code", "title", "issuer", "published", "note", "confidence"}
    assert source["title"] and source["issuer"]
    assert source["published"] is None or isinstance(source["published"], date)
    assert source["confidence"] in {"S", "A", "B", "C", "D"}
    text = f"{source['title']} {source['issuer']} {source['note'] or ''}"
    assert not re.search(r"https?:|www\.|[a-z0-9-]+\.(com|cn|net|org|cc|ooo|ai)\b", text)
    assert not re.search(r"1[3-9]\d{9}", text)


def test_all_guides_are_there() -> None:
    assert set(GUIDES) == GUIDE_IDS


@pytest.mark.parametrize("name", sorted(GUIDE_IDS))
def test_guide_is_complete(name: str) -> None:
    guide = GUIDES[name]
    assert set(guide) == GUIDE_KEYS
    assert guide["id"] == name
    assert guide["audience"] and set(guide["audience"]) <= AUDIENCES
    assert 3 <= len(guide["steps"]) <= 10
    assert guide["dont"] and guide["next"]
    assert set(guide["sources"]) <= CODES - {"G"}
    assert guide["sources"] or name == "privacy", "only privacy speaks of ourselves"
    assert guide["confidence"] in {"S", "A", "B", "C"}
    assert guide["review_by"] == date(2027, 6, 30)


@guides
def test_guide_sentences_are_short(guide: dict[str, Any]) -> None:
    for sentence in said(guide):
        assert sentence.strip() == sentence and 0 < len(sentence) <= 60, sentence


@guides
def test_guide_contacts_exist_and_are_shown(guide: dict[str, Any]) -> None:
    assert len(guide["contacts"]) == len(set(guide["contacts"]))
    for id_ in guide["contacts"]:
        assert id_ in BY_ID, id_
        assert BY_ID[id_]["show"] is True, id_


@guides
def test_every_hotline_in_a_guide_is_a_shown_contact(guide: dict[str, Any]) -> None:
    for sentence in said(guide):
        for number in HOTLINE.findall(sentence):
            assert number in SHOWN, f"{number} in {sentence!r}"


@guides
def test_guide_names_no_fake_channel_and_no_unknown_domain(guide: dict[str, Any]) -> None:
    text = "\n".join(said(guide))
    for channel in DOCUMENT["fake_channels"]:
        assert not any(value in text for key, value in channel.items() if key != "note")
    assert "@" not in text and "://" not in text
    known = {contact["domain"] for contact in CONTACTS if contact["show"] and contact["domain"]}
    assert set(re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", text.lower())) <= known


@guides
def test_guide_promises_nothing(guide: dict[str, Any]) -> None:
    text = "\n".join(said(guide))
    for promise in ("一定能追回", "保证追回", "百分之百", "100%", "肯定能追", "绝对安全", "怎么会信,"):
        assert promise not in text


@guides
def test_first_line_begins_with_the_action(guide: dict[str, Any]) -> None:
    assert guide["first_line"].startswith(("先", "请先"))


def test_already_paid_keeps_the_order_of_the_reference() -> None:
    steps = GUIDES["already_paid"]["steps"]
    marks = [
        "停：",
        "强制重启",
        "另一部手机",
        "恢复出厂",
        "110",
        "账号",
        "家人",
        "撤销",
        "改密码",
        "派出所做笔录",
    ]
    places = [next(i for i, step in enumerate(steps) if mark in step) for mark in marks]
    assert places == sorted(set(places))
    assert "110" in GUIDES["already_paid"]["first_line"]


@pytest.mark.parametrize(
    "name",
    [
        "already_paid",
        "gave_code_or_card",
        "stop_payment_what_police_need",
        "gold_or_cash_handed_over",
        "distress",
        "naked_chat",
        "overseas_student_parent",
        "recovery_scam_warning",
        "sharing_screen",
        "installed_app",
    ],
)
def test_after_a_loss_or_in_danger_110_comes_first(name: str) -> None:
    assert GUIDES[name]["contacts"][0] == "police_110"


def test_after_a_payment_96110_is_not_offered() -> None:
    assert "antifraud_96110" not in GUIDES["already_paid"]["contacts"]
    assert not any("96110" in step for step in GUIDES["already_paid"]["steps"])


def test_danger_to_life_comes_before_the_counselling_line() -> None:
    guide = GUIDES["distress"]
    assert guide["contacts"] == ["police_110", "emergency_120", "psych_12356"]
    assert "110" in guide["steps"][0] and "120" in guide["steps"][0]


def test_overseas_line_carries_its_warning() -> None:
    text = "\n".join(GUIDES["overseas_student_parent"]["dont"])
    assert "不转接" in text and "手动输" in text


def test_privacy_says_how_long_and_how_to_delete() -> None:
    text = "\n".join(GUIDES["privacy"]["steps"])
    assert "72小时" in text and "删除我的数据" in text
