"""Write the lock files from pyproject's extras: install each extra into a fresh environment, write down what came.

``make lock`` runs it. pip is asked (not another resolver) because the machines that run the tests offer a CPU
build of torch to pip only.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from deploy.bootstrap import LOCKS, ROOT, find_python310

# rapidocr-onnxruntime asks for the build of OpenCV with windows, which needs libGL; a server has none. Same code, same
# versions, without windows:
SWAPPED = {"opencv-python": "opencv-python-headless"}
HEADER = "# Made by `make lock` from pyproject.toml, extra `{extra}`. Do not edit.\n"


def main() -> int:
    """Write locks/app.txt, locks/dev.txt (only what dev adds) and locks/rasa.txt."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    python310 = find_python310()
    if python310 is None:
        raise SystemExit("Python 3.10 is needed to lock the rasa extra")
    app = freeze(sys.executable, extras["app"])
    both = freeze(sys.executable, [*app, *extras["dev"]])
    write("app", app)
    write("dev", [pin for pin in both if pin not in app])
    write("rasa", freeze(python310, extras["rasa"]))
    return 0


def freeze(python: str, requirements: list[str]) -> list[str]:
    """Return ``name==version`` of all that a fresh environment gets from ``requirements``."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.check_call([python, "-m", "venv", folder])
        inside = str(Path(folder) / "bin" / "python")
        subprocess.check_call([inside, "-m", "pip", "install", "-q", *requirements])
        listed = subprocess.run([inside, "-m", "pip", "freeze"], capture_output=True, text=True, check=True)
    # A local build tag ("+cpu") names a file of one machine; the public version is what others can find.
    pins = (line.split("+")[0].split("==") for line in listed.stdout.splitlines() if "==" in line)
    return sorted({f"{SWAPPED.get(name, name)}=={version}" for name, version in pins})


def write(extra: str, pins: list[str]) -> None:
    """Write one lock file."""
    LOCKS.mkdir(exist_ok=True)
    (LOCKS / f"{extra}.txt").write_text(HEADER.format(extra=extra) + "\n".join(pins) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
