"""Play one flow in the terminal: ``python -m bot.actions.guided.play <flow id> ["first message"]``. Ctrl-D ends.

Type words, a number for a button, or a command ("返回", "跳过", "改金额"). Nothing of Rasa is involved.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime

from bot.actions.guided import flow as flows
from bot.actions.guided import machine, times
from bot.actions.guided.flow import COMMAND
from bot.actions.guided.result import Say


class Player:
    """One conversation; ``say`` takes a line and returns the messages. Used by the tests of flows as well."""

    def __init__(
        self,
        flow_id: str,
        first: str = "",
        now: datetime | None = None,
        context: dict[str, object] | None = None,
    ) -> None:
        """Begin ``flow_id``; ``now`` stands still when it is given."""
        self._now, self._context = now, context or {}
        self.flow = flows.load()[flow_id]
        self.messages: list[Say] = []
        self._take(machine.begin(self.flow, self._scene(), first))

    def say(self, line: str) -> list[Say]:
        """Return the answer to typed words, or to the number, title or payload of a button shown."""
        pressed = self._pressed(line.strip())
        if pressed is None:
            self._take(machine.hear(self.flow, self.state, line, self._scene()))
        elif not pressed.startswith("/answer"):
            self.messages = [Say(f"-> {pressed}")]
        else:
            flow_id, question, option = json.loads(pressed.removeprefix("/answer"))["guided_answer"].split(
                ":"
            )
            assert flow_id == self.flow.id
            scene = self._scene()
            if question == COMMAND:
                self._take(machine.command_step(self.flow, self.state, option, scene))
            else:
                self._take(machine.press(self.flow, self.state, question, option, scene))
        return self.messages

    @property
    def buttons(self) -> list[dict[str, str]]:
        """The buttons of the latest messages."""
        return [dict(button) for message in self.messages for button in message.buttons]

    @property
    def text(self) -> str:
        """The texts of the latest messages, one below the other."""
        return "\n".join(message.text for message in self.messages)

    def _pressed(self, line: str) -> str | None:
        shown = self.buttons
        if line.isdecimal() and 1 <= int(line) <= len(shown):
            return shown[int(line) - 1]["payload"]
        return next((b["payload"] for b in shown if line in (b["title"], b["payload"])), None)

    def _scene(self) -> machine.Scene:
        return machine.Scene(self._now or datetime.now(times.CHINA), self._context)

    def _take(self, step: machine.Step) -> None:
        self.messages = list(step.says)
        assert len(self.messages) <= 2
        assert all(len(message.text) <= 300 for message in self.messages)
        for _ in range(4):
            if step.then is None:
                break
            before, self.flow = step.state, flows.load()[step.then]
            quiet = any(message.text for message in self.messages)
            step = machine.begin(self.flow, self._scene(), before.first, before.answers, quiet)
            self.messages = [*self.messages[:1], *step.says[-1:]] if self.messages else list(step.says)
        self.state = step.state


def show(messages: Sequence[Say]) -> None:
    """Print messages as the terminal shows them."""
    for message in messages:
        sys.stdout.write(f"\n{message.text}  [{len(message.text)}]\n")
        for number, button in enumerate(message.buttons, 1):
            sys.stdout.write(f"   {number}. {button['title']}   {button['payload']}\n")
        if message.card:
            sys.stdout.write(json.dumps(message.card, ensure_ascii=False, indent=1) + "\n")


def main(arguments: Sequence[str]) -> None:
    """Play until the input ends."""
    if not arguments or arguments[0] not in flows.load():
        raise SystemExit(f"usage: play <{'|'.join(flows.load())}> [first message]")
    player = Player(arguments[0], arguments[1] if len(arguments) > 1 else "")
    show(player.messages)
    for line in sys.stdin:
        show(player.say(line.strip()))
        sys.stdout.write(f"   ({player.state.status}, open: {player.state.at})\n")


if __name__ == "__main__":
    main(sys.argv[1:])
