"""What an operator of the WeCom app does from the command line: check, menu."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from channels.settings import Settings
    from channels.wechat.errors import Table
    from channels.wecom.api import CorpApi

wecom = typer.Typer(help="The WeCom app.", no_args_is_help=True)


@wecom.command()
def check() -> None:
    """Say whether WeCom takes our settings and our address."""
    from channels.wecom import admin

    async def ask(api: CorpApi, table: Table, _: Settings) -> str | None:
        return await admin.check(api, table)

    fault = _ask(ask)
    if fault is not None:
        typer.echo(f"fanzha: {fault}", err=True)
        raise typer.Exit(1)
    typer.echo("WeCom gave us an access token")


@wecom.command()
def menu() -> None:
    """Put the menu of channels/wecom/wecom.yml below the app."""
    from channels.wechat.words import load_words
    from channels.wecom import admin
    from channels.wecom.adapter import HERE

    async def put(api: CorpApi, _: Table, settings: Settings) -> str | None:
        await admin.put_menu(api, load_words(HERE / "wecom.yml"), settings.wecom_agent_id)
        return None

    _ask(put)
    typer.echo("the menu is in place")


def _ask(wanted: Callable[[CorpApi, Table, Settings], Awaitable[str | None]]) -> str | None:
    """Return what ``wanted`` returns; ends the program with one line when WeCom refuses."""
    import httpx

    from channels.settings import SettingsError, load_settings
    from channels.wechat.errors import ApiError, BadAnswer, NoToken, load_table
    from channels.wecom.adapter import HERE, make_api
    from channels.wecom.admin import told

    table = load_table(HERE / "errors.yml")

    async def ask() -> str | None:
        settings = load_settings()
        async with httpx.AsyncClient(trust_env=False) as client:
            return await wanted(make_api(settings, client, table), table, settings)

    try:
        return asyncio.run(ask())
    except (ApiError, NoToken) as error:
        said = told(error.code, table)
    except (BadAnswer, httpx.HTTPError) as error:
        said = f"WeCom's API cannot be reached ({type(error).__name__})"
    except SettingsError as error:
        said = str(error)
    typer.echo(f"fanzha: {said}", err=True)
    raise typer.Exit(1)
