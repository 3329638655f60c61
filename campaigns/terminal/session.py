"""One command: who types, the office over the database, and the exit code of a refusal."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import typer

from campaigns.office import refusals
from campaigns.office.ground import Ground, build
from campaigns.office.refusals import Refusal
from channels.operators import Operator, Operators
from channels.settings import Settings, load_settings
from knowledge_base import content
from storage.engine import default_url, open_engine
from storage.migrate import upgrade

FILE = Path(__file__).with_name("terminal.yml")
UNKNOWN_OPERATOR = 401
EXITS = {401: 3, 403: 3, 404: 4, 409: 5, 412: 5, 428: 5}
LOST = frozenset({"changed_meanwhile", "version_changed", "version_missing"})


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with."""

    ground: Ground
    operator: Operator
    settings: Settings


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Print a refusal with what is to be mended, and end with its exit code."""
    try:
        yield
    except Refusal as refusal:
        complain(refusal.sentence)
        for found in refusal.findings:
            complain(f"  - {refusals.say(found)}")
        code = EXITS.get(refusal.status, 1)
        raise typer.Exit(1 if code == EXITS[409] and refusal.code not in LOST else code) from None


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Session]:
    """Open the database and what can send a preview. Raises ``Refusal`` without a token that is known."""
    settings = load_settings()
    engine = open_engine(settings.database_url or default_url(settings.data_dir))
    upgrade(engine)
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            ground, operators = build(settings, engine, client)
            yield Session(ground, who(settings, operators), settings)
    finally:
        engine.dispose()


def who(settings: Settings, operators: Operators) -> Operator:
    """Return whoever types. Raises ``Refusal``."""
    if not settings.operator_token:
        raise Refusal("token_missing", UNKNOWN_OPERATOR)
    found = operators.known(f"Bearer {settings.operator_token}")
    if found is None:
        raise Refusal("token_unknown", UNKNOWN_OPERATOR)
    return found


def say(line: str) -> None:
    """Print a line."""
    typer.echo(line)


def complain(line: str) -> None:
    """Print a line where faults are printed."""
    typer.echo(line, err=True)


def dump(data: Any) -> None:
    """Print data for machines."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def text(key: str, /, **parts: object) -> str:
    """Return a sentence of terminal.yml."""
    return refusals.fill(str(words()[key]), {name: str(value) for name, value in parts.items()})


@cache
def words() -> Mapping[str, Any]:
    """Return terminal.yml. Raises ``ContentError``."""
    known: Mapping[str, Any] = content.read(FILE)
    return known
