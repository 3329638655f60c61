"""What the classifier and the routing law make of phrases they have not learnt; prints one JSON object.

Run in the Rasa environment from the repository root (``bench/intents_page.py`` does): two to three minutes. Own phrases
are cross-validated; the rows of tests/eval_dialogue/*.jsonl, ``{"text", "intent"}``, are put to a model of all phrases.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.nlu_pipelines import OWN, be_quiet, phrases, trained
from bot.nlu.routing import load_lexicon, route

FOLDS = 5
ROWS = Path("tests/eval_dialogue")
ALIKE = {"paste": "check"}  # a pasted text and a short one to check are judged alike


def cross_validated(examples: Sequence[Any]) -> list[tuple[str, str, str]]:
    """Return (meant, what the classifier said, where it was routed) for every phrase."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    labels = np.asarray([example.get("intent") for example in examples])
    found = []
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(labels, labels):
        agent = trained([{"name": OWN}], [examples[at] for at in train])
        texts = [examples[at].get("text") for at in test]
        for at, (said, routed) in zip(test, asyncio.run(answers(agent, texts)), strict=True):
            found.append((str(labels[at]), said, routed))
    return found


def held_out(examples: Sequence[Any], folder: Path = ROWS) -> dict[str, list[tuple[str, str, str]]]:
    """Return the same for each file of ``folder``; empty when there are none."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        return {}
    agent = trained([{"name": OWN}], examples)
    result = {}
    for path in files:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        said = asyncio.run(answers(agent, [row["text"] for row in rows]))
        meant = [ALIKE.get(row["intent"], row["intent"]) for row in rows]
        result[path.stem] = [(name, *pair) for name, pair in zip(meant, said, strict=True)]
    return result


async def answers(agent: Any, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return the classifier's intent and the routed one for each text."""
    lexicon = load_lexicon()
    found = []
    for text in texts:
        intent = (await agent.parse_message(text))["intent"]
        name = str(intent["name"] or "")
        routed = route(text, name, float(intent["confidence"] or 0.0), lexicon).intent
        found.append((ALIKE.get(name, name), ALIKE.get(routed, routed)))
    return found


def main() -> None:
    """Print {"folds", "own": triples, "held_out": {file: triples}}."""
    be_quiet()
    examples = phrases()
    result = {"folds": FOLDS, "own": cross_validated(examples), "held_out": held_out(examples)}
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
