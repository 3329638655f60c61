"""The channel's sentences, its commands and its welcome, read from ``telegram.yml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

PATH = Path(__file__).with_name("telegram.yml")
DEEP_LINK = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what Telegram lets a link carry
KIND = re.compile(r"(sch|com|sta|poster)[_-](.+)")


@dataclass(frozen=True, slots=True)
class Command:
    """What stands behind a command: a ``payload`` of the dialogue, or a ``notice`` of this channel."""

    zh: str
    en: str
    payload: str = ""
    notice: str = ""
    leave: bool = False


@dataclass(frozen=True, slots=True)
class NoticeButton:
    """A button below a notice: sends ``payload``, or opens the talk with the bot (``chat``)."""

    title: str
    payload: str = ""
    chat: bool = False


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """A text of the channel itself, with its buttons."""

    text: str
    buttons: tuple[NoticeButton, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Templates, commands and notices by name; explained in the file."""

    button: str
    choose: str
    contact: str
    steps: str
    dont: str
    source: str
    article: str
    forwarded: str
    hidden_link: str
    short: Mapping[str, tuple[str, str]]
    welcome: Mapping[str, str]
    commands: Mapping[str, Command]
    group_commands: tuple[str, ...]
    notices: Mapping[str, NoticeWords]

    def greeting(self, scene: str) -> str:
        """Return the payload that welcomes somebody who came by ``scene``."""
        return self.welcome.get(scene.partition(":")[0], self.welcome[""])

    def dated(self, **times: int) -> Words:
        """Return the words with the ``times`` that notices name filled in."""
        notices = {name: replace(one, text=one.text.format(**times)) for name, one in self.notices.items()}
        return replace(self, notices=notices)


def load_words(path: Path = PATH) -> Words:
    """Return the words in ``path``."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    notices = {
        name: NoticeWords(one["text"], tuple(NoticeButton(**entry) for entry in one.get("buttons", ())))
        for name, one in data.pop("notices").items()
    }
    return Words(
        short={letter: (before, after) for letter, (before, after) in data.pop("short").items()},
        commands={name: Command(**one) for name, one in data.pop("commands").items()},
        group_commands=tuple(data.pop("group_commands")),
        notices=notices,
        **data,
    )


def scene_of(code: str) -> str:
    """Return the scene of a deep link's payload, empty when it is none we could have made.

    Such a payload knows no ":": ``sch_1024`` is the scene ``sch:1024`` of the other channels.
    """
    if not DEEP_LINK.fullmatch(code):
        return ""
    found = KIND.fullmatch(code)
    return f"{found.group(1)}:{found.group(2)}" if found else code


def link_of(scene: str) -> str:
    """Return the deep link's payload of a scene. Raises ``ValueError`` when it cannot carry that scene."""
    code = scene.replace(":", "_", 1)
    if scene_of(code) != scene:
        raise ValueError(
            "a deep link has 1 to 64 letters, digits, _ and -, and one : after sch, com, sta or poster"
        )
    return code
