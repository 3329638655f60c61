"""Reads one typed answer in the light of its question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.actions import content
from bot.actions.guided import numbers, times
from bot.actions.guided.flow import Flow, Option, Question
from bot.actions.language import tr
from knowledge_base import contacts

LONGEST_ANSWER = 200
# A clock that runs a few minutes ahead is no future.
CLOCK_SLACK = timedelta(minutes=10)
FIRST_YEAR = 2000
# A sum or a time that was read and cannot be: said so, and nothing else in the message counts.
IMPOSSIBLE = ("amount_not_positive", "amount_too_big", "time_in_future")


@dataclass(frozen=True)
class Read:
    """What a text says: a value, or the ``trouble`` (a key of ``say`` in guided.yml) that keeps it from being one."""

    value: Any = None
    trouble: str | None = None

    @property
    def ok(self) -> bool:
        """Tell whether there is a value."""
        return self.value is not None


def read(question: Question, text: str, now: datetime, asked: bool = True) -> Read:
    """Return what ``text`` answers; ``asked`` is False for words that only happen to hold a fact."""
    if question.not_of:
        text = re.split(question.not_of, text, maxsplit=1)[0]
    if question.kind == "amount":
        return _amount(text, asked)
    if question.kind == "time":
        return _time(text, now, asked)
    if question.kind == "bank":
        return _bank(text, asked)
    if question.kind == "text":
        said = text.strip()[:LONGEST_ANSWER]
        return Read(said) if said and asked else Read(trouble="text_empty")
    return _choice(question, text, asked)


def impossible(flow: Flow, text: str, now: datetime) -> str | None:
    """Return the trouble with a sum or time in ``text`` that no question asked for just now, None when there is none."""
    read_ones = (read(q, text, now, asked=False) for q in flow.questions if q.kind in ("amount", "time"))
    return next((one.trouble for one in read_ones if one.trouble in IMPOSSIBLE), None)


def options_of(question: Question) -> tuple[Option, ...]:
    """Return the options; a yes-no question without its own has the two usual ones."""
    if question.kind != "yes_no" or question.options:
        return question.options
    titles = content.load("guided/guided")["titles"]
    return (Option(id="yes", title=tr(titles["yes"])), Option(id="no", title=tr(titles["no"])))


def _choice(question: Question, text: str, asked: bool) -> Read:
    options, seen = options_of(question), numbers.plain(text).strip()
    words = content.load("guided/guided")
    if asked and re.match(words["digits_only"], seen):
        picked = [int(part) for part in re.findall(r"\d+", seen)]
        if not picked or not all(1 <= number <= len(options) for number in picked):
            return Read(trouble="not_understood")
        return _picked(question, [options[number - 1] for number in picked])
    whole = [option for option in options if seen == numbers.plain(option.title).strip()]
    named = whole or [o for o in options if o.words and re.search(o.words, seen)]
    named = named or [
        o for o in options if asked and len(seen) >= 2 and numbers.plain(o.title).strip() in seen
    ]
    if not named and asked and question.kind == "yes_no":
        for option_id in ("no", "yes"):
            option = next((o for o in options if o.id == option_id), None)
            if option and re.search(words[option_id], seen):
                return Read(option_id)
    return _picked(question, named) if named else Read(trouble="not_understood")


def _picked(question: Question, options: list[Option]) -> Read:
    ids = list(dict.fromkeys(option.id for option in options))
    if question.kind == "choices":
        # "None of these" beside something that was named is no contradiction worth asking about.
        alone = {"none", *(option.id for option in options if option.alone)}
        return Read([one for one in ids if one not in alone] or ids[:1])
    return Read(ids[0])


def _amount(text: str, asked: bool) -> Read:
    found = numbers.money(text, asked)
    if found is None:
        return Read(trouble="no_amount")
    if found["yuan"] <= 0:
        return Read(trouble="amount_not_positive")
    most: float = content.load("guided/reading")["most_yuan"]
    return Read(trouble="amount_too_big") if found["yuan"] > most else Read(found)


def _time(text: str, now: datetime, asked: bool) -> Read:
    found = times.read(text, now, asked)
    if found is None:
        return Read(trouble="no_time")
    at = datetime.fromtimestamp(found["at"], times.CHINA)
    if at > now + CLOCK_SLACK or at.year < FIRST_YEAR:
        return Read(trouble="time_in_future")
    return Read(found)


def _bank(text: str, asked: bool) -> Read:
    """Return the bank or payment company of contacts.yml that is named, else the words when it was asked."""
    seen = numbers.plain(text)
    # The first one named is meant; of several names at one place the longest. In passing, a chat is no bank.
    named = [
        (seen.index(name.lower()), -len(name), record)
        for record in contacts.load().records
        for name in record.bank_names
        if name.lower() in seen and (asked or record.kind == "bank")
    ]
    if named:
        record = min(named, key=lambda found: found[:2])[2]
        return Read({"name": record.bank_names[0], "contact": record.id if record.show else None})
    said = text.strip()[:30]
    looks_like_one = re.search(content.load("guided/reading")["bank"], seen)
    return Read({"name": said, "contact": None}) if asked and looks_like_one else Read(trouble="no_bank")
