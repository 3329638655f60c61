"""What an operator of the gateway does from the command line: letters, keys, operators' tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from channels.backup_commands import backup, restore
from channels.dingtalk_commands import dingtalk
from channels.robot_commands import robots
from channels.telegram_commands import telegram
from channels.wechat_commands import wechat
from channels.wecom_commands import wecom

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from channels.keys import Keys

letters = typer.Typer(help="Messages that did not arrive.", no_args_is_help=True)
keys = typer.Typer(help="The keys of vault, messages and pseudonyms.", no_args_is_help=True)
GROUPS = {
    "letters": letters,
    "keys": keys,
    "wechat": wechat,
    "telegram": telegram,
    "wecom": wecom,
    "dingtalk": dingtalk,
    "robots": robots,
}


@letters.command("list")
def list_letters(
    state: Annotated[str, typer.Option(help="dead, or unknown: the platform may have taken it.")] = "dead",
) -> None:
    """List messages that ended dead or unknown; without their text."""
    from sqlalchemy import select

    from storage.tables import outbox

    engine, _ = _open()
    rows = select(outbox).where(outbox.c.state == state, outbox.c.state.in_(["dead", "unknown"]))
    with engine.connect() as connection:
        for row in connection.execute(rows.order_by(outbox.c.id)):
            typer.echo(f"{row.id:8}  person {row.person_id:8}  {row.attempts} tries  {row.cause}")


@letters.command("resend")
def resend_letters(
    numbers: Annotated[list[int] | None, typer.Argument(help="Numbers from the list.")] = None,
    every_dead: Annotated[bool, typer.Option("--every-dead", help="All dead ones.")] = False,
) -> None:
    """Send messages once more; a running gateway takes them up. Unknown ones may then arrive twice."""
    import time

    from sqlalchemy import select

    from channels.outbox import Outbox
    from storage.tables import outbox

    engine, found = _open()
    wanted = list(numbers or [])
    if every_dead:
        with engine.connect() as connection:
            wanted += list(connection.scalars(select(outbox.c.id).where(outbox.c.state == "dead")))
    box = Outbox(engine, found)
    done = [number for number in wanted if box.order_again(number, time.time())]
    typer.echo(f"{len(done)} of {len(wanted)} will be sent again")
    if len(done) < len(wanted):
        raise typer.Exit(1)


@keys.command("new")
def make_key() -> None:
    """Print a fresh key for FANZHA_VAULT_KEY, before the first start."""
    from channels import rekey

    typer.echo(rekey.new_key())


@keys.command("rotate")
def rotate_keys() -> None:
    """Put a fresh key in front. Then restart the gateways, and run `fanzha keys reseal`."""
    from channels import rekey
    from channels.settings import load_settings

    settings = load_settings()
    if settings.vault_key.strip():
        typer.echo("put this in front of FANZHA_VAULT_KEY, with a comma; restart; then: fanzha keys reseal")
        typer.echo(rekey.new_key())
        return
    typer.echo(f"{rekey.put_in_front(settings.data_dir)}: a fresh key stands in front")
    typer.echo("restart the gateways; then: fanzha keys reseal")


@keys.command("reseal")
def reseal_rows() -> None:
    """Write all rows anew under the newest key; after that, older keys may be dropped."""
    from channels import rekey

    engine, found = _open()
    counts = rekey.reseal(engine, found)
    typer.echo(f"{counts['written']} rows written anew; {counts['unreadable']} that no key opens")


def operator(
    name: Annotated[str, typer.Argument(help="Letters, digits, . _ -")],
    role: Annotated[
        str, typer.Argument(help="reader, agent or admin; for campaigns: viewer, author or approver")
    ] = "agent",
) -> None:
    """Make a token for an operator; the gateway keeps only its hash."""
    from channels.operators import make_entry, setting_of

    token, entry = make_entry(name, role)
    typer.echo(f"token, to be handed over safely and kept nowhere else:\n  {token}")
    typer.echo(f"add to {setting_of(role)} (comma-separated):\n  {entry}")


COMMANDS = (operator, backup, restore)


def _open() -> tuple[Engine, Keys]:
    from channels.keys import load_keys
    from channels.settings import load_settings
    from storage.engine import default_url, open_engine
    from storage.migrate import upgrade

    settings = load_settings()
    engine = open_engine(settings.database_url or default_url(settings.data_dir))
    upgrade(engine)
    return engine, load_keys(settings.vault_key, settings.data_dir)
