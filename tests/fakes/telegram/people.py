"""The hands of the people: what they do becomes updates as Telegram writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.telegram.pusher import Pusher
from tests.fakes.telegram.world import World


class People:
    """Everybody with a phone. ``chat`` is the number of a person, and of the talk with them."""

    def __init__(self, world: World, pusher: Pusher) -> None:
        self.world = world
        self.pusher = pusher

    def start(self, chat: int, payload: str = "") -> int | None:
        """Press the start button, perhaps behind a deep link."""
        self.world.chat(chat).blocked = False
        return self.say(chat, f"/start {payload}".strip())

    def crowd(self, first: int, count: int) -> None:
        """Let so many people have started the bot some time ago."""
        for chat in range(first, first + count):
            self.world.chat(chat).started = True

    def say(self, chat: int, text: str, **more: Any) -> int | None:
        """Write a text."""
        return self.send(chat, text=text, entities=_commands(text), **more)

    def send(self, chat: int, **fields: Any) -> int | None:
        """Send any message; the fields are those of Telegram's Message."""
        self.world.chat(chat).started = True
        text = str(fields.get("text") or fields.get("caption") or "")
        number = self._update("message", self._message(chat, fields))
        self.world.note("said", chat, number=str(number), text=text)
        return number

    def edit(self, chat: int, message: int, text: str) -> int | None:
        """Correct a message."""
        body = self._message(chat, {"text": text, "edit_date": int(self.world.now())})
        return self._update("edited_message", {**body, "message_id": message})

    def picture(self, chat: int, data: bytes, **more: Any) -> int | None:
        """Send a photo: Telegram makes smaller ones of it as well."""
        small, large = self.file(b"small"), self.file(data)
        sizes = [_size(small, 90, 5), _size(large, 1280, len(data))]
        return self.send(chat, photo=sizes, **more)

    def file(self, data: bytes) -> str:
        """Put a file on Telegram's host; returns its id."""
        number = f"AgAC-{self.world.number()}"
        self.world.files[number] = (f"photos/file_{self.world.number()}.jpg", data)
        return number

    def press(self, chat: int, data: str) -> str:
        """Press a button; returns the number of the query."""
        query = str(self.world.number())
        self.world.queries[query] = False
        body = {"id": query, "from": _user(chat), "chat_instance": "1", "data": data}
        self._update("callback_query", {**body, "message": self._message(chat, {"text": "…"})})
        return query

    def block(self, chat: int) -> int | None:
        """Block the bot."""
        self.world.chat(chat).blocked = True
        bot = {"id": self.world.account.number, "is_bot": True, "first_name": "fanzha"}
        change = {
            "chat": {"id": chat, "type": "private", "first_name": "人"},
            "from": _user(chat),
            "date": int(self.world.now()),
            "old_chat_member": {"status": "member", "user": bot},
            "new_chat_member": {"status": "kicked", "user": bot, "until_date": 0},
        }
        return self._update("my_chat_member", change)

    def group_say(self, group: int, who: int, text: str, **more: Any) -> int | None:
        """Write in a group."""
        self.world.chat(group, "supergroup")
        body = self._message(who, {"text": text, "entities": _commands(text), **more})
        return self._update("message", {**body, "chat": {"id": group, "type": "supergroup", "title": "群"}})

    def _message(self, chat: int, fields: Mapping[str, Any]) -> dict[str, Any]:
        head = {"message_id": self.world.number(), "date": int(self.world.now())}
        talk = {"id": chat, "type": "private", "first_name": "人"}
        return {
            **head,
            "chat": talk,
            "from": _user(chat),
            **{k: v for k, v in fields.items() if v is not None},
        }

    def _update(self, kind: str, body: Mapping[str, Any]) -> int | None:
        number = self.world.add({kind: body})
        self.pusher.go()
        return number


def _user(number: int) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "人", "language_code": "zh-hans"}


def _size(file_id: str, width: int, size: int) -> dict[str, Any]:
    return {"file_id": file_id, "file_unique_id": file_id, "width": width, "height": width, "file_size": size}


def _commands(text: str) -> list[dict[str, Any]] | None:
    word = text.split(maxsplit=1)[0] if text.split() else ""
    if not word.startswith("/"):
        return None
    return [{"type": "bot_command", "offset": 0, "length": len(word)}]
