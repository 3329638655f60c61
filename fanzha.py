"""The command line, `fanzha …` (or `python -m fanzha …`): the one file that knows every room."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from campaigns.commands import campaign
from channels import commands
from knowledge_base.commands import kb

app = typer.Typer(help="Is this a scam? An anti-fraud assistant.", no_args_is_help=True, add_completion=False)
app.add_typer(kb, name="kb")
app.add_typer(campaign, name="campaign")
for name, group in commands.GROUPS.items():
    app.add_typer(group, name=name)
for command in commands.COMMANDS:
    app.command()(command)

LINE_LIMIT = 1_000_000  # characters of one JSON line; longer ones are refused, not read into a judgement


@app.command()
def run() -> None:
    """Start gateway, dialogue engine, actions and campaigns; end them all on Ctrl-C or when one keeps dying."""
    from rich.console import Console

    from channels.settings import load_settings
    from deploy import supervise, terminal

    console = Console()
    settings = load_settings()
    index()
    train()
    parts = _parts(settings)
    try:
        supervise.check_ports(parts)
    except supervise.PortTaken as error:
        raise _stop(str(error)) from None
    supervisor = supervise.Supervisor(parts, settings.data_dir.absolute() / "log", _environment(settings))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    started = time.monotonic()
    try:
        supervisor.start()
        with console.status("starting…") as status:
            supervisor.wait_ready(
                f"http://127.0.0.1:{settings.port}/readyz",
                lambda missing: status.update(f"waiting for: {missing} ({time.monotonic() - started:.0f} s)"),
            )
        took = time.monotonic() - started
        typer.echo("\n".join(terminal.addresses(settings.port, Path(settings.data_dir), took)))
        while True:
            time.sleep(1)
            supervisor.check()
    except supervise.PartFailed as error:
        raise _stop(str(error)) from None
    except KeyboardInterrupt:
        typer.echo("\nstopping…")
    finally:
        supervisor.stop()


@app.command("reload")
def reload_model() -> None:
    """Train if something changed, and let the running assistant answer with the newest model; nobody waits."""
    from channels.settings import load_settings
    from deploy import reload

    settings = load_settings()
    folder = settings.data_dir.absolute() / "log"
    try:
        control = reload.Control(folder)
        train()
        reload.reload(control, _parts(settings), folder, typer.echo)
    except reload.ReloadFailed as error:
        raise _stop(str(error)) from None


@app.command()
def check(
    text: Annotated[str | None, typer.Argument(help="The text to judge.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Read {"id","text"} lines, write one JSON line each.')
    ] = False,
) -> None:
    """Judge a text, or with --jsonl every line of standard input."""
    from bot.assessment.assessor import Assessor

    if jsonl == (text is not None):
        raise _stop("give either a text or --jsonl")
    assessor = Assessor.load()
    if text is not None:
        typer.echo(json.dumps(assessor.assess(_printable(text)).to_dict(), ensure_ascii=False, indent=2))
        return
    for raw in sys.stdin.buffer:
        sys.stdout.write(json.dumps(_judge_line(assessor, raw), ensure_ascii=False) + "\n")
        sys.stdout.flush()


@app.command()
def chat() -> None:
    """Talk to the running assistant from the terminal (start it with `fanzha run`)."""
    import httpx

    from channels.settings import load_settings
    from deploy import terminal

    url = f"http://127.0.0.1:{load_settings().port}/api/v1/chat"
    session = uuid.uuid4().hex
    with httpx.Client(timeout=30, trust_env=False) as client:
        while True:
            try:
                text = input("> ").strip()
            except (EOFError, KeyboardInterrupt):
                return
            if not text:
                continue
            try:
                answer = client.post(url, json={"session_id": session, "text": text}).json()
            except (httpx.HTTPError, ValueError) as error:
                raise _stop(f"the gateway does not answer ({error}); start it with `fanzha run`") from None
            for reply in answer.get("replies", [answer]):
                for line in terminal.reply_lines(reply):
                    typer.echo(line)


@app.command()
def index() -> None:
    """Build the index and the scorer, unless they stand from today's knowledge."""
    from rich.console import Console

    from bot.assessment.assessor import Assessor

    started = time.monotonic()
    with Console().status("index and scorer (half a minute when the knowledge changed)…"):
        assessor = Assessor.load()
    typer.echo(
        f"index and scorer: knowledge {assessor.knowledge_version}, {time.monotonic() - started:.1f} s"
    )


@app.command()
def train(force: Annotated[bool, typer.Option(help="Train even when nothing changed.")] = False) -> None:
    """Train the dialogue engine, unless its inputs are unchanged."""
    from rich.console import Console

    from channels.settings import load_settings
    from deploy import rasa_model

    data_dir = load_settings().data_dir
    if rasa_model.is_trained(data_dir / "models") and not force:
        typer.echo("dialogue engine: model is up to date")
        return
    started = time.monotonic()
    try:
        with Console().status("training the dialogue engine (about a minute)…"):
            rasa_model.train(data_dir / "models", data_dir / "log" / "train.log")
    except rasa_model.TrainingError as error:
        raise _stop(str(error)) from None
    typer.echo(f"dialogue engine: trained in {time.monotonic() - started:.0f} s")


