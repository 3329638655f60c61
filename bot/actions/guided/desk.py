"""The conversations of one person together: begin, answer, go on with the next flow, put aside, take up again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.actions.guided import flow as flows
from bot.actions.guided import machine
from bot.actions.guided.flow import COMMAND
from bot.actions.guided.machine import Scene, Step
from bot.actions.guided.present import command_button, word
from bot.actions.guided.result import Say
from bot.actions.guided.state import Desk

# A flow that leads to a flow that leads to a flow: more than this is a mistake in the files.
MOST_CHAINED = 4


@dataclass(frozen=True)
class Turn:
    """The desk after a message and at most two messages."""

    desk: Desk
    says: tuple[Say, ...]


def begin(
    desk: Desk, flow_id: str, scene: Scene, text: str = "", given: Mapping[str, Any] | None = None
) -> Turn:
    """Return the first turn of a flow; an unfinished other one waits. Raises ``KeyError`` for an unknown flow."""
    step = machine.begin(flows.load()[flow_id], scene, text, given)
    return _settle(desk.begin(step.state), step, scene)


def press(desk: Desk, value: str, scene: Scene) -> Turn:
    """Return the turn after a button's value ``flow:question:option``; one of a waiting flow takes that up again."""
    flow_id, question_id, option_id = value.split(":")
    flow = flows.load().get(flow_id)
    if flow is None:
        return Turn(desk, (Say(word("say", "gone")),))
    state = desk.open if desk.open and desk.open.flow == flow_id else None
    if state is None:
        waiting = next((one for one in desk.waiting if one.flow == flow_id), None)
        if waiting is None:
            # The conversation was forgotten meanwhile: begin it with the answer that was pressed.
            if question_id == COMMAND:
                return begin(desk, flow_id, scene)
            step = machine.begin(flow, scene, quiet=True)
            return _settle(
                desk.begin(step.state), machine.press(flow, step.state, question_id, option_id, scene), scene
            )
        others = tuple(one for one in desk.waiting if one is not waiting)
        desk, state = Desk(desk.open, others).begin(replace(waiting, status="open")), waiting
    if question_id == COMMAND and option_id == "resume":
        return _resumed(desk, scene)
    if question_id == COMMAND:
        step = machine.command_step(flow, state, option_id, scene)
    else:
        step = machine.press(flow, state, question_id, option_id, scene)
    return _settle(desk, step, scene)


def hear(desk: Desk, text: str, scene: Scene) -> Turn:
    """Return the turn after typed words for the open conversation."""
    assert desk.open is not None
    flow = flows.load()[desk.open.flow]
    return _settle(desk, machine.hear(flow, desk.open, text, scene), scene, text)


def remind(desk: Desk, scene: Scene, aside: Say) -> Turn:
    """Return ``aside``, the answer to a question in between, and the open question once more."""
    assert desk.open is not None
    step = machine.ask_again(flows.load()[desk.open.flow], desk.open, scene)
    return Turn(replace(desk, open=step.state), (aside, *step.says[:1]))


def told(desk: Desk, text: str, scene: Scene, verdict: Say, given: Mapping[str, Any]) -> Turn:
    """Return the ``verdict`` on a pasted text and what follows now that its facts are known."""
    assert desk.open is not None
    step = machine.note(flows.load()[desk.open.flow], desk.open, text, scene, given)
    turn = _settle(desk, step, scene, text)
    return Turn(turn.desk, (verdict, *turn.says[:1]))


def resume(desk: Desk, scene: Scene) -> Turn | None:
    """Return the turn that takes the latest waiting conversation up again, None when none waits."""
    taken = desk.resume() if not is_open(desk) else desk
    if not is_open(taken):
        return None
    return _resumed(taken, scene)


def is_open(desk: Desk) -> bool:
    """Tell whether a question is open."""
    return desk.open is not None and desk.open.status == "open"


def offer(desk: Desk) -> tuple[str, dict[str, str]] | None:
    """Return the sentence and the button that offer the waiting conversation, None when none waits."""
    if not desk.waiting or desk.waiting[-1].flow not in flows.load():
        return None
    flow = flows.load()[desk.waiting[-1].flow]
    return word("say", "waiting").format(title=flow.title), command_button(flow.id, "resume")


def _resumed(desk: Desk, scene: Scene) -> Turn:
    assert desk.open is not None
    flow = flows.load()[desk.open.flow]
    line = word("say", "resumed").format(title=flow.title)
    step = machine.ask_again(flow, replace(desk.open, status="open"), scene, [line])
    return _settle(desk, step, scene)


def _settle(desk: Desk, step: Step, scene: Scene, text: str = "") -> Turn:
    """Follow ``then`` to the next flow, and keep the state; a waiting conversation is offered at the end.

    The next flow picks up facts from the first words and from ``text``, the latest.
    """
    says = step.says
    for _ in range(MOST_CHAINED):
        if step.then is None:
            break
        before = step.state
        words = before.first if text in before.first else f"{before.first}\n{text}"
        step = machine.begin(
            flows.load()[step.then], scene, words, before.answers, quiet=any(say.text for say in says)
        )
        says = (*says[:1], *step.says[-1:]) if says else step.says
    desk = replace(desk, open=step.state)
    if step.state.status == "left":
        kept = replace(step.state, status="open")
        return Turn(replace(desk, open=kept).put_aside(), says[:2])
    offered = offer(desk) if step.state.status == "done" else None
    if offered and says and len(says) < 2:
        says = (*says, Say(offered[0], [offered[1]]))
    return Turn(desk, says[:2])
