"""Hello: the safety question first; then what was left unfinished, else the menu."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.guided import desk as desks
from bot.actions.guided.present import command_button, word
from bot.actions.guided.state import Desk
from bot.actions.guided_form import desk_of, language_now
from bot.actions.language import speak, tr
from bot.actions.reply import leave_form, say


class ActionGreet(Action):  # type: ignore[misc]
    """The first words of most conversations, and of those who come back."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_greet"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the safety question, and the menu of the role or the offer to go on."""
        words, desk = content.load("verdict"), desk_of(tracker).put_aside()
        with speak(language_now(tracker)):
            buttons = [{**button, "title": tr(button["title"])} for button in words["safety_buttons"]]
            say(dispatcher, tr(words["safety_question"]), buttons)
            offered = desks.offer(desk)
            if offered:
                say(dispatcher, offered[0], [offered[1], *_start_over(desk)])
            else:
                menu = content.load("menus")[tracker.get_slot("role") or "resident"]
                say(
                    dispatcher,
                    tr(menu["text"]),
                    [{**one, "title": tr(one["title"])} for one in menu["buttons"]],
                )
        return leave_form(tracker)


def _start_over(desk: Desk) -> list[dict[str, str]]:
    return [
        command_button(desk.waiting[-1].flow, "restart"),
        {"title": word("titles", "menu"), "payload": "/menu"},
    ]
