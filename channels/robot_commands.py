"""What an operator does with group robots from the command line: list, test, send."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import httpx

    from channels.robots.robot import Robot

robots = typer.Typer(help="Group robots that warnings are sent through.", no_args_is_help=True)
MOST_FILE = 64 * 1024  # bytes of a notice


@robots.command("list")
def list_robots() -> None:
    """List the robots; their keys are not shown."""
    import httpx

    async def found() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            for name, robot in _roster(client).items():
                typer.echo(f"{name:40}  {robot.kind}")

    asyncio.run(found())


@robots.command("test")
def test_robot(name: Annotated[str, typer.Argument(help="A name from the list.")]) -> None:
    """Have a robot say one sentence in its group, at once and without the gateway."""
    import httpx

    from channels.base import Delivery, Outcome
    from channels.robots.robot import Notice
    from channels.robots.words import load_words

    async def sent() -> Delivery:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await _known(_roster(client), [name])[0].send(Notice(load_words().test))

    delivery = asyncio.run(sent())
    if delivery.outcome is not Outcome.SENT:
        raise _stop(f"{name}: {delivery.outcome}, {delivery.cause}")
    typer.echo(f"{name}: sent")


@robots.command("send")
def send(
    names: Annotated[list[str] | None, typer.Argument(help="Names from the list.")] = None,
    file: Annotated[Path | None, typer.Option(help="The text; a file ending in .md is markdown.")] = None,
    title: Annotated[str, typer.Option(help="Shown above markdown in DingTalk.")] = "",
    every: Annotated[bool, typer.Option("--every", help="Through all robots.")] = False,
) -> None:
    """Put a notice into the outbox; a running gateway sends it, once, at the platforms' pace."""
    import time

    import httpx

    from channels.keys import load_keys
    from channels.robots.post import post
    from channels.robots.robot import Notice
    from channels.settings import load_settings
    from storage.engine import default_url, open_engine
    from storage.migrate import upgrade

    if file is None or every == bool(names):
        raise _stop("give --file, and either names or --every")
    text = _text(file)

    async def wanted() -> list[str]:
        async with httpx.AsyncClient(trust_env=False) as client:
            roster = _roster(client)
            return [robot.name for robot in _known(roster, list(roster) if every else names or [])]

    settings, chosen = load_settings(), asyncio.run(wanted())
    engine = open_engine(settings.database_url or default_url(settings.data_dir))
    upgrade(engine)
    notice = Notice(text, title, file.suffix == ".md")
    with engine.begin() as connection:
        count = post(
            connection, load_keys(settings.vault_key, settings.data_dir), chosen, notice, time.time()
        )
    engine.dispose()
    typer.echo(f"{count} messages wait for the gateway; what did not arrive: fanzha letters list")


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_FILE:
            raise _stop(f"{file}: more than {MOST_FILE} bytes")
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise _stop(f"{file}: cannot be read as UTF-8") from None
    if not text:
        raise _stop(f"{file}: is empty")
    return text


def _roster(client: httpx.AsyncClient) -> dict[str, Robot]:
    from channels.robots.roster import load_robots
    from channels.settings import SettingsError, load_settings

    try:
        return load_robots(load_settings(), client)
    except SettingsError as error:
        raise _stop(str(error)) from None


def _known(roster: dict[str, Robot], names: list[str]) -> list[Robot]:
    unknown = sorted(set(names) - set(roster))
    if unknown or not names:
        raise _stop(f"no such robot: {', '.join(unknown)}" if unknown else "there are no robots")
    return [roster[name] for name in dict.fromkeys(names)]


def _stop(said: str) -> typer.Exit:
    typer.echo(f"fanzha: {said}", err=True)
    return typer.Exit(1)
