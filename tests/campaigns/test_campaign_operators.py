"""Who may do what with campaigns: a list of its own, one name for one person, and the doctor's view of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.doctor.configured import look
from channels.operators import (
    CampaignRole,
    Role,
    load_campaign_operators,
    load_operators,
    make_entry,
    setting_of,
)
from channels.settings import Settings, SettingsError

TOKENS = {role: make_entry(f"{role}-li", role) for role in ("viewer", "author", "approver")}
SETTING = ", ".join(entry for _, entry in TOKENS.values())


def test_a_token_has_a_name_and_a_role() -> None:
    known = load_campaign_operators(SETTING)
    for role, (token, _) in TOKENS.items():
        found = known.known(f"Bearer {token}")
        assert found is not None and (found.name, found.role) == (f"{role}-li", CampaignRole[role.upper()])
    assert known.known("Bearer guess") is None and len(known) == 3
    assert load_campaign_operators("").names == {}


def test_the_two_lists_do_not_mix() -> None:
    _, agent = make_entry("wang", "agent")
    assert load_operators(agent).names == {"wang": Role.AGENT}
    for load, entry in ((load_operators, TOKENS["approver"][1]), (load_campaign_operators, agent)):
        with pytest.raises(SettingsError, match="each entry must be"):
            load(entry)
    assert setting_of("author") == "FANZHA_CAMPAIGN_OPERATORS" and setting_of("admin") == "FANZHA_OPERATORS"
    with pytest.raises(SettingsError):
        make_entry("li", "king")


def test_one_person_cannot_be_two() -> None:
    digest = "a" * 64
    for wrong in (
        f"li:author:{digest},wang:approver:{digest}",  # one token under two names
        f"li:author:{digest},li:approver:{'b' * 64}",  # one name in two roles
        f"li:author:{digest},Li:author:{'b' * 64}",  # two names that look alike
    ):
        with pytest.raises(SettingsError, match="FANZHA_CAMPAIGN_OPERATORS"):
            load_campaign_operators(wrong)
    twice = f"li:author:{digest},li:author:{'b' * 64}"  # a token that is being replaced
    assert len(load_campaign_operators(twice)) == 2


def said(tmp_path: Path, **changes: str) -> dict[str, tuple[str, str]]:
    settings = Settings(_env_file=None, data_dir=tmp_path, **changes)
    return {one.name: (one.level, one.said) for one in look(settings)}


def test_the_doctor_sees_who_cannot_approve(tmp_path: Path) -> None:
    assert said(tmp_path)["campaigns"] == ("ok", "off (no operators set up)")
    assert said(tmp_path, campaign_operators=SETTING)["campaigns"][0] == "ok"
    alone = said(tmp_path, campaign_operators=TOKENS["approver"][1])
    assert alone["campaigns"][0] == "warning"
    assert said(tmp_path, campaign_operators="x")["campaigns"][0] == "error"
    assert said(tmp_path, operator_token="t" * 43)["operator token"][0] == "warning"
