"""What an operator of the DingTalk robot does from the command line: check."""

from __future__ import annotations

import asyncio

import typer

dingtalk = typer.Typer(help="The DingTalk in-house robot.", no_args_is_help=True)


@dingtalk.callback()
def group() -> None:
    """Keep `check` a word of its own, as in the other groups."""


@dingtalk.command()
def check() -> None:
    """Say whether DingTalk takes our app key and secret."""
    import httpx

    from channels.dingtalk.adapter import make_api
    from channels.settings import load_settings

    settings = load_settings()

    async def ask() -> str | None:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await make_api(settings, client).check()

    fault = asyncio.run(ask()) if settings.dingtalk_app_key else "FANZHA_DINGTALK_APP_KEY: is empty"
    if fault is not None:
        typer.echo(f"fanzha: {fault}", err=True)
        raise typer.Exit(1)
    typer.echo("DingTalk gave us an access token")
