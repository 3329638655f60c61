"""Make the two Python environments (standard library only: it runs before anything is installed).

``python3 deploy/bootstrap.py run`` makes what ``make run`` needs, ``… test`` adds what the tests need.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP, RASA = ROOT / ".venv", ROOT / ".venv-rasa"
LOCKS = ROOT / "locks"
# For the tests: any of these programs means that it is there; else these Debian packages bring it.
SERVERS_HOME = "/usr/lib/postgresql"
DEBIAN = {
    ("chromium", "google-chrome"): ("chromium", "fonts-noto-cjk"),
    ("initdb",): ("postgresql",),
    ("redis-server",): ("redis-server",),
}
NO_310 = """\
No Python 3.10 was found. The dialogue engine (Rasa 3.6.21) runs on no newer one. Any of these helps:
  - uv python install 3.10            (uv: https://docs.astral.sh/uv/)
  - pyenv install 3.10
  - your system's package, e.g. apt install python3.10 python3.10-venv
  - FANZHA_PYTHON310=/path/to/python3.10 make run
"""
NO_311 = "Python 3.11 or newer is needed for the assistant; `python3` here is {version}. Install one, or set PYTHON=…"


def main(goal: str) -> int:
    """Make the environments for ``run`` or ``test``; return an exit code."""
    if sys.version_info < (3, 11):
        newer = next(_working(f"python3.{minor}" for minor in (11, 12, 13)), None)
        if newer is None:
            sys.stderr.write(NO_311.format(version=sys.version.split()[0]) + "\n")
            return 1
        return subprocess.call([newer, __file__, goal])
    python310 = "" if _fresh(RASA, [LOCKS / "rasa.txt"]) else find_python310()
    if python310 is None:
        sys.stderr.write(NO_310)
        return 1
    app = [LOCKS / "app.txt", *([LOCKS / "dev.txt"] if goal == "test" else [])]
    # Side by side: one waits for the network or the disk while another unpacks.
    with ThreadPoolExecutor() as pool:
        work = [
            pool.submit(install, APP, sys.executable, app, goal == "run"),
            pool.submit(install, RASA, python310, [LOCKS / "rasa.txt"], goal == "run"),
        ]
        if goal == "test":
            work.append(pool.submit(debian))
        faults = [fault for one in work if (fault := one.exception()) is not None]
    if faults:
        raise faults[0]
    return 0


def find_python310() -> str | None:
    """Return a Python 3.10 that really runs (a pyenv shim may not), fetching one with uv as the last way."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    known = [os.environ.get("FANZHA_PYTHON310", ""), "python3.10"]
    known += [str(path) for path in sorted(pyenv.glob("3.10*/bin/python3.10"), reverse=True)]
    found = next(_working(known, (3, 10)), None)
    if found is None and (uv := shutil.which("uv")):
        _say("Python 3.10: asking uv for one")
        if subprocess.call([uv, "python", "install", "3.10"]) == 0:
            listed = subprocess.run(
                [uv, "python", "find", "3.10"], capture_output=True, text=True, check=False
            )
            found = next(_working([listed.stdout.strip()], (3, 10)), None)
    return found


def install(folder: Path, python: str, locks: list[Path], compiled: bool = True) -> None:
    """Make a virtual environment from lock files, unless it already stands from the very same ones.

    ``compiled``: with byte code for all of it, as a service needs that may write nothing. Half of what is installed is
    never imported, so tests leave it to Python to compile what is.
    """
    if _fresh(folder, locks):
        return
    started = time.monotonic()
    _say(f"{folder.name}: installing (a few minutes the first time)")
    if not (folder / "bin" / "python").exists():
        subprocess.check_call([python, "-m", "venv", str(folder)])
    pip = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--progress-bar",
        "off",
        *([] if compiled else ["--no-compile"]),
    ]
    for lock in locks:
        # --no-deps: the lock file is the whole answer, the resolver has nothing to decide.
        _run_with_count([*pip, "--no-deps", "-r", str(lock)], folder.name, sum(1 for _ in _pins(lock)))
    (folder / "locks.sha256").write_text(_stamp(locks))
    _say(f"{folder.name}: ready after {time.monotonic() - started:.0f} s")


def debian() -> None:
    """Get what the tests drive from Debian (browser, database servers), where that is possible without asking."""
    wanted = [package for programs, names in DEBIAN.items() if not _there(programs) for package in names]
    if not wanted:
        return
    words = " ".join(wanted)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        _say(f"missing: {words}; the tests that need them will say so and be skipped (apt install {words})")
        return
    _say(f"installing Debian's {words}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.call(["apt-get", "update", "-qq"], stdout=subprocess.DEVNULL, env=quiet)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted]
    subprocess.check_call(install, stdout=subprocess.DEVNULL, env=quiet)


def _there(programs: tuple[str, ...]) -> bool:
    # Debian keeps PostgreSQL's programs out of the path, a folder for each version.
    return any(
        shutil.which(program) or any(Path(SERVERS_HOME).glob(f"*/bin/{program}")) for program in programs
    )


def _run_with_count(command: list[str], name: str, total: int) -> None:
    """Run pip and show how far it is; on failure show all it said."""
    said: list[str] = []
    collected = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            said.append(line)
            if line.startswith(("Collecting", "Requirement already", "Processing")):
                collected += 1
                if collected % 25 == 0 or collected == total:
                    _say(f"{name}: {collected}/{total} packages fetched")
            elif line.startswith("Installing collected"):
                _say(f"{name}: unpacking {total} packages")
    if process.returncode != 0:
        sys.stderr.write("".join(said[-40:]))
        raise SystemExit(f"{name}: pip failed; its last lines stand above")


def _working(candidates: Iterator[str] | list[str], version: tuple[int, int] | None = None) -> Iterator[str]:
    for candidate in candidates:
        path = shutil.which(candidate) if candidate else None
        if path is None:
            continue
        asked = subprocess.run(
            [path, "-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode == 0 and (
            version is None or asked.stdout.strip() == f"{version[0]}.{version[1]}"
        ):
            yield path


def _pins(lock: Path) -> Iterator[str]:
    return (line for line in lock.read_text().splitlines() if line and not line.startswith(("#", "-")))


def _stamp(locks: list[Path]) -> str:
    return "\n".join(hashlib.sha256(lock.read_bytes()).hexdigest() for lock in locks)


def _fresh(folder: Path, locks: list[Path]) -> bool:
    """Tell whether the environment stands from these locks (or from these and more)."""
    stamp = folder / "locks.sha256"
    return (
        stamp.exists()
        and (folder / "bin" / "python").exists()
        and stamp.read_text().startswith(_stamp(locks))
    )


def _say(text: str) -> None:
    sys.stdout.write(f"[set-up] {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))
