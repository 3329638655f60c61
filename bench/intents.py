"""What the classifier and the routing law make of phrases they have not learnt; prints one JSON object.

Run in the Rasa environment from the repository root (``bench/intents_page.py`` does): some twenty minutes. Own phrases
are cross-validated; the rows of tests/eval_dialogue/*.jsonl, ``{"text", "intent"}`` and perhaps a ``half``, are put to a
model of all phrases, each half of a file apart. ``--rows GLOB`` measures those files only, without cross-validation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.nlu_pipelines import OWN, be_quiet, phrases, trained
from bot.nlu.routing import load_lexicon
from bot.nlu.weighing import final

FOLDS = 5
ROWS = Path("tests/eval_dialogue")
DANGER = "bot.nlu.danger_classifier.DangerClassifier"
PIPELINE = ({"name": OWN}, {"name": DANGER})
ALIKE = {"paste": "check"}  # a pasted text and a short one to check are judged alike


def cross_validated(examples: Sequence[Any]) -> list[tuple[str, str, str, bool]]:
    """Return (meant, what the classifier said, where it was routed, whether it is asked first) for every phrase."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    labels = np.asarray([example.get("intent") for example in examples])
    found = []
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(labels, labels):
        agent = trained(PIPELINE, [examples[at] for at in train])
        texts = [examples[at].get("text") for at in test]
        for at, said in zip(test, asyncio.run(answers(agent, texts)), strict=True):
            found.append((str(labels[at]), *said))
    return found


def held_out(
    examples: Sequence[Any], folder: Path = ROWS, which: str = "*.jsonl"
) -> dict[str, list[tuple[str, str, str, bool]]]:
    """Return the same for each file of ``folder`` and each half of it; empty when there are none."""
    groups: dict[str, list[dict[str, str]]] = {}
    for path in sorted(folder.glob(which)):
        for line in filter(str.strip, path.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            name = f"{path.stem}, {row['half']}" if row.get("half") else path.stem
            groups.setdefault(name, []).append(row)
    if not groups:
        return {}
    agent = trained(PIPELINE, examples)
    result = {}
    for name, rows in groups.items():
        said = asyncio.run(answers(agent, [row["text"] for row in rows]))
        meant = [ALIKE.get(row["intent"], row["intent"]) for row in rows]
        result[name] = [(intent, *one) for intent, one in zip(meant, said, strict=True)]
    return result


async def answers(agent: Any, texts: Sequence[str]) -> list[tuple[str, str, bool]]:
    """Return the classifier's intent, the routed one and whether losses are asked about first, for each text."""
    lexicon = load_lexicon()
    found = []
    for text in texts:
        parsed = await agent.parse_message(text)
        name = str(parsed["intent"]["name"] or "")
        weighed = final(text, parsed, lexicon)
        routed = weighed.route.intent
        found.append((ALIKE.get(name, name), ALIKE.get(routed, routed), weighed.asks))
    return found


def main() -> None:
    """Print {"folds", "own": rows, "held_out": {set: rows}}."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", default="", help="only these files of tests/eval_dialogue, e.g. 'fresh_*.jsonl'"
    )
    options = parser.parse_args()
    be_quiet()
    examples = phrases()
    own = [] if options.rows else cross_validated(examples)
    held = held_out(examples, which=options.rows or "*.jsonl")
    sys.stdout.write(json.dumps({"folds": FOLDS, "own": own, "held_out": held}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
