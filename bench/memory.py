"""Memory of each process after load: ``python -m bench.memory``."""

from __future__ import annotations

from bench import api, chain
from bench.house import House, house, workspace
from bench.load import drive
from bench.section import Aim, Section, Table
from bench.texts import Composer

COMMAND = "python -m bench.memory"
MOST = 700.0  # MB, gateway and actions together
METHOD = """\
Resident memory (RSS) of the processes that `fanzha run` started, after all the load of this run (when run by itself:
after {messages} messages and as many checks). Pages that processes share count in each of them."""
MESSAGES = 300


def measure(running: House) -> Section:
    """Look at the processes as they are now."""
    memory = running.family.memory()
    both = memory["gateway"] + memory["actions"]
    rows = [*memory.items(), ("gateway + actions", both), ("all", sum(memory.values()))]
    return Section(
        "Memory",
        COMMAND,
        METHOD.format(messages=MESSAGES),
        (Table(("process", "MB"), tuple((name, f"{value:.0f}") for name, value in rows)),),
        (),
        (Aim("gateway + actions", f"≤ {MOST:.0f} MB", f"{both:.0f} MB", both <= MOST),),
    )


def load(running: House) -> None:
    """Use every process a while."""
    composer = Composer.load(5)
    drive(running.port, chain.CHAT, chain.chat_bodies(composer), chain.is_turn, 8, 60, MESSAGES)
    drive(running.port, api.PATH, api.check_bodies(composer), api.is_assessment, 8, 60, MESSAGES)


def main() -> None:
    """Print the section."""
    with workspace() as space, house(space) as running:
        load(running)
        print(measure(running).markdown())


if __name__ == "__main__":
    main()
