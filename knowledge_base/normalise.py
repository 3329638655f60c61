"""Make tricks of writing disappear, and remember where every character came from.

Full width, traditional characters, invisible characters, emoji and spaces inside words, and the usual
evasions (薇信, V.X, 米 for money) become plain text; spans of the result map back to the submitted text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

from knowledge_base import content

CJK = r"\u3400-\u9fff"
# Marks put between the characters of a word to hide it; only removed between two Chinese characters.
_SEPARATORS = re.compile(rf"(?<=[{CJK}])[ \u00b7.*_~^|`'•・\u4e36、/\\-]{{1,2}}(?=[{CJK}])")
_HIDING = re.compile(r"[ \u00b7.*_~^|`'•・\u4e36/\\-]{1,2}")
_KEEP = frozenset("❤♥♡➕💗")  # parts of evasions; removed afterwards


@dataclass(frozen=True, slots=True)
class Normalised:
    """``text`` and, for each of its characters, the span ``starts[i]:ends[i]`` in the submitted text."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the submitted text's span for ``text[start:end]`` (which must not be empty)."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> Normalised:
    """Return ``text`` without tricks of writing. Never raises; an empty text stays empty."""
    simplified = _simplified()
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, char in enumerate(text):
        for plain in _plain(char):
            if plain == " " and chars and chars[-1] == " ":
                ends[-1] = at + 1
                continue
            chars.append(simplified.get(plain, plain))
            starts.append(at)
            ends.append(at + 1)
    result = Normalised("".join(chars), tuple(starts), tuple(ends))
    result = _without(result, _SEPARATORS)
    for pattern, replacement in _rules("evasions"):
        result = _replaced(result, pattern, replacement)
    return result


@cache
def _rules(name: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    entries = content.read(content.ROOT / "normalise.yml")[name]
    return tuple((re.compile(pattern), str(replacement)) for pattern, replacement in entries)


def canonical(text: str) -> str:
    """Return what the encoder sees: normalised, with links, numbers and names that vary without meaning masked."""
    result = normalise(text).text
    for pattern, replacement in _rules("masks"):
        result = pattern.sub(replacement, result)
    return result


def _plain(char: str) -> str:
    """Return the plain form of one character: "" for invisible ones, a space for emoji and odd symbols."""
    if char in _KEEP:
        return char
    if char == "\n":
        return char
    if char < "\x7f":
        return char.lower() if char >= " " else " "
    if 0x4E00 <= ord(char) <= 0x9FFF:
        return char
    category = unicodedata.category(char)
    if category in ("Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"):
        return ""
    if category in ("So", "Sk", "Zs", "Zl", "Zp"):
        squared = unicodedata.normalize("NFKC", char)
        return squared.lower() if squared != char and squared.isalnum() else " "
    return unicodedata.normalize("NFKC", char).lower()


def _without(given: Normalised, pattern: re.Pattern[str]) -> Normalised:
    """Remove hiding marks, but keep a mark that stands between two whole clauses (、and / join lists)."""
    drop: set[int] = set()
    for found in pattern.finditer(given.text):
        if found.group(0) not in ("、", "/") and _HIDING.fullmatch(found.group(0)):
            drop.update(range(found.start(), found.end()))
    if not drop:
        return given
    keep = [at for at in range(len(given.text)) if at not in drop]
    return Normalised(
        "".join(given.text[at] for at in keep),
        tuple(given.starts[at] for at in keep),
        tuple(given.ends[at] for at in keep),
    )


def _replaced(given: Normalised, pattern: re.Pattern[str], replacement: str) -> Normalised:
    found = pattern.search(given.text)
    if found is None:
        return given
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    last = 0
    for found in pattern.finditer(given.text):
        begin, stop = found.span()
        if begin == stop:
            continue
        parts.append(given.text[last:begin])
        starts += given.starts[last:begin]
        ends += given.ends[last:begin]
        new = found.expand(replacement)
        parts.append(new)
        starts += [given.starts[begin]] * len(new)
        ends += [given.ends[stop - 1]] * len(new)
        last = stop
    parts.append(given.text[last:])
    starts += given.starts[last:]
    ends += given.ends[last:]
    return Normalised("".join(parts), tuple(starts), tuple(ends))


@cache
def _simplified() -> dict[str, str]:
    """Return traditional → simplified for single characters, from OpenCC's own table (first choice of each)."""
    table = resources.files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    # 著 → 着 and 乾 → 干 are right in scam texts; characters that are also simplified ones map to themselves.
    return {old: new.split(" ")[0] for old, new in pairs if len(old) == 1 and len(new.split(" ")[0]) == 1}
