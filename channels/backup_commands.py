"""`fanzha backup` and `fanzha restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

NO_KEYS = """\
Without its keys nobody can read it. They are not in it: keep them apart from it, in a place that neither a thief of the
backup nor a fire on the server reaches (FANZHA_VAULT_KEY, or vault.key of the data folder)."""
KEYS = "The keys are in it: whoever has this file can read everything. Keep it encrypted, under lock."


def backup(
    file: Annotated[Path, typer.Argument(help="A new file; an older backup is never replaced.")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the keys in too: whoever has the file can read all.")
    ] = False,
) -> None:
    """Write all that is kept into one file; the assistant may go on running."""
    from channels import backup as backups
    from channels.settings import load_settings

    made = backups.make(load_settings(), file, with_keys)
    typer.echo(f"{file}: {made.database}, schema {made.schema}, {file.stat().st_size / 1e6:.1f} MB")
    typer.echo(KEYS if with_keys else NO_KEYS)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `fanzha backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the database that is there.")] = False,
    waiting: Annotated[
        bool | None,
        typer.Option(
            "--answer-waiting/--drop-waiting",
            help="What waited for its answer then. Default: answered if the assistant stood still for the backup, "
            "else dropped, since it was answered after it.",
        ),
    ] = None,
) -> None:
    """Put a backup in the place of what is kept; stop the assistant first."""
    from channels import backup as backups
    from channels.settings import load_settings

    done = backups.restore(load_settings(), file, force, waiting)
    typer.echo(f"{file}: restored (schema {done.manifest.schema} when it was made)")
    if done.messages or done.answers:
        typer.echo(
            f"put aside, since nobody knows whether they went out: {done.answers} answers"
            f" (`fanzha letters list --state unknown`), {done.messages} messages"
        )
    typer.echo(
        "start the assistant; what people have deleted since the backup is there again until its time is over"
    )
