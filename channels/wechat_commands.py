"""What an operator of the WeChat account does from the command line: check, menu, QR codes, tags, figures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from channels.wechat.api import Api

wechat = typer.Typer(help="The WeChat official account.", no_args_is_help=True)
T = TypeVar("T")
FEWEST_SHOWN = 5  # fewer people than this could be recognised by where they came from


@wechat.command()
def check() -> None:
    """Say whether WeChat takes our settings and our address."""
    from channels.wechat import admin
    from channels.wechat.errors import load_table

    fault = _ask(lambda api: admin.check(api, load_table()))
    if fault is not None:
        typer.echo(f"fanzha: {fault}", err=True)
        raise typer.Exit(1)
    typer.echo("WeChat gave us an access token")


@wechat.command()
def menu() -> None:
    """Put the menu of channels/wechat/wechat.yml below the conversation."""
    from channels.wechat import admin
    from channels.wechat.words import load_words

    _ask(lambda api: admin.put_menu(api, load_words()))
    typer.echo("the menu is in place; phones show it within five minutes")


@wechat.command()
def code(
    scene: Annotated[str, typer.Argument(help="Where it will hang: sch:…, com:…, sta:…")],
    permanent: Annotated[bool, typer.Option(help="One of 100,000 that never end; else for 30 days.")] = False,
) -> None:
    """Make a QR code for a school, a community or a courier station (verified service accounts)."""
    from channels.wechat import admin

    typer.echo(_ask(lambda api: admin.make_code(api, scene, permanent)))


@wechat.command()
def tag(name: str) -> None:
    """Make a tag for followers."""
    from channels.wechat import admin

    typer.echo(_ask(lambda api: admin.make_tag(api, name)))


@wechat.command()
def scenes() -> None:
    """Count the people by the QR code they came from; small groups are not shown."""
    from sqlalchemy import func, select

    from channels.settings import load_settings
    from storage.engine import default_url, open_engine, reading
    from storage.tables import person

    settings = load_settings()
    engine = open_engine(settings.database_url or default_url(settings.data_dir))
    counts = select(person.c.scene, func.count()).where(person.c.channel == "wechat", person.c.scene != "")
    grouped = counts.group_by(person.c.scene).having(func.count() >= FEWEST_SHOWN).order_by(person.c.scene)
    with reading(engine).connect() as connection:
        for scene, count in connection.execute(grouped):
            typer.echo(f"{count:8}  {scene}")
    engine.dispose()


def _ask(wanted: Callable[[Api], Awaitable[T]]) -> T:
    """Return what WeChat answers; ends the program with one line when it refuses."""
    import httpx

    from channels.settings import load_settings
    from channels.wechat.adapter import make_api
    from channels.wechat.errors import ApiError, BadAnswer, NoToken, load_table

    async def ask() -> T:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await wanted(make_api(load_settings(), client, load_table()))

    try:
        return asyncio.run(ask())
    except (ApiError, NoToken) as error:
        meaning = load_table().get(error.code)
        said = meaning.tell if meaning and meaning.tell else str(error)
    except ValueError as error:
        said = str(error)
    except (BadAnswer, httpx.HTTPError) as error:
        said = f"WeChat's API cannot be reached ({type(error).__name__})"
    typer.echo(f"fanzha: {said}", err=True)
    raise typer.Exit(1)
