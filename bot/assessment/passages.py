"""Long texts and transcripts are judged by passages, so that one telling turn is not averaged away."""

from __future__ import annotations

import re

WHOLE_UP_TO = (
    60  # characters of normalised text judged as one piece: small talk around a demand must not hide it
)
TARGET = 50  # characters of a passage; two or three sentences
LIMIT = 24  # passages of one text; longer ones are cut into longer pieces

_SENTENCE = re.compile(r"[^。!?;;\n!?]+[。!?;;\n!?]*")


def split(text: str) -> list[str]:
    """Return passages of about 50 characters, cut at sentence ends; a short text gives one passage.

    Neighbouring passages share their border sentence. When there are more than ``LIMIT`` they are grown evenly,
    so that no part of the text is left out.
    """
    if len(text) <= WHOLE_UP_TO:
        return [text]
    target = max(TARGET, len(text) // LIMIT)
    pieces = [piece for sentence in _SENTENCE.findall(text) for piece in _cut(sentence, target)]
    passages: list[str] = []
    current: list[str] = []
    for piece in pieces:
        current.append(piece)
        if sum(map(len, current)) >= target:
            passages.append("".join(current))
            current = [piece] if len(piece) < target // 2 else []
    if len("".join(current)) > target // 4 or not passages:
        passages.append("".join(current))
    return [passage.strip() for passage in passages if passage.strip()] or [text]


def _cut(sentence: str, target: int) -> list[str]:
    return [sentence[at : at + target] for at in range(0, len(sentence), target)]
