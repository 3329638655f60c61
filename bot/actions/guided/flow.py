"""What a guided conversation is made of: the schema of ``bot/actions/flows/*.yml``, and its loader.

For writers of flows
- YAML reads a bare ``no``/``yes``/``on``/``off`` as true or false: write ids like ``"no"`` in quotes, or better ``none``.
- Ids are lower-case words ``[a-z][a-z0-9_]{0,29}``. A button's payload is ``/answer{"guided_answer":"flow:question:option"}``;
  the engine makes it. A button that begins a flow is ``/begin{"guided_flow":"<flow id>"}``; both need no listing
  in button_intents.yml.
- In ``ask``, ``opening``, ``say_after``, ``text`` and every string of a card, ``{question_id}`` is the answer as a
  person reads it (option title, "3万2千元", "今天 15:00"; not told: "还不清楚"), ``{score}`` the sum of ``score``
  of the chosen options, ``{reasons}`` their ``why`` lines, one a line. Other braces must be doubled.
- ``card.steps``, ``dont``, ``next`` may hold the item ``"{reasons}"``: it becomes one item a reason.
- Several facts in one sentence are picked up: amount, time and bank questions by themselves (``pick_up: false`` turns
  it off), a choice only with ``pick_up: true``, a text only with ``pick_pattern`` (a regular expression whose first
  group is the answer, "收款人(.{2,4})"). Picked-up answers are not asked again. Nothing is picked up from the answer
  to a text question.
- "退出" gives the result so far: an outcome is called with ``told.complete`` False; of ``ends`` one whose ``when`` holds
  is used, never the last one (it may say "no sign" while half the questions are open).
- Three answers that nobody understands, and an optional question is skipped.
- A choice shows its options and, while there is room (8 buttons), "不知道" when the question is optional and no
  option has the id ``unknown``.
- ``choices``: each press adds one and the rest is shown again with "就这些"; a typed answer with several words or
  numbers ("1 3 4") is taken whole and the flow goes on.
- Every condition is checked when it is needed; an answer that a correction made pointless is dropped by itself.
- ``guide: <id>`` at an end shows that guide of the knowledge base as the card, in place of ``card``.
- ``reopens: <question id>`` at an option asks that earlier question again ("换手机型号") in place of being an answer.
- ``then: <flow id>`` at an end goes on with that flow; answers to questions with the same id are handed over.
- ``outcome: name`` calls ``bot/actions/outcomes/<name>.py``: ``conclude(told: Told) -> list[Say]``, see result.py. Ends may stand
  beside it, all with ``when``: the first that holds is used in its place.
- Try it: ``PYTHONPATH=. .venv/bin/python -m bot.actions.guided.play <flow id> ["first message"]``.
"""

from __future__ import annotations