@app.command("eval")
def evaluate(
    more: Annotated[
        list[Path] | None, typer.Option("--slices", help="Another folder of JSON Lines slices.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--write", help="Measure all; page and pictures (docs/evaluation.md).")
    ] = None,
    robustness: Annotated[bool, typer.Option(help="Also judge perturbed texts (minutes).")] = False,
) -> None:
    """Judge the measuring set slice by slice and print the tables."""
    from bench import evaluate as evaluation
    from bench.intents_page import NoDialogueEngine
    from bench.slices import SliceError

    try:
        evaluation.run(more or [], write, robustness)
    except (SliceError, NoDialogueEngine) as error:
        raise _stop(str(error)) from None


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Say what is there, what is wrong and how to mend it; exit code 1 when something is wrong."""
    from dataclasses import asdict

    from channels.doctor.examine import examine, healthy

    found = examine(Path(".env"), _machine)
    typer.echo(
        json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2)
        if as_json
        else "\n".join(one.line() for one in found)
    )
    raise typer.Exit(0 if healthy(found) else 1)


def main() -> None:
    """Entry point of the `fanzha` script: what the operator can mend is said in one line, not in a traceback."""
    try:
        app()
    except Exception as error:
        # By name: only what the command needed has been imported.
        if type(error).__name__ not in {"SettingsError", "ContentError", "KeyFault", "StorageError"}:
            raise
        sys.stderr.write(f"fanzha: {error}\n")
        sys.exit(1)


def _judge_line(assessor: Any, raw: bytes) -> dict[str, Any]:
    """Judge one JSON line; whatever is wrong with it becomes an error object, never an exception."""
    row_id: Any = None
    try:
        if len(raw) > LINE_LIMIT:
            raise ValueError("line too long")
        row = json.loads(raw.decode("utf-8"))
        if not isinstance(row, dict):
            raise ValueError("not a JSON object")
        row_id = row.get("id")
        if not isinstance(row.get("text"), str):
            raise ValueError("no text")
        return {"id": row_id, **assessor.assess(_printable(row["text"])).to_dict()}
    except (ValueError, RecursionError) as error:
        return {"id": row_id if isinstance(row_id, (str, int, float)) else None, "error": str(error)[:200]}


def _printable(text: str) -> str:
    """Return ``text`` without lone surrogates, which no output can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _machine(settings: Any) -> Any:
    """Yield what the rooms beside the gateway know of this machine, for the doctor."""
    from bot.assessment import freshness
    from channels.doctor.finding import error, ok, warning
    from channels.pictures_out.fonts import chinese_font
    from deploy import condition

    if not settings.rasa_url:  # else the dialogue engine is another machine's
        for name, good, said, cure in condition.dialogue(settings.data_dir):
            yield ok(name, said) if good else error(name, said, cure)
    old = freshness.stale()
    yield error("index", old, "fanzha index") if old else ok("index", "of today's knowledge")
    font = "Chinese font"
    said = "none: cards cannot be saved as pictures"
    yield ok(font, "there") if chinese_font() else warning(font, said, "apt install fonts-noto-cjk")
    for name, said in condition.ports(_parts(settings)):
        yield ok(name, said)


def _parts(settings: Any) -> list[Any]:
    from deploy.parts import parts

    ports = settings.port, settings.rasa_port, settings.actions_port
    return parts(*ports, settings.host, settings.rasa_workers, settings.campaigns_port)


def _environment(settings: Any) -> dict[str, str]:
    """Return the parts' environment: what .env or the shell say, and the addresses that follow from the ports."""
    given = settings.model_fields_set
    actions = f"http://127.0.0.1:{settings.actions_port}/webhook"
    campaigns = f"http://127.0.0.1:{settings.campaigns_port}"
    return {
        **os.environ,
        "FANZHA_DATA_DIR": str(settings.data_dir.absolute()),
        "FANZHA_MODEL_FOLDER": str(settings.data_dir.absolute() / "models"),
        "FANZHA_RASA_PORT": str(settings.rasa_port),
        "FANZHA_ACTIONS_PORT": str(settings.actions_port),
        "FANZHA_SCHOOLS_FILE": settings.schools_file,
        "FANZHA_LOG_JSON": str(settings.log_json).lower(),
        "FANZHA_RASA_URL": settings.rasa_url,
        "FANZHA_RASA_WORKERS": str(settings.rasa_workers),
        "FANZHA_DATABASE_URL": settings.database_url,
        "FANZHA_REDIS_URL": settings.redis_url,
        "FANZHA_ACTIONS_URL": settings.actions_url if "actions_url" in given else actions,
        "FANZHA_CAMPAIGNS_PORT": str(settings.campaigns_port),
        "FANZHA_CAMPAIGNS_URL": settings.campaigns_url if "campaigns_url" in given else campaigns,
    }


def _stop(message: str) -> typer.Exit:
    typer.echo(f"fanzha: {message}", err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    main()
