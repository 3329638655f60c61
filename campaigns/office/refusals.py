"""How the office says no: a fixed code, a status of HTTP, and a sentence for operators (``refusals.yml``)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from campaigns import finding
from campaigns.delivery import faults
from campaigns.document import DocumentError
from campaigns.finding import Finding
from campaigns.states import Action, NotAllowed, State
from campaigns.store import Conflict, Refused, Unknown
from knowledge_base import content

FILE = Path(__file__).with_name("refusals.yml")
FORBIDDEN, UNKNOWN, CONFLICT, CHANGED, FAULTY, NO_VERSION = 403, 404, 409, 412, 422, 428


class Refusal(Exception):
    """Nothing was done. ``status`` as in HTTP; ``detail`` is filled into the sentence; ``findings`` say what to mend."""

    def __init__(
        self, code: str, status: int, detail: str = "", findings: Sequence[Finding] = (), **parts: str
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.findings = tuple(findings)
        self._parts = {"detail": detail, **parts}

    @property
    def sentence(self) -> str:
        """Return what operators read."""
        return fill(words()["refusals"][self.code], self._parts)


@contextlib.contextmanager
def refusing(findings: Sequence[Finding] = ()) -> Iterator[None]:
    """Turn what the store and the rules raise into a ``Refusal``. ``findings``: what a check has found in detail."""
    try:
        yield
    except Unknown:
        raise Refusal("campaign_unknown", UNKNOWN) from None
    except Conflict:
        raise Refusal("changed_meanwhile", CONFLICT) from None
    except Refused as error:
        known = [one for one in findings if one.code in error.codes]
        named = {one.code for one in known}
        rest = [Finding("error", code, "") for code in dict.fromkeys(error.codes) if code not in named]
        raise Refusal("has_faults", FAULTY, findings=[*known, *rest]) from None
    except NotAllowed as error:
        raise _not_allowed(error.code) from None
    except DocumentError as error:
        raise of_document(error) from None


def of_document(error: DocumentError) -> Refusal:
    """Return the refusal of a document that cannot be read, with the place of the fault."""
    kinds = words()["document"]
    what = kinds.get(error.kind, kinds["other"])
    line = error.place.removeprefix("line ")
    place = fill(words()["line"], {"line": line}) if line != error.place else error.place or words()["whole"]
    return Refusal("document_wrong", FAULTY, place=place, what=fill(what, {"detail": str(error)}))


def say(found: Finding) -> str:
    """Return the sentence of what the lint, a route or the office itself finds."""
    if found.code in finding.load().says:
        return finding.load().sentence(found)
    own: Mapping[str, str] = words()["findings"]
    if found.code in own:
        return fill(own[found.code], {"detail": found.detail, "field": found.field})
    return faults.load().get(found.code, found.code)


def name(kind: str, word: str) -> str:
    """Return the operators' word for a state, an action or a role; the word itself where there is none."""
    return str(words()[kind].get(word, word))


def fill(sentence: str, parts: Mapping[str, str]) -> str:
    """Return ``sentence`` with ``{name}`` replaced; whatever is filled in stays as it is."""
    found, *pieces = sentence.split("{")
    for piece in pieces:
        key, rest = piece.split("}", 1)
        found += parts.get(key, "") + rest
    return found


@cache
def words() -> Mapping[str, Any]:
    """Return the words of the office. Raises ``ContentError``."""
    known: Mapping[str, Any] = content.read(FILE)
    return known


def _not_allowed(code: str) -> Refusal:
    if code in words()["refusals"]:
        return Refusal(code, FORBIDDEN if code == "approver_is_author" else CONFLICT)
    action, _, state = code.partition("_from_")
    assert action in set(Action)
    assert state in set(State)
    return Refusal("wrong_state", CONFLICT, action=name("actions", action), state=name("states", state))