import re
import string
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import (
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.actions.guided.condition import Condition, Strict, Title
from bot.actions.language import speak, speaking, translated

FOLDER = Path(__file__).parent.parent / "flows"
ID = re.compile(r"[a-z][a-z0-9_]{0,29}")
# A menu of more than eight cannot be read by somebody whose hands shake; the web page shows eight.
MOST_BUTTONS = 8
LONGEST_TEXT = 300


COMMAND = "do"  # stands where a question's id stands in a button that skips, repeats, resumes
Kind = Literal["choice", "choices", "yes_no", "amount", "time", "text", "bank"]


class FlowError(Exception):
    """A flow file is broken; the message names the file and the place. Our bug: fix the file."""


class Option(Strict):
    """One thing to choose. ``words``: a regular expression on the lower-case answer; ``why``: the reason to list.

    ``alone``: of several choices this one goes with no other ("all of them").
    """

    id: str
    title: Title
    words: str | None = None
    score: int = 0
    why: str | None = None
    reopens: str | None = None
    alone: bool = False

    @field_validator("words")
    @classmethod
    def _compiles(cls, words: str | None) -> str | None:
        if words is not None:
            re.compile(words)
        return words


class Question(Strict):
    """One question. ``words``: which words name it in a correction ("改金额"); ``help``: for "什么意思".

    ``not_of``: from these words on, a sentence speaks of somebody else and answers nothing here.
    """

    id: str
    name: str
    ask: str = Field(max_length=200)
    kind: Kind
    words: str | None = None
    options: tuple[Option, ...] = ()
    only_if: Condition | None = None
    optional: bool = True
    say_after: dict[str, str] = {}
    help: str | None = None
    pick_up: bool | None = None
    pick_pattern: str | None = None
    not_of: str | None = None

    @field_validator("options", mode="before")
    @classmethod
    def _as_tuple(cls, raw: Any) -> Any:
        return tuple(raw) if isinstance(raw, list) else raw

    @model_validator(mode="after")
    def _fits(self) -> Question:
        if (self.kind in ("choice", "choices")) != bool(self.options) and self.kind != "yes_no":
            raise ValueError(f"{self.id}: options belong to choice, choices and yes_no, and those need them")
        if len(self.options) > MOST_BUTTONS:
            raise ValueError(f"{self.id}: at most {MOST_BUTTONS} options")
        ids = [option.id for option in self.options]
        if len(set(ids)) != len(ids) or not all(ID.fullmatch(one) for one in (self.id, *ids)):
            raise ValueError(f"{self.id}: ids must be unique and match {ID.pattern}")
        if set(self.say_after) - set(ids):
            raise ValueError(f"{self.id}: say_after names an option that is not there")
        re.compile(self.words or "")
        re.compile(self.pick_pattern or "")
        re.compile(self.not_of or "")
        if self.id == COMMAND:
            raise ValueError(f"{COMMAND!r} is kept for commands")
        return self

    def option(self, option_id: str) -> Option | None:
        """Return the option with this id, or None."""
        return next((option for option in self.options if option.id == option_id), None)


class Card(Strict):
    """A card of the page; ``contacts`` are ids of contacts.yml, ``headings`` replace those of card_headings.yml."""

    kind: Literal["guide"] = "guide"
    headings: dict[str, str] = {}
    title: str
    first_line: str
    steps: list[str] = []
    dont: list[str] = []
    contacts: list[str] = []
    next: list[str] = []


class FlowButton(Strict):
    """A button after an end."""

    title: Title
    payload: str


class End(Strict):
    """Where a flow arrives. The first one whose ``when`` holds is used; the last has none."""

    when: Condition | None = None
    text: str = Field(default="", max_length=LONGEST_TEXT)
    card: Card | None = None
    guide: str | None = None
    buttons: tuple[FlowButton, ...] = ()
    then: str | None = None

    @field_validator("buttons", mode="before")
    @classmethod
    def _as_tuple(cls, raw: Any) -> Any:
        return tuple(raw) if isinstance(raw, list) else raw


class Flow(Strict):
    """One conversation.

    ``starts_on``: intents that begin it; of several flows for one intent the first whose ``starts_words`` occur in the
    message, else the one without. ``absorbs``: emergency intents that are answers inside it, not interruptions.
    ``matter``: words (a regular expression) that tell this flow's own matter, though alone they sound of an emergency.
    ``pasted``: the question that the verdict on a pasted text answers, where a pasted text is what it is all about.
    ``opening_card``: what the page shows in place of ``opening``; keep it to the first steps, the question follows.
    ``opening_guide``: or the id of a guide of the knowledge base.
    """

    id: str
    title: str
    starts_on: tuple[str, ...] = ()
    starts_words: str | None = None
    absorbs: tuple[str, ...] = ()
    matter: str | None = None
    pasted: str | None = None
    opening: str | None = Field(default=None, max_length=LONGEST_TEXT)
    opening_card: Card | None = None
    opening_guide: str | None = None
    questions: tuple[Question, ...] = ()
    ends: tuple[End, ...] = ()
    outcome: str | None = None

    @field_validator("starts_on", "absorbs", "questions", "ends", mode="before")
    @classmethod
    def _as_tuple(cls, raw: Any) -> Any:
        return tuple(raw) if isinstance(raw, list) else raw

    @model_validator(mode="after")
    def _whole(self) -> Flow:
        ids = [question.id for question in self.questions]
        if not ID.fullmatch(self.id) or len(set(ids)) != len(ids):
            raise ValueError("ids must be unique lower-case words")
        bare = [end.when is None for end in self.ends]
        if self.outcome and any(bare):
            raise ValueError("beside an outcome every end has a `when`")
        if not self.outcome and (not bare or not bare[-1] or any(bare[:-1])):
            raise ValueError("without an outcome the last end, and only that one, has no `when`")
        re.compile(self.starts_words or "")
        re.compile(self.matter or "")
        for condition in self._conditions():
            self._check(condition)
        for at, question in enumerate(self.questions):
            if {option.reopens for option in question.options if option.reopens} - set(ids[:at]):
                raise ValueError(f"{question.id}: `reopens` names a question that is not before it")
        self._check_templates()
        return self

    def question(self, question_id: str | None) -> Question | None:
        """Return the question with this id, or None."""
        return next((question for question in self.questions if question.id == question_id), None)

    def _conditions(self) -> list[Condition]:
        asked = [question.only_if for question in self.questions]
        return [condition for condition in (*asked, *(end.when for end in self.ends)) if condition]

    def _check(self, condition: Condition) -> None:
        for question_id, wanted in condition.answers.items():
            question = self.question(question_id)
            if question is None:
                raise ValueError(f"a condition names the question {question_id!r}, which is not there")
            known = {option.id for option in question.options} | {"unknown"}
            if question.kind == "yes_no":
                known |= {"yes", "no"}
            if not set(wanted) <= known:
                raise ValueError(f"a condition on {question_id!r} names an option that is not there")
        if any(self.question(question_id) is None for question_id in condition.answered):
            raise ValueError("`answered` names a question that is not there")

    def _check_templates(self) -> None:
        names = {question.id for question in self.questions} | {"score", "reasons"}
        asked = [text for q in self.questions for text in (q.ask, q.help, *q.say_after.values())]
        for end in self.ends:
            asked.append(end.text)
            if end.card:
                asked += [
                    end.card.title,
                    end.card.first_line,
                    *end.card.steps,
                    *end.card.dont,
                    *end.card.next,
                ]
        for text in (self.opening, *asked):
            unknown = {field for _, field, _, _ in string.Formatter().parse(text or "") if field} - names
            if unknown:
                raise ValueError(f"unknown braces {sorted(unknown)} in: {(text or '')[:40]}")


def parse(raw: Any, source: str) -> Flow:
    """Return the flow in the parsed YAML ``raw``. Raises ``FlowError`` naming ``source``."""
    try:
        return Flow.model_validate(raw)
    except (ValidationError, re.error) as error:
        raise FlowError(f"{source}: {error}") from error


def load(folder: Path = FOLDER) -> dict[str, Flow]:
    """Return all flows by id, in the language of this turn. Raises ``FlowError`` naming the file that is broken."""
    return _load(folder, speaking())


@cache
def _load(folder: Path, language: str) -> dict[str, Flow]:
    flows: dict[str, Flow] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise FlowError(f"{path.name}: {error}") from error
        with speak(language):
            flow = parse(translated(raw), path.name)
        if flow.id != path.stem:
            raise FlowError(f"{path.name}: the id must be the file's name")
        flows[flow.id] = flow
    for flow in flows.values():
        targets = {end.then for end in flow.ends if end.then}
        if targets - set(flows):
            raise FlowError(
                f"{flow.id}.yml: `then` names a flow that is not there: {sorted(targets - set(flows))}"
            )
    return flows
