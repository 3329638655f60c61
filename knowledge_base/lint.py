"""Find what is wrong in the knowledge: schema, ids, dates, doubles, numbers. Says file and line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from rapidfuzz import fuzz, process

from knowledge_base import contacts, content, guides, taxonomy
from knowledge_base.bulletin import Bulletin, LookAlikes

DOUBLE_AT = 92.0  # normalised indel similarity (0-100); above it one of two texts only re-words the other
Record = TypeVar("Record", bound=BaseModel)
CITIZEN_FIELDS = ("title", "summary", "stages", "next_move", "signs", "honest_version", "advice")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong; printed as ``file:line: message``."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def lint(root: Path = content.ROOT, today: date | None = None) -> list[Finding]:
    """Return everything wrong below ``root``, sorted by file and line. ``today`` decides what is overdue."""
    now = today or date.today()
    findings: list[Finding] = []
    texts: list[tuple[str, Path]] = []
    for path in sorted((root / "bulletins").rglob("*.yml")):
        bulletin = _checked(Bulletin, path, findings)
        if bulletin is not None:
            findings += _bulletin(bulletin, path, now, root)
            sayings = bulletin.sayings
            texts += [(text, path) for text in (*sayings.received, *sayings.story, *sayings.transcript)]
            texts += [(honest.text, path) for honest in bulletin.look_alikes]
    for path in sorted((root / "lookalikes").glob("*.yml")):
        group = _checked(LookAlikes, path, findings)
        if group is not None:
            if group.kind != path.stem:
                findings.append(_at(path, "kind:", f"kind {group.kind} but the file is {path.name}"))
            unknown = set(group.resembles) - set(taxonomy.load().types)
            findings += [_at(path, name, f"unknown scam type {name}") for name in sorted(unknown)]
            texts += [(text, path) for text in group.texts]
    findings += _doubles(texts)
    findings += _whole(guides.load, root / "guides") + _whole(contacts.load, root / "contacts.yml")
    return sorted(findings)


def main() -> int:
    """Print the findings; return 1 when there are any."""
    findings = lint()
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"{len(findings)} finding(s)\n")
    return 1 if findings else 0


def _checked(schema: type[Record], path: Path, findings: list[Finding]) -> Record | None:
    try:
        return schema.model_validate(content.read(path))
    except content.ContentError as error:
        cause = error.__cause__
        mark = cause.problem_mark if isinstance(cause, yaml.MarkedYAMLError) else None
        findings.append(
            Finding(str(path), mark.line + 1 if mark else 1, f"not valid YAML: {cause}".split("\n")[0])
        )
    except ValidationError as error:
        for problem in error.errors():
            place = [str(part) for part in problem["loc"]]
            line = _line_of(path, problem.get("input"), place)
            findings.append(Finding(str(path), line, f"{'.'.join(place)}: {problem['msg']}"))
    return None


def _bulletin(bulletin: Bulletin, path: Path, now: date, root: Path) -> Iterator[Finding]:
    known = taxonomy.load()
    expected = f"{path.parent.name}.{path.stem}"
    if bulletin.id != expected:
        yield _at(path, "id:", f"id {bulletin.id}, expected {expected}")
    if bulletin.scam_type != path.parent.name or bulletin.scam_type not in known.types:
        yield _at(path, "scam_type:", f"scam_type {bulletin.scam_type} is unknown or not the folder's")
    for tag in bulletin.tags:
        if tag not in known.tags:
            yield _at(path, "tags:", f"unknown tag {tag}")
    sources = {entry["code"] for entry in content.read(root / "sources.yml")["sources"]}
    for code in bulletin.sources:
        if code not in sources:
            yield _at(path, "sources:", f"unknown source {code}")
    if bulletin.review_by < now:
        yield _at(path, "review_by:", f"review was due on {bulletin.review_by}")
    if bulletin.published > now:
        yield _at(path, "published:", f"published in the future: {bulletin.published}")
    if bulletin.confidence == "D":
        yield _at(path, "confidence:", "an unverified bulletin (D) is never shown to the public")
    data = bulletin.model_dump()
    for field in CITIZEN_FIELDS:
        for text in _strings(data[field]):
            yield from _numbers(text, path)


def _numbers(text: str, path: Path) -> Iterator[Finding]:
    for found in _diallable().finditer(text):
        record = contacts.load().by_number(found.group(0))
        if record is None:
            yield _at(path, found.group(0), f"number {found.group(0)} is not a shown entry of contacts.yml")


@cache
def _diallable() -> re.Pattern[str]:
    return re.compile(content.read(content.ROOT / "lint.yml")["diallable"])


def _doubles(texts: list[tuple[str, Path]]) -> Iterator[Finding]:
    if not texts:
        return
    plain = [re.sub(r"\W+", "", text) for text, _ in texts]
    order = sorted(range(len(plain)), key=lambda at: len(plain[at]))
    for block_start in range(0, len(order), 256):
        block = order[block_start : block_start + 256]
        longest = len(plain[block[-1]])
        # Only texts of nearly the same length can reach DOUBLE_AT.
        others = [at for at in order[block_start:] if len(plain[at]) <= longest / (DOUBLE_AT / 100) ** 2 + 1]
        scores = process.cdist(
            [plain[at] for at in block],
            [plain[at] for at in others],
            scorer=fuzz.ratio,
            score_cutoff=DOUBLE_AT,
        )
        for row, column in zip(*scores.nonzero(), strict=True):
            if column > row:
                text, path = texts[block[row]]
                other, other_path = texts[others[column]]
                where = "this file" if other_path == path else other_path.name
                yield _at(path, text.split("\n")[0][:30], f"near-double of a text in {where}: {other[:30]!r}")


def _whole(load: Callable[[], object], path: Path) -> list[Finding]:
    try:
        load()
    except (content.ContentError, FileNotFoundError, KeyError) as error:
        return [Finding(str(path), 1, str(error).split("\n")[0])]
    return []


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _strings(part)


def _at(path: Path, needle: str, message: str) -> Finding:
    return Finding(str(path), _line_of(path, needle, []), message)


def _line_of(path: Path, needle: object, place: list[str]) -> int:
    """Return the first line holding ``needle``, or the last named key of ``place``, else 1."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    wanted = [str(needle).split("\n")[0][:40]] if isinstance(needle, str) and needle else []
    wanted += [f"{part}:" for part in reversed(place) if not part.isdigit()]
    for text in wanted:
        for number, line in enumerate(lines, 1):
            if text in line:
                return number
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
