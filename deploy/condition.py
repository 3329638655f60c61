"""Is this machine ready to run the parts? For `fanzha doctor`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy import bootstrap, rasa_model
from deploy.supervise import Part, PortTaken, check_ports

Sign = tuple[str, bool, str, str]  # what was looked at, whether it is well, what is said of it, the cure


def dialogue(data_dir: Path) -> Iterator[Sign]:
    """Look at what a dialogue engine on this machine needs."""
    there = (bootstrap.RASA / "bin" / "python").exists()
    yield "dialogue environment", there, "there" if there else "missing", "make run"
    trained = rasa_model.is_trained(data_dir / "models")
    said = "made from today's training data" if trained else "missing, or older than the training data"
    yield "dialogue model", trained, said, "fanzha train"


def ports(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Say which ports are taken: by the running assistant, or by something else."""
    for part in parts:
        if part.standby:
            continue
        try:
            check_ports([part])
            yield f"port {part.port}", f"free ({part.name})"
        except PortTaken:
            yield (
                f"port {part.port}",
                f"in use ({part.name}): the assistant runs, or set {part.variable} to another one",
            )
