"""What the assessor's verdict on a pasted order says in the driver's conversation."""

from __future__ import annotations

from typing import Any

from bot.actions.guided import flow as flows
from bot.assessment.model import Assessment, Verdict

# Only these types are about the goods; "my order is odd" resembles complaints about shops, which says nothing here.
GOODS = frozenset({"gold_cash_courier", "mule_tool_person"})
# What the verdict answers in the flow's question; the points and reasons stand there.
TALK = {Verdict.SCAM: "like_scam", Verdict.SUSPICIOUS: "odd"}


def tells(assessment: Assessment | None) -> bool:
    """Tell whether the verdict is one about goods and money on their way."""
    return assessment is not None and assessment.scam_type in GOODS and assessment.verdict in TALK


def answer_of(flow_id: str, assessment: Assessment | None) -> dict[str, Any]:
    """Return the answer, by question id, that the verdict gives in a flow; empty when it gives none."""
    question = flows.load()[flow_id].pasted
    return {question: TALK[assessment.verdict]} if question and assessment and tells(assessment) else {}
