"""The gateway's own sentences, read from ``wording.yml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from channels.base import Button, Reply

PATH = Path(__file__).with_name("wording.yml")


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences by machine code, the fallback's parts, and how people type a button's number."""

    errors: dict[str, str]
    fallback_text: str
    fallback_payload: str
    hotlines: str
    verdict_lines: dict[str, str]
    choice: re.Pattern[str]
    docs: dict[str, str]
    pictures: dict[str, str]
    follow_up: dict[str, str]
    picture: dict[str, str]
    unreadable: dict[str, str]

    def error(self, code: str) -> str:
        """Return the sentence for ``code``; a code without one gets the sentence that always helps."""
        return self.errors.get(code, self.errors["unavailable"])

    def follow_up_question(self) -> Reply:
        """Return the question asked after a day, with its button."""
        words = self.follow_up
        return Reply(words["text"], (Button(words["button"], words["payload"]),))


def load_wording(path: Path = PATH) -> Wording:
    """Return the sentences in ``path``."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    fallback = data["fallback"]
    return Wording(
        errors=dict(data["errors"]),
        fallback_text=fallback["text"],
        fallback_payload=fallback["payload"],
        hotlines=fallback["hotlines"],
        verdict_lines=dict(fallback["verdict"]),
        choice=re.compile(data["choice"]["pattern"]),
        docs=dict(data["docs"]),
        pictures=dict(data["pictures"]),
        follow_up=dict(data["follow_up"]),
        picture=dict(data["picture"]),
        unreadable=dict(data["unreadable"]),
    )
