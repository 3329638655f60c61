"""What Telegram refuses in a message: its length, its markup, its buttons."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from tests.fakes.telegram.world import Refusal

MOST_UNITS, MOST_DATA_BYTES, MOST_BUTTONS = 4096, 64, 100
TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote", "span"}


def checked_text(text: object, mode: object) -> str:
    """Return the text of a message. Raises ``Refusal``."""
    if not isinstance(text, str) or not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if mode == "HTML":
        text = _html(text)
    elif mode:
        raise Refusal(400, "Bad Request: unsupported parse_mode")
    if not text.strip():
        raise Refusal(400, "Bad Request: text must be non-empty")
    if len(text.encode("utf-16-le")) // 2 > MOST_UNITS:
        raise Refusal(400, "Bad Request: message is too long")
    return text


def checked_markup(raw: object) -> list[list[dict[str, Any]]]:
    """Return the rows of an inline keyboard. Raises ``Refusal``."""
    if raw in {None, ""}:
        return []
    try:
        rows = json.loads(str(raw))["inline_keyboard"]
        buttons = [button for row in rows for button in row]
        for button in buttons:
            _button(button)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refusal(400, "Bad Request: object expected as reply markup") from None
    if len(buttons) > MOST_BUTTONS:
        raise Refusal(400, "Bad Request: REPLY_MARKUP_TOO_LONG")
    return list(rows)


def _button(button: dict[str, Any]) -> None:
    if not str(button["text"]).strip():
        raise Refusal(400, "Bad Request: inline keyboard button text must be non-empty")
    acts = [name for name in ("callback_data", "url") if button.get(name) is not None]
    if len(acts) != 1:
        raise Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard")
    if acts == ["callback_data"] and not 1 <= len(button["callback_data"].encode()) <= MOST_DATA_BYTES:
        raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    if acts == ["url"] and not str(button["url"]).startswith(("https://", "http://", "tg://")):
        raise Refusal(400, "Bad Request: BUTTON_URL_INVALID")


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.open = "", list[str]()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in TAGS:
            raise Refusal(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refusal(400, "Bad Request: can't parse entities: Unmatched end tag")

    def handle_data(self, data: str) -> None:
        self.text += data


def _html(text: str) -> str:
    parser = _Html()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise Refusal(400, "Bad Request: can't parse entities: Can't find end tag")
    return parser.text
