"""Commands that only read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import typer
import yaml

from campaigns import shipped
from campaigns.document import Campaign, read
from campaigns.office import refusals, views
from campaigns.office.figures import Figures, plain
from campaigns.office.office import VIEWER, Office, may
from campaigns.office.refusals import Refusal, name
from campaigns.office.year import Year
from campaigns.pictures import command
from campaigns.report import page
from campaigns.states import State
from campaigns.terminal.session import Session, complain, dump, opened, refusing, say, text, words

T = TypeVar("T")


def listed(state: str, as_json: bool) -> None:
    """Print the stored campaigns and the ready ones."""
    if state and state not in set(State):
        raise _typed_wrongly(text("unknown_state", states="、".join(State)))
    states = [State(state)] if state else []
    with refusing():
        try:
            stored = _ask(lambda session: Office(session.ground).listed(session.operator, states))
        except Refusal as refusal:
            if refusal.code != "token_missing" or state:
                raise
            complain(text("without_token"))
            stored = []
    known = {one["id"].rpartition("-")[0] or one["id"] for one in stored}
    ready = [] if state else [views.shipped(one) for one in shipped.load().values() if one.id not in known]
    if as_json:
        dump({"campaigns": stored, "shipped": ready})
        return
    if stored:
        say(text("stored_head"))
        for one in stored:
            say(text("line", id=f"{one['id']:36}", state=one["state_name"], title=one["title"]))
    elif not ready:
        say(text("none_stored"))
    if ready:
        say(text("shipped_head"))
        for one in ready:
            say(text("shipped_line", id=f"{one['id']:36}", title=one["title"]))


def shown(campaign: str, as_json: bool) -> None:
    """Print one campaign."""
    with refusing():
        found = _ask(lambda session: Office(session.ground).show(session.operator, campaign))
    if as_json:
        dump(found)
        return
    brief(found)
    say(text("document"))
    say(yaml.safe_dump(found["document"], allow_unicode=True, sort_keys=False, width=100).rstrip())


def brief(found: dict[str, Any]) -> None:
    """Print what a campaign is and where it stands."""
    say(f"{found['id']}  {found['title']}")
    say(text("state", state=found["state_name"], version=found["version"]))
    if found["cause"]:
        say(text("cause", cause=page.words().cause(found["cause"])))
    say(text("authors", authors="、".join(found["authors"])))
    say(text("approver", approver=found["approver"]) if found["approver"] else text("not_approved"))
    say(text("previewed" if found["previewed"] else "not_previewed"))
    say(text("digest", digest=found["digest"]))
    for wave in found["waves"]:
        state = page.words().state(wave["state"]) if wave["state"] else ""
        say(text("wave", wave=wave["wave"], at=wave["at"], state=state).rstrip())


def linted(campaign: str, as_json: bool) -> None:
    """Print what is wrong; ends with 1 when it cannot be submitted."""

    def look(session: Session) -> dict[str, Any]:
        office = Office(session.ground)
        may(session.operator, VIEWER)
        known = document(campaign) if _is_file(campaign) else office.stored(campaign).campaign
        return office.lint(session.operator, known)

    with refusing():
        found = _ask(look)
    if as_json:
        dump(found)
    else:
        for one in found["findings"]:
            say(text(one["level"], sentence=one["sentence"]))
        say(text("fit" if found["fit"] else "not_fit"))
    raise typer.Exit(0 if found["fit"] else 1)


def document(path: str | Path) -> Campaign:
    """Return the document in a file. Raises ``Refusal``; ends the program for a file that cannot be read."""
    try:
        with refusals.refusing():
            return read(Path(path))
    except OSError:
        raise _typed_wrongly(text("bad_file", path=path)) from None


def audience(campaign: str, as_json: bool) -> None:
    """Print how many people."""
    with refusing():
        found = _ask(lambda session: Figures(session.ground).audience(session.operator, campaign))
    if as_json:
        dump(found)
        return
    say(text("people", people=found["people"]))
    for label in ("by_channel", "by_role") if found["by_channel"] else ():
        say(text(label))
        for one in found[label]:
            share = "" if one["share"] is None else f"{one['share']:.0%}"
            say(text("part", name=one["name"] or text("no_role"), people=one["people"], share=share).rstrip())
    if found["without_route"] != "0":
        say(text("without_route", people=found["without_route"]))
    say(text("cap", **found["cap"]))


def quota(campaign: str, as_json: bool) -> None:
    """Print what WeChat lets through."""
    with refusing():
        found = _ask(lambda session: Figures(session.ground).quota(session.operator, campaign))
    if as_json:
        dump(found)
        return
    if found["account"] is None:
        say(text("no_account"))
    for wave in found["waves"]:
        left, most, planned = (wave[key] for key in ("left_that_day", "per_day", "planned_that_day"))
        say(text("quota_day", at=wave["at"], left=max(0, left), most=most, planned=planned))
        if wave["per_month"]:
            month = {"most": wave["per_month"], "planned": wave["planned_that_month"]}
            say(text("quota_month", **month, people=wave["people"], missed=wave["missed"]))


def report(campaign: str, to: Path | None, as_json: bool) -> None:
    """Print the figures, or write the page or the table."""
    kinds = {".html": page.html, ".csv": page.csv}
    if to is not None and to.suffix not in kinds:
        raise _typed_wrongly(text("bad_file_kind", kinds="、".join(kinds)))
    with refusing():
        found = _ask(lambda session: Figures(session.ground).report(session.operator, campaign))
    if to is not None:
        _write(to, kinds[to.suffix](found).encode())
        return
    if as_json:
        dump(plain(found))
        return
    said = page.words()
    figures = {name: said.figure(found.tally, name) for name in page.FIGURES}
    say(text("report_total", **figures))
    say(text("report_more", **figures))
    for wave in found.waves:
        shown_ = {name: said.figure(wave.tally, name) for name in page.FIGURES}
        number, at = wave.number + 1, views.when(wave.due_at)
        say(text("report_wave", wave=number, at=at, state=said.state(wave.state), **shown_))


def calendar(year: int | None, to: Path | None, as_json: bool) -> None:
    """Print a year, or write its file or page."""
    if to is not None and to.suffix not in {".ics", ".html"}:
        raise _typed_wrongly(text("bad_file_kind", kinds=".ics、.html"))
    with refusing():
        if to is not None:
            kept = to.suffix
            _write(to, _ask(lambda session: _file(Year(session.ground), session, year, kept)))
            return
        found = _ask(lambda session: Year(session.ground).data(session.operator, year))
    if as_json:
        dump(found)
        return
    for one in found["occasions"]:
        planned = "、".join(f"{plan['title']} {' '.join(plan['days'])}" for plan in one["planned"])
        mark = "" if one["announced"] else words()["tentative"]
        parts = {"first": one["first"], "last": one["last"], "name": one["name"], "mark": mark}
        say(text("occasion", **parts, planned=planned).rstrip())


def log(campaign: str, as_json: bool) -> None:
    """Print what was done."""
    with refusing():
        found = _ask(lambda session: Office(session.ground).log(session.operator, campaign))
    if as_json:
        dump(found)
        return
    for line in found:
        operator = line["operator"] or text("by_itself")
        parts = {"at": line["at"], "operator": operator, "action": name("actions", line["action"])}
        say(text("log_line", **parts, note=line["note"]).rstrip())


def pictures(campaign: str, to: Path, scene: str, code: Path | None) -> None:
    """Draw the pictures of a stored campaign, or of a ready one."""

    def found(session: Session) -> tuple[Campaign, str]:
        may(session.operator, VIEWER)
        base = session.settings.public_base_url
        ready = shipped.load().get(campaign)
        return (ready or Office(session.ground).stored(campaign).campaign), base

    with refusing():
        wanted, base = _ask(found)
    done, said = command.run(wanted, to, base, scene, code)
    say(said) if done == 0 else complain(said)
    raise typer.Exit(done)


def _file(year: Year, session: Session, wanted: int | None, kind: str) -> bytes:
    if kind == ".ics":
        return year.ics(session.operator, wanted)
    return year.page(session.operator, wanted).encode()


def _ask(work: Callable[[Session], T]) -> T:
    async def ask() -> T:
        async with opened() as session:
            return work(session)

    return asyncio.run(ask())


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError:
        raise _typed_wrongly(text("bad_file", path=path)) from None
    say(text("written", path=path))


def _is_file(words_: str) -> bool:
    return words_.endswith((".yml", ".yaml")) or "/" in words_


def _typed_wrongly(said: str) -> typer.Exit:
    complain(said)
    return typer.Exit(2)
