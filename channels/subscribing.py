"""What the gateway says and does about subscriptions: who is subscribed, it alone knows.

The dialogue asks the questions (``bot/actions/flows/subscribe.yml``) and sends what was answered as a command; here it is
noted, in the transaction that writes the confirmation. Leaving needs no dialogue at all.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, Engine

from channels import consent, people
from channels.base import Button, Inbound, JsonObject, Reply
from channels.consent import ConsentError, Status, Wish
from channels.conversations import last_turn
from channels.keys import Keys, Owner
from channels.opt_out import Forms, Leaving, forms_of
from channels.people import Person
from channels.script import SIMPLIFIED, TRADITIONAL, in_script
from knowledge_base import topics
from storage.engine import reading

PATH = Path(__file__).with_name("subscribing.yml")
COMMANDS = frozenset({"subscription", "subscribe", "subscription_change"})
QUESTION = '/answer{"guided_answer"'  # how the payloads of an open question begin
CHANGEABLE = ("topics", "frequency", "role", "district")
log = logging.getLogger("fanzha.subscribing")


@dataclass(frozen=True, slots=True)
class Words:
    """The file's content: opt-out words, payloads of the flows, and sentences by name and language."""

    forms: Forms
    begin: str
    change: str
    frequencies: Mapping[str, Mapping[str, str]]
    joiner: Mapping[str, str]
    says: Mapping[str, Any]

    def reply(self, name: str, language: str, wish: Wish | None = None) -> Reply:
        """Return a sentence with its buttons; ``wish`` fills in what is subscribed."""
        zh, entry = "en" if language == "en" else "zh", self.says.get(name, self.says["not_noted"])
        text = str(entry[zh])
        if wish is not None:
            titles = topics.load().titles(wish.topics, zh == "en")
            text = text.format(
                topics=self.joiner[zh].join(titles), frequency=self.frequencies[wish.frequency][zh]
            )
        return Reply(text, tuple(Button(one[zh], one["payload"]) for one in entry.get("buttons", ())))


def load_words(path: Path = PATH) -> Words:
    """Return what ``path`` says."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Words(forms=forms_of(data.pop("leave")), **data)


class Subscribing:
    """Answers people about their subscriptions.

    ``reaches``: the channels that can send unasked. ``schools``: codes of those that take part.
    """

    def __init__(
        self, engine: Engine, keys: Keys, words: Words, reaches: Collection[str], schools: Collection[str]
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._words = words
        self._reaches = reaches
        self._schools = schools

    def leaving(self, message: Inbound) -> Leaving:
        """Return what ``message`` says about leaving, going by its words alone."""
        return self._words.forms.leaving(message)

    def sorted(self, who: Person, said: Sequence[Leaving]) -> tuple[bool, list[int]]:
        """Return whether one of some messages leaves, and the positions of those the dialogue hears. Blocks."""
        leaves, heard = Leaving.ALONE in said, {Leaving.NOT}
        if Leaving.ALSO_A_WORD in said:
            with reading(self._engine).connect() as connection:
                subscribed = consent.status(connection, who.id).active
                _, shown = last_turn(connection, who.channel, who.owner)
            leaves |= subscribed
            if not subscribed or any(payload.startswith(QUESTION) for payload in shown):
                heard.add(Leaving.ALSO_A_WORD)
        return leaves, [at for at, one in enumerate(said) if one in heard]

    def entrance(self, message: Inbound, owner: Owner, language: str) -> tuple[Reply | None, str | None]:
        """Return what somebody who wishes to subscribe is told first, and the button of the flow that follows. Blocks."""
        if message.channel not in self._reaches:
            return self._words.reply("here_not", language), None
        with reading(self._engine).connect() as connection:
            who = people.find(connection, self._keys, message.channel, message.account, owner)
            known = None if who is None else consent.status(connection, who.id)
        if known is None or not known.active:
            return None, self._words.begin
        return self._words.reply("have", language, known.wish), self._words.change

    def leave(self, connection: Connection, who: Person, now: float) -> Reply:
        """Note that ``who`` leaves; returns what she reads."""
        before = consent.status(connection, who.id)
        done = consent.unsubscribe(connection, who.id, now)
        said = self._words.reply("left" if done else "left_none", before.wish.language)
        script, _ = last_turn(connection, who.channel, who.owner)
        if before.wish.language == "zh-hant":
            script = TRADITIONAL
        return in_script((said,), script)[0]

    def obey(
        self, connection: Connection, who: Person, commands: Sequence[JsonObject], script: str, now: float
    ) -> tuple[Reply, ...]:
        """Do what the dialogue asks for; returns what the person reads, in simplified characters."""
        return tuple(self._obey(connection, who, command, script, now) for command in commands)

    def _obey(
        self, connection: Connection, who: Person, command: JsonObject, script: str, now: float
    ) -> Reply:
        name, language = command.get("command"), str(command.get("language") or "zh")
        known = consent.status(connection, who.id)
        try:
            if name == "subscribe":
                wish = self._subscribe(connection, who, command, known, script, now)
                return self._words.reply("subscribed", language, wish)
            if name == "subscription_change":
                wish = consent.change(connection, who.id, _fields(command), now)
                return self._words.reply("changed", language, wish)
        except ConsentError as refused:
            known_sentence = {"not_subscribed": "none"}.get(refused.code, refused.code)
            return self._words.reply(known_sentence, language)
        if command.get("value") == "leave":
            consent.unsubscribe(connection, who.id, now)
            return self._words.reply("left" if known.active else "left_none", language)
        if not known.active:
            return self._words.reply(
                "left_none" if command.get("value") == "leave_asked" else "none", language
            )
        asked = "leave_asked" if command.get("value") == "leave_asked" else "offer"
        return self._words.reply(asked, language, known.wish)

    def _subscribe(
        self,
        connection: Connection,
        who: Person,
        command: JsonObject,
        known: Status,
        script: str,
        now: float,
    ) -> Wish:
        """Note a yes. Raises ``ConsentError``."""
        if who.channel not in self._reaches:
            raise ConsentError("here_not")
        language = str(command.get("language") or "zh")
        if language == "zh" and script != SIMPLIFIED:
            language = "zh-hant"
        wish = Wish(**_fields(command), age=str(command.get("age") or ""), language=language)
        began = _seconds(command.get("began"))
        # Said again by the dialogue ("repeat that"): a no since then stands, a yes counts once.
        if known.changed_at is not None and began < known.changed_at:
            if not known.active:
                raise ConsentError("stale")
            if known.wish == wish:
                return wish
        code = str(command.get("school") or "")
        wording = str(command.get("wording") or "")[:20]
        consent.subscribe(connection, who.id, wish, wording, now, self._schools, code)
        return wish


def _fields(command: JsonObject) -> dict[str, Any]:
    """Return the fields of a wish that ``command`` holds. Raises ``ConsentError`` for a group that is not there."""
    found: dict[str, Any] = {name: str(command[name]) for name in CHANGEABLE if name in command}
    if "topics" in found:
        try:
            found["topics"] = topics.load().types(found["topics"].split())
        except KeyError:
            log.error("the dialogue engine sent a topic nobody knows")
            raise ConsentError("topic_unknown") from None
    if "district" in found:
        found["district"] = consent.district_name(found["district"])
    return found


def _seconds(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0
