"""The channel's sentences, its menu and its welcome, read from ``wechat.yml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).with_name("wechat.yml")
SCENE = re.compile(r"[A-Za-z0-9_:.-]{1,64}")


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry: presses ``payload``, or opens the scanner."""

    title: str
    payload: str = ""
    scan: bool = False

    @property
    def key(self) -> str:
        """Return what WeChat sends back when it is pressed."""
        return "scan" if self.scan else self.payload


@dataclass(frozen=True, slots=True)
class Words:
    """Templates and patterns by name."""

    button: str
    button_without_number: str
    more: str
    pending: str
    no_more: str
    goes_on: re.Pattern[str]
    unsupported: re.Pattern[str]
    link: str
    app_page: str
    contact: str
    steps: str
    dont: str
    source: str
    welcome: Mapping[str, str]
    menu: tuple[tuple[str, tuple[MenuItem, ...]], ...]

    def greeting(self, scene: str) -> str:
        """Return the payload that welcomes somebody who came by ``scene``."""
        return self.welcome.get(scene.partition(":")[0], self.welcome[""])

    def pressed(self, key: str) -> str | None:
        """Return the payload of a menu entry, None for a key that is on no menu."""
        items = [item for _, entries in self.menu for item in entries]
        return next((item.payload for item in items if item.payload and item.key == key), None)


def load_words(path: Path = PATH) -> Words:
    """Return the words in ``path``."""
    return words_of(yaml.safe_load(path.read_text(encoding="utf-8")))


def words_of(data: dict[str, Any]) -> Words:
    """Return the words in ``data``, which is used up."""
    menu = tuple(
        (top["title"], tuple(MenuItem(**entry) for entry in top["items"])) for top in data.pop("menu")
    )
    return Words(
        goes_on=re.compile(data.pop("continue_pattern")),
        unsupported=re.compile(data.pop("unsupported_pattern")),
        menu=menu,
        **data,
    )


def scene_of(code: str) -> str:
    """Return the code of a QR scene, empty when it is none we could have made."""
    code = code.removeprefix("qrscene_")
    return code if SCENE.fullmatch(code) else ""
