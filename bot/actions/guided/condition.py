"""What every part of a flow file is made from: strict models, short titles, and conditions on earlier answers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

LONGEST_TITLE = 12


def _short_title(title: str) -> str:
    """Return a button's title; a Latin letter takes half the room of a Chinese character."""
    if sum(0.5 if char.isascii() else 1 for char in title) > LONGEST_TITLE:
        raise ValueError(f"a title has at most {LONGEST_TITLE} characters: {title}")
    return title


Title = Annotated[str, AfterValidator(_short_title)]


class Strict(BaseModel):
    """Nothing but the fields named here, nothing changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Condition(Strict):
    """All parts must hold. In YAML the answers stand directly: ``{how: [card, transfer], at_least: {score: 3}}``."""

    answers: dict[str, tuple[str, ...]] = {}
    at_least: int | None = None
    answered: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or "answers" in raw:
            return raw
        rest = {key: value for key, value in raw.items() if key not in ("at_least", "answered")}
        wanted = {key: tuple(v) if isinstance(v, list) else (v,) for key, v in rest.items()}
        answered = raw.get("answered", [])
        return {
            "answers": wanted,
            "at_least": raw.get("at_least", {}).get("score"),
            "answered": tuple(answered if isinstance(answered, list) else [answered]),
        }
