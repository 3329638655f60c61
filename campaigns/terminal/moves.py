"""Commands that change something."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import typer

from campaigns.document import Audience, Route
from campaigns.office.drafts import Drafts
from campaigns.office.office import Office
from campaigns.office.previews import Previews
from campaigns.office.views import Data
from campaigns.terminal import lists
from campaigns.terminal.session import Session, complain, dump, opened, refusing, say, text

T = TypeVar("T")
Choice = list[str] | None


def add(name: str, year: int | None) -> None:
    """Store a ready campaign."""
    _told(lambda _, session: Drafts(session.ground).add(session.operator, name, year))


def put(file: Path, version: int | None) -> None:
    """Store a document."""
    _told(lambda office, session: office.save(session.operator, lists.document(file), version))


def plain(move: str, name: str) -> None:
    """Make a move that needs no more than its name: submit, withdraw, send, pause, resume, resend."""
    _told(lambda office, session: getattr(office, move)(session.operator, name))


def approve(name: str, digest: str, everyone: bool) -> None:
    """Approve; without a digest show what there is to approve, and do nothing."""
    if not digest:
        with refusing():
            found = _ask(_sync(lambda session: Previews(session.ground).texts(session.operator, name)))
        _texts(found)
        complain(text("approve_hint", id=name, digest=found["digest"]))
        raise typer.Exit(2)
    _told(lambda office, session: office.approve(session.operator, name, digest, everyone))


def reject(name: str, reason: str) -> None:
    """Give it back."""
    _told(lambda office, session: office.reject(session.operator, name, reason))


def stop(name: str) -> None:
    """End it for good."""

    async def work(session: Session) -> Data:
        office = Office(session.ground)
        await office.stop(session.operator, name)
        return office.show(session.operator, name)

    with refusing():
        lists.brief(_ask(work))


def note(name: str, words: str) -> None:
    """Write something down."""
    with refusing():
        _ask(_sync(lambda session: Office(session.ground).note(session.operator, name, words)))
    say(text("noted"))


def flash(
    bulletin: str, line: str, choices: tuple[Choice, Choice, Choice], everyone: bool, robots: list[str]
) -> None:
    """Make a flash warning."""
    roles, districts, scenes = (tuple(one or ()) for one in choices)
    if everyone == any((roles, districts, scenes)):
        complain(text("everyone_or_some"))
        raise typer.Exit(2)
    rule = Audience(everyone=everyone, roles=roles, districts=districts, scenes=scenes)
    _told(lambda _, session: Drafts(session.ground).flash(session.operator, bulletin, line, rule, robots))


def preview(name: str, route: str, to: str, variant: str, as_json: bool) -> None:
    """Show the texts, or send them to oneself."""
    if bool(route) != bool(to):
        complain(text("both_or_none"))
        raise typer.Exit(2)
    if route and route not in set(Route):
        complain(text("unknown_route", routes="、".join(Route)))
        raise typer.Exit(2)

    async def work(session: Session) -> Data:
        previews = Previews(session.ground)
        if route:
            return await previews.send(session.operator, name, Route(route), to, variant)
        return previews.look(session.operator, name)

    with refusing():
        found = _ask(work)
    if as_json:
        dump(found)
        return
    if not route:
        _texts(found)
    say(text("sent_to_you" if route else "looked"))
    say(text("digest", digest=found["digest"]))


def _texts(found: Data) -> None:
    for variant in found["variants"]:
        say(text("share", key=variant["key"], share=variant["share"]))
        for route, fields in variant["routes"].items():
            say(text("route", route=route))
            for name, words in fields.items():
                say(text("field", name=name, text=words.replace("\n", "\n      ")))


def _told(work: Callable[[Office, Session], Data]) -> None:
    """Make a move and print where the campaign stands then."""
    with refusing():
        lists.brief(_ask(_sync(lambda session: work(Office(session.ground), session))))


def _sync(work: Callable[[Session], T]) -> Callable[[Session], Awaitable[T]]:
    async def asked(session: Session) -> T:
        return work(session)

    return asked


def _ask(work: Callable[[Session], Awaitable[T]]) -> T:
    async def ask() -> T:
        async with opened() as session:
            return await work(session)

    return asyncio.run(ask())
