"""Parts of several dialogue engines, and the swap of a new model for the old one, with a supervisor of paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy import reload as module
from deploy.parts import parts
from deploy.reload import Control, ReloadFailed, reload
from deploy.supervise import PartFailed, Supervisor


class Paper(Control):
    """Starts and stops names; ``broken`` ones never come up."""

    def __init__(self, running: set[str], broken: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self.running = running
        self.broken = broken
        self.done: list[str] = []
        self.fatal: set[str] = set()

    def states(self) -> dict[str, str]:
        return dict.fromkeys(self.running, "RUNNING") | dict.fromkeys(self.fatal, "FATAL")

    def start(self, name: str) -> None:
        self.done.append(f"start {name}")
        (self.fatal if name in self.broken else self.running).add(name)

    def stop(self, name: str) -> None:
        self.done.append(f"stop {name}")
        self.running.discard(name)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Ports that answer."""
    ports = {6002, 6003, 6000, 6001}
    real = httpx.Client

    def client(**_: Any) -> httpx.Client:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.port not in ports:
                raise httpx.ConnectError("refused")
            return httpx.Response(200)

        return real(transport=httpx.MockTransport(answer))

    monkeypatch.setattr(module.httpx, "Client", client)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    return ports


TWO = parts(8000, 6000, 5055, workers=2)


def test_each_engine_has_a_port_and_a_place_for_its_successor() -> None:
    found = {part.name: (part.port, part.standby) for part in TWO if part.replaces}
    assert found == {
        "rasa-1": (6000, False),
        "rasa-1-next": (6002, True),
        "rasa-2": (6001, False),
        "rasa-2-next": (6003, True),
    }
    assert [part.name for part in parts(8000, 6000, 5055) if part.replaces] == ["rasa", "rasa-next"]


def test_the_new_one_answers_before_the_old_one_ends(answering: set[int], tmp_path: Path) -> None:
    control = Paper({"rasa-1", "rasa-2"})
    reload(control, TWO, tmp_path, lambda _: None)
    assert control.done == [
        "start rasa-1-next",
        "stop rasa-1",
        "start rasa-2-next",
        "stop rasa-2",
    ]
    reload(control, TWO, tmp_path, lambda _: None)
    assert control.running == {"rasa-1", "rasa-2"}, "and back again the next time"


def test_a_new_one_that_does_not_come_up_leaves_the_old_one(answering: set[int], tmp_path: Path) -> None:
    (tmp_path / "rasa-1-next.log").write_text("no such model")
    control = Paper({"rasa-1", "rasa-2"}, broken={"rasa-1-next"})
    answering.discard(6002)
    with pytest.raises(ReloadFailed, match="no such model"):
        reload(control, TWO, tmp_path, lambda _: None)
    assert control.running == {"rasa-1", "rasa-2"}


def test_a_slow_new_one_is_ended_again(
    answering: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READY_WITHIN", 0.05)
    answering.discard(6002)
    control = Paper({"rasa-1", "rasa-2"})
    with pytest.raises(ReloadFailed):
        reload(control, TWO, tmp_path, lambda _: None)
    assert control.running == {"rasa-1", "rasa-2"}


def test_two_reloads_at_once_are_refused(answering: set[int], tmp_path: Path) -> None:
    with pytest.raises(ReloadFailed, match="already"):
        reload(Paper({"rasa-1", "rasa-1-next"}), TWO, tmp_path, lambda _: None)


def test_nothing_runs_here(tmp_path: Path) -> None:
    with pytest.raises(ReloadFailed, match="fanzha run"):
        Control(tmp_path)


@pytest.mark.parametrize(
    ("states", "ends"),
    [
        ({"rasa-1": "FATAL", "rasa-2": "RUNNING"}, False),
        ({"rasa-1": "RUNNING", "rasa-1-next": "FATAL", "rasa-2": "RUNNING"}, False),
        ({"rasa-1": "FATAL", "rasa-2": "FATAL"}, True),
        ({"actions": "FATAL", "rasa-1": "RUNNING"}, True),
    ],
)
def test_one_of_several_engines_can_be_missed(
    states: dict[str, str], ends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = Supervisor(TWO, tmp_path, {})
    supervisor._process = type("Alive", (), {"poll": lambda _: None})()
    started: list[str] = []
    monkeypatch.setattr(supervisor, "states", lambda: states)
    monkeypatch.setattr(supervisor, "_start", started.append)
    if ends:
        with pytest.raises(PartFailed):
            supervisor.check()
    else:
        supervisor.check()
        supervisor.check()
        assert started == [name for name in ("rasa-1",) if states["rasa-1"] == "FATAL"], "tried once a minute"
