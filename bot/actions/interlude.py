"""A question or a pasted text in the middle of a conversation: answered in one message, without opening anything."""

from __future__ import annotations

from bot.actions.guide_card import guide_card, guide_text
from bot.actions.guided.result import Say
from bot.actions.judge import JudgeSource
from bot.actions.show_guide import choose
from bot.actions.verdict_card import verdict_card, verdict_text
from bot.actions.verdict_reply import assess
from bot.assessment.model import Assessment
from knowledge_base import contacts, guides


def answer_between(intent: str, text: str, judge: JudgeSource) -> Say | None:
    """Return the guide for a question (``learn``), the verdict on anything else; None when neither can be given."""
    if intent == "learn":
        topic = choose(intent, text)
        guide = guides.load().get(topic["guide"])
        if guide is not None:
            return Say(guide_text(guide, topic.get("text")), (), guide_card(guide, contacts.load()))
    assessment = assess(judge, text)
    if assessment is None:
        return None
    return verdict_say(assessment, text)


def verdict_say(assessment: Assessment, text: str) -> Say:
    """Return the verdict on ``text`` as one message that opens nothing."""
    return Say(verdict_text(assessment, True), (), verdict_card(assessment, text, contacts.load(), True))
