"""Is a campaign fit to be sent? All faults of a document at once, each with a code, a place and a sentence.

``check`` is for documents that are to be submitted or approved. While a campaign is being sent, ``check_running`` says
what has come in between: a bulletin that was withdrawn, a hotline that is no longer shown.
"""

from __future__ import annotations

from collections.abc import Iterable

from campaigns import finding
from campaigns.context import Context
from campaigns.document import Campaign
from campaigns.finding import Finding
from campaigns.rules import audience, facts, lengths, numbers, platforms, waves, wording

__all__ = ["Context", "Finding", "check", "check_running", "check_texts", "errors", "sentence"]

TEXT_RULES = (numbers.rules, wording.rules, facts.rules, facts.bulletin_rules)
RULES = (lengths.rules, *TEXT_RULES, platforms.rules, audience.rules, waves.rules)


def check(campaign: Campaign, context: Context) -> tuple[Finding, ...]:
    """Return all findings, errors first; the same one is named once for each place."""
    return _run(RULES, campaign, context)


def check_running(campaign: Campaign, context: Context) -> tuple[Finding, ...]:
    """Return the errors that must stop a campaign that is under way; dates and set-up are not looked at again."""
    return errors(check_texts(campaign, context))


def check_texts(campaign: Campaign, context: Context) -> tuple[Finding, ...]:
    """Return the findings about words, numbers, facts and bulletins alone, errors first."""
    return _run(TEXT_RULES, campaign, context)


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return those that forbid sending."""
    return tuple(found for found in findings if found.level == "error")


def sentence(found: Finding) -> str:
    """Return a finding as a Chinese sentence for operators."""
    return finding.load().sentence(found)


def _run(rules: Iterable[finding.Rule], campaign: Campaign, context: Context) -> tuple[Finding, ...]:
    book = finding.load()
    found = dict.fromkeys(one for rule in rules for one in rule(campaign, context, book))
    return tuple(sorted(found, key=lambda one: one.level != "error"))
