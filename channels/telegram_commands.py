"""What an operator of the Telegram bot does from the command line: check, webhook, commands, links."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from channels.settings import Settings
    from channels.telegram.bot import Bot

telegram = typer.Typer(help="The Telegram bot.", no_args_is_help=True)
T = TypeVar("T")


@telegram.command()
def check() -> None:
    """Say whether Telegram takes our token, and whether updates reach us."""
    from channels.telegram import admin

    name, faults = _ask(admin.check)
    typer.echo(f"this is @{name}")
    for fault in faults:
        typer.echo(f"fanzha: {fault}", err=True)
    if faults:
        raise typer.Exit(1)


@telegram.command("set-webhook")
def set_webhook() -> None:
    """Have Telegram push updates to FANZHA_PUBLIC_BASE_URL, with FANZHA_TELEGRAM_SECRET."""
    from channels.telegram import admin

    typer.echo(f"Telegram pushes to {_ask(admin.set_webhook)}")


@telegram.command("delete-webhook")
def delete_webhook() -> None:
    """Have Telegram push no more; updates wait for up to a day for whoever fetches them."""
    from channels.telegram import admin

    _ask(lambda bot, _: admin.delete_webhook(bot))
    typer.echo("Telegram pushes no more")


@telegram.command()
def commands() -> None:
    """Put the commands of channels/telegram/telegram.yml below the field people write in."""
    from channels.telegram import admin
    from channels.telegram.words import load_words

    _ask(lambda bot, _: admin.put_commands(bot, load_words()))
    typer.echo("the commands are in place")


@telegram.command()
def link(
    scene: Annotated[
        str, typer.Argument(help="Where it will stand: sch:…, com:…, sta:…; empty: nowhere.")
    ] = "",
) -> None:
    """Print the address that opens a talk with the bot, for a school, a community or a courier station."""
    from channels.telegram import admin
    from channels.telegram.words import link_of

    async def ask(bot: Bot, _: Settings) -> str:
        code = link_of(scene) if scene else ""
        return admin.link(await admin.name_of(bot), code)

    typer.echo(_ask(ask))


def _ask(wanted: Callable[[Bot, Settings], Awaitable[T]]) -> T:
    """Return what Telegram answers; ends the program with one line when it refuses."""
    import httpx
    from telegram.error import InvalidToken, TelegramError

    from channels.settings import SettingsError, load_settings
    from channels.telegram.bot import make_bot, proxied
    from channels.telegram.line import Line

    async def ask() -> T:
        settings = load_settings()
        async with proxied(settings) or httpx.AsyncClient(trust_env=False) as client:
            return await wanted(make_bot(settings, Line(client)), settings)

    try:
        return asyncio.run(ask())
    except InvalidToken:
        said = "Telegram refuses FANZHA_TELEGRAM_TOKEN; make a new one with BotFather"
    except TelegramError as error:
        said = f"Telegram did not do it: {error.message}"
    except (SettingsError, ValueError) as error:
        said = str(error)
    typer.echo(f"fanzha: {said}", err=True)
    raise typer.Exit(1)
