"""``fanzha campaign …``: campaigns from the terminal. What may be done, and what is refused, is the office's business.

Whoever types is known by the token in FANZHA_OPERATOR_TOKEN; nothing is ever done in nobody's name. Exit codes: 0 done,
1 refused, 2 typed wrongly, 3 no token or not allowed to, 4 no such campaign, 5 somebody else was quicker.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

campaign = typer.Typer(help="Warning campaigns.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="The campaign's id, see `fanzha campaign list`.", show_default=False)]
Year = Annotated[int | None, typer.Option(help="2004 to 2099; by default the next, or this one.")]
Json = Annotated[bool, typer.Option("--json", help="For machines.")]


@campaign.command("list")
def list_campaigns(
    state: Annotated[str, typer.Option(help="draft, review, scheduled, sending, paused, …")] = "",
    as_json: Json = False,
) -> None:
    """List stored campaigns, and the ready ones that are not stored yet."""
    from campaigns.terminal import lists

    lists.listed(state, as_json)


@campaign.command()
def show(name: Id, as_json: Json = False) -> None:
    """Show a campaign: state, times, people, document."""
    from campaigns.terminal import lists

    lists.shown(name, as_json)


@campaign.command()
def add(
    name: Annotated[str, typer.Argument(help="A ready campaign's id.", show_default=False)],
    year: Year = None,
) -> None:
    """Make a ready campaign the draft of the right year, fitted to the routes that are set up here."""
    from campaigns.terminal import moves

    moves.add(name, year)


@campaign.command()
def put(
    file: Annotated[Path, typer.Argument(help="A document, YAML.", show_default=False)],
    version: Annotated[
        int | None, typer.Option(help="For a change: the version you looked at (`show`).")
    ] = None,
) -> None:
    """Store a document as a draft."""
    from campaigns.terminal import moves

    moves.put(file, version)


@campaign.command()
def lint(
    name: Annotated[str, typer.Argument(help="A stored campaign's id, or a YAML file.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Say what is wrong with a campaign, and what would keep a route from sending it."""
    from campaigns.terminal import lists

    lists.linted(name, as_json)


@campaign.command()
def preview(
    name: Id,
    route: Annotated[str, typer.Option(help="Send it: telegram, wechat_mass, wecom, dingtalk, robot.")] = "",
    to: Annotated[str, typer.Option(help="Your own id there; a robot of a group of your own.")] = "",
    variant: Annotated[str, typer.Option(help="Which version.")] = "a",
    as_json: Json = False,
) -> None:
    """Show the texts of every route, or send one to your own phone; either counts as looked at."""
    from campaigns.terminal import moves

    moves.preview(name, route, to, variant, as_json)


@campaign.command()
def submit(name: Id) -> None:
    """Ask for approval."""
    from campaigns.terminal import moves

    moves.plain("submit", name)


@campaign.command()
def approve(
    name: Id,
    digest: Annotated[str, typer.Option(help="Of the text you looked at; `preview` shows it.")] = "",
    everyone: Annotated[bool, typer.Option("--everyone", help="Yes, all who subscribed are meant.")] = False,
) -> None:
    """Approve the very text you looked at; never one that you wrote."""
    from campaigns.terminal import moves

    moves.approve(name, digest, everyone)


@campaign.command()
def reject(name: Id, reason: Annotated[str, typer.Option(help="Why.", prompt=True)]) -> None:
    """Give a campaign back to its authors."""
    from campaigns.terminal import moves

    moves.reject(name, reason)


@campaign.command()
def withdraw(name: Id) -> None:
    """Take an approved campaign back before it is sent."""
    from campaigns.terminal import moves

    moves.plain("withdraw", name)


@campaign.command()
def send(name: Id) -> None:
    """Let an approved campaign go out that is due or held; what is not due yet is refused."""
    from campaigns.terminal import moves

    moves.plain("send", name)


@campaign.command()
def pause(name: Id) -> None:
    """Hold a campaign; what waits comes back."""
    from campaigns.terminal import moves

    moves.plain("pause", name)


@campaign.command()
def resume(name: Id) -> None:
    """Let a held campaign go on."""
    from campaigns.terminal import moves

    moves.plain("resume", name)


@campaign.command()
def stop(name: Id) -> None:
    """End a campaign for good."""
    from campaigns.terminal import moves

    moves.stop(name)


@campaign.command()
def resend(name: Id) -> None:
    """Send once more to those alone whom it surely did not reach."""
    from campaigns.terminal import moves

    moves.plain("resend", name)


@campaign.command()
def note(name: Id, words: Annotated[str, typer.Argument(help="One line for the next time.")]) -> None:
    """Write something down that will stand in the report."""
    from campaigns.terminal import moves

    moves.note(name, words)


@campaign.command()
def flash(
    bulletin: Annotated[str, typer.Argument(help="A bulletin's id.", show_default=False)],
    line: Annotated[str, typer.Option(help="What is new or near by: one plain sentence.", prompt=True)],
    role: Annotated[list[str] | None, typer.Option(help="To whom, once for each role.")] = None,
    district: Annotated[list[str] | None, typer.Option(help="In which district.")] = None,
    scene: Annotated[
        list[str] | None, typer.Option(help="By the code of a school, community, station.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="To all who subscribed.")] = False,
    robot: Annotated[list[str] | None, typer.Option(help="Through this group robot.")] = None,
) -> None:
    """Make a flash warning of a bulletin: a draft that can go out in ten minutes."""
    from campaigns.terminal import moves

    moves.flash(bulletin, line, (role, district, scene), everyone, robot or [])


@campaign.command()
def audience(name: Id, as_json: Json = False) -> None:
    """Say how many people it is for, by channel and role; fewer than ten are told as "<10"."""
    from campaigns.terminal import lists

    lists.audience(name, as_json)


@campaign.command()
def quota(name: Id, as_json: Json = False) -> None:
    """Say what WeChat will let through at each wave."""
    from campaigns.terminal import lists

    lists.quota(name, as_json)


@campaign.command()
def report(
    name: Id,
    to: Annotated[Path | None, typer.Option(help="Write a page (.html) or a table (.csv).")] = None,
    as_json: Json = False,
) -> None:
    """Say what came of a campaign."""
    from campaigns.terminal import lists

    lists.report(name, to, as_json)


@campaign.command()
def calendar(
    year: Year = None,
    to: Annotated[Path | None, typer.Option(help="Write iCalendar (.ics) or a page (.html).")] = None,
    as_json: Json = False,
) -> None:
    """Show a year's occasions, with what is planned for them."""
    from campaigns.terminal import lists

    lists.calendar(year, to, as_json)


@campaign.command()
def log(name: Id, as_json: Json = False) -> None:
    """Show what was done to a campaign, by whom."""
    from campaigns.terminal import lists

    lists.log(name, as_json)


@campaign.command()
def pictures(
    name: Annotated[str, typer.Argument(help="A stored or ready campaign's id.", show_default=False)],
    to: Annotated[Path, typer.Option(help="A folder.")] = Path("pictures"),
    scene: Annotated[str, typer.Option(help="What the code on the posters carries.")] = "",
    code: Annotated[Path | None, typer.Option(help="WeChat's own picture of a code.")] = None,
) -> None:
    """Draw all posters, cards and screen texts of a campaign into a folder."""
    from campaigns.terminal import lists

    lists.pictures(name, to, scene, code)
