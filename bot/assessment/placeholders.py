"""Personal data becomes typed placeholders that keep what judgement needs (design.md section 2).

``mask`` is idempotent, so ``assess(mask(text))`` can equal ``assess(text)``. The patterns and their
sources stand in ``placeholders.yml``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import phonenumbers

from bot.assessment import content
from knowledge_base import contacts

PLACEHOLDER = re.compile(r"<([^<>#\s]{1,6})#(\d{1,4})(?::([^<>\s]{1,8}))?>")
NUMBER = re.compile(r"\+?\d{4,}X?")
SPOKEN_RUN = 10  # shorter runs of spoken digits are ordinary numbers ("三五百")


@dataclass(frozen=True, slots=True)
class Masked:
    """``text`` with placeholders, and what each of them stands for (``<手机号#1>`` → original)."""

    text: str
    originals: dict[str, str]
    # (start, end) in ``text`` and (start, end) in the submitted text, for each replaced stretch
    pieces: tuple[tuple[int, int, int, int], ...] = ()

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Return the submitted text's span for ``text[start:end]``; a touched placeholder counts whole."""
        return self._position(start, first=True), self._position(end, first=False)

    def _position(self, at: int, *, first: bool) -> int:
        shift = 0
        for begin, stop, raw_begin, raw_stop in self.pieces:
            if at >= stop:
                shift = raw_stop - stop
            elif at > begin:
                return raw_begin if first else raw_stop
        return at + shift


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of personal data: positions in the given text, and what it is."""

    start: int
    end: int
    label: str
    suffix: str


@dataclass(frozen=True, slots=True)
class _Kind:
    label: str
    pattern: re.Pattern[str]
    group: int
    check: Callable[[str], bool]
    suffix: Callable[[str], str]


def mask(text: str, known: dict[str, str] | None = None) -> Masked:
    """Replace personal data in ``text`` by placeholders.

    ``known`` maps placeholder → original from earlier messages of the same person: the same original
    gets the same placeholder again, new ones are numbered on. The result holds only what this text uses anew.
    """
    taken = dict(known or {})
    by_original = {_digits_or_text(original): key for key, original in taken.items()}
    counters = _counters(list(taken) + [found.group(0) for found in PLACEHOLDER.finditer(text)])
    fresh: dict[str, str] = {}
    parts: list[str] = []
    pieces: list[tuple[int, int, int, int]] = []
    last = written = 0
    for span in find(text):
        original = text[span.start : span.end]
        key = by_original.get(_digits_or_text(original))
        if key is None or not key.startswith(f"<{span.label}#"):
            counters[span.label] = counters.get(span.label, 0) + 1
            key = f"<{span.label}#{counters[span.label]}{span.suffix}>"
            by_original[_digits_or_text(original)] = key
        fresh.setdefault(key, taken.get(key, original))
        parts += [text[last : span.start], key]
        written += span.start - last
        pieces.append((written, written + len(key), span.start, span.end))
        written += len(key)
        last = span.end
    return Masked("".join([*parts, text[last:]]), fresh, tuple(pieces))


def unmask(text: str, originals: dict[str, str]) -> str:
    """Put originals back; placeholders without an original stay as they are."""
    return PLACEHOLDER.sub(lambda found: originals.get(found.group(0), found.group(0)), text)


def find(text: str) -> list[Span]:
    """Return the stretches of personal data, in order, without overlap; placeholders are left alone."""
    blank = PLACEHOLDER.sub(lambda found: "<" * len(found.group(0)), text)
    spans: list[Span] = []
    while fresh := _find_once(blank):
        spans += fresh
        for span in fresh:
            blank = blank[: span.start] + "<" * (span.end - span.start) + blank[span.end :]
    return sorted(spans, key=lambda span: span.start)


def _find_once(blank: str) -> list[Span]:
    """Return what the patterns find in ``blank``, where what is known already is a run of ``<``.

    No pattern crosses a ``<``. What one pattern takes can free what stands beside it for another one, so this is
    done again until nothing is found; only then does masking a masked text change nothing.
    """
    view = _view(blank)
    spans: list[Span] = []
    for kind in _kinds():
        taken: list[Span] = []
        for found in kind.pattern.finditer(view):
            start, end = found.span(kind.group)
            raw = view[start:end]
            if kind.check(raw):
                taken.append(Span(start, end, kind.label, kind.suffix(raw)))
        for span in taken:
            view = view[: span.start] + "<" * (span.end - span.start) + view[span.end :]
        spans += taken
    return spans


def labels() -> dict[str, str]:
    """Return label → kind, for those who read placeholders (``手机号`` → ``mobile``)."""
    return {entry["label"]: entry["kind"] for entry in content.load("placeholders")["kinds"]}


@cache
def _kinds() -> tuple[_Kind, ...]:
    checks: dict[str | None, Callable[[str], bool]] = {
        None: lambda _: True,
        "id_card": _id_card,
        "luhn": _luhn,
        "overseas_phone": lambda raw: _overseas(raw) is not None,
        "not_official": lambda raw: not contacts.load().is_official_number(raw),
    }
    suffixes: dict[str | None, Callable[[str], str]] = {
        None: lambda _: "",
        "country_code": lambda raw: f":+{_overseas(raw)}",
    }
    entries: list[dict[str, Any]] = content.load("placeholders")["kinds"]
    return tuple(
        _Kind(
            entry["label"],
            re.compile(entry["pattern"], re.IGNORECASE if entry["kind"] != "plate" else 0),
            entry.get("group", 0),
            checks[entry.get("check")],
            suffixes[entry.get("suffix")],
        )
        for entry in entries
    )


def _view(text: str) -> str:
    """Return ``text`` with full-width and other digits made plain, character for character."""
    view = text if text.isascii() else "".join(map(_plain, text))
    spoken: dict[str, str] = content.load("placeholders")["spoken_digits"]

    def plain_digits(found: re.Match[str]) -> str:
        start, end = found.span("run")
        run = "".join(spoken.get(char, char) for char in view[start:end])
        return view[found.start() : start] + run + view[end : found.end()]

    for pattern in _spoken_runs():
        view = pattern.sub(plain_digits, view)
    return view


@lru_cache(maxsize=20_000)  # about the characters in use
def _plain(char: str) -> str:
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


@cache
def _spoken_runs() -> tuple[re.Pattern[str], ...]:
    """Return where spoken digits are digits of a number: in long runs, and in short ones beside certain words."""
    data = content.load("placeholders")
    digits = "".join(data["spoken_digits"]) + "0-9"
    digit = f"[{digits}]"
    short = f"(?P<run>{digit}(?:[ -]?{digit}){{3,}})"
    return (
        re.compile(f"(?P<run>{digit}(?:[ ·.-]?{digit}){{{SPOKEN_RUN - 1},}})"),
        re.compile(f"(?:{data['spoken_after']})[^<>\\n{digits}]{{0,6}}{short}"),
        re.compile(f"{short}(?:{data['spoken_before']})"),
    )


def _counters(placeholders: list[str]) -> dict[str, int]:
    counters: dict[str, int] = {}
    for placeholder in placeholders:
        if found := PLACEHOLDER.fullmatch(placeholder):
            label, number = found.group(1), int(found.group(2))
            counters[label] = max(counters.get(label, 0), number)
    return counters


def _digits_or_text(original: str) -> str:
    """Return the number when it is one, however it is written (138 0000 = 一三八零零零零), else the text itself."""
    spoken: dict[str, str] = content.load("placeholders")["spoken_digits"]
    plain = "".join(spoken.get(char, char) for char in _view(original))
    number = re.sub(r"[ .·()-]", "", plain).upper()
    return number if NUMBER.fullmatch(number) else original


def _luhn(raw: str) -> bool:
    digits = [int(char) for char in raw if char.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _id_card(raw: str) -> bool:
    """GB 11643-1999: the last character is a mod-11 check over the first 17 digits."""
    chars = re.sub(r"[ -]", "", raw).upper()
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(char) for weight, char in zip(weights, chars[:17], strict=True))
    return "10X98765432"[total % 11] == chars[17]


def _overseas(raw: str) -> int | None:
    """Return the country code of a number that the world's numbering plans allow, else None."""
    digits = re.sub(r"[ -]", "", raw)
    international = "+" + digits[2:] if digits.startswith("00") else digits
    try:
        number = phonenumbers.parse(international, None)
    except phonenumbers.NumberParseException:
        return None
    return number.country_code if phonenumbers.is_possible_number(number) else None
