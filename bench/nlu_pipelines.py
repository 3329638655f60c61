"""Compares NLU pipelines by cross-validated intent F1 on our own phrases; prints a markdown table.

Run in the Rasa environment from the repository root: ``PYTHONPATH=. python bench/nlu_pipelines.py``
(10 minutes on two cores). ``--folds`` and ``--epochs`` change the effort.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import logging
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

JIEBA = {"name": "JiebaTokenizer"}
OWN = "bot.nlu.intent_classifier.SentenceIntentClassifier"
SAFETY = ("already_paid", "gave_info", "on_the_line")


@dataclass(frozen=True)
class Result:
    """F1 scores are 0..1; times are milliseconds a message and seconds a training."""

    name: str
    macro: float
    weighted: float
    safety_recall: float
    milliseconds: float
    training_seconds: float


def pipelines(epochs: int) -> dict[str, list[dict[str, Any]]]:
    """Return the pipelines under comparison by name."""
    words = {"name": "CountVectorsFeaturizer"}
    grams = {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 3}
    diet = {"name": "DIETClassifier", "epochs": epochs, "entity_recognition": False, "random_seed": 7}
    stock = {"name": "LogisticRegressionClassifier", "max_iter": 400}
    return {
        f"stock: Jieba + word counts + DIET ({epochs} epochs)": [JIEBA, words, diet],
        f"stock: Jieba + word and character counts + DIET ({epochs} epochs)": [JIEBA, words, grams, diet],
        "stock: Jieba + character 1-3-grams + LogisticRegression": [JIEBA, grams, stock],
        "own: character 1-3-grams + linear": [{"name": OWN, "sentence": False, "ngrams": True}],
        "own: sentence vector + linear": [{"name": OWN, "sentence": True, "ngrams": False}],
        "own: sentence vector + character 1-3-grams + linear": [{"name": OWN}],
        "the same + routing law": [{"name": OWN}, {"name": "bot.nlu.text_router.TextRouter"}],
        "the same + danger model + routing law (served)": [
            {"name": OWN},
            {"name": "bot.nlu.danger_classifier.DangerClassifier"},
            {"name": "bot.nlu.text_router.TextRouter"},
        ],
    }


def measure(name: str, pipeline: Sequence[dict[str, Any]], examples: Sequence[Any], folds: int) -> Result:
    """Train and test the pipeline on stratified folds."""
    from sklearn.metrics import f1_score, recall_score
    from sklearn.model_selection import StratifiedKFold

    labels = np.asarray([example.get("intent") for example in examples])
    wanted: list[str] = []
    found: list[str] = []
    training = answering = 0.0
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=7).split(labels, labels):
        started = time.perf_counter()
        agent = trained(pipeline, [examples[at] for at in train])
        training += time.perf_counter() - started
        asyncio.run(agent.parse_message(examples[0].get("text")))
        started = time.perf_counter()
        answers = asyncio.run(_answers(agent, [examples[at].get("text") for at in test]))
        answering += time.perf_counter() - started
        wanted += [str(labels[at]) for at in test]
        # A pasted text and a short one to check are judged alike.
        found += ["check" if answer == "paste" else answer for answer in answers]
    return Result(
        name=name,
        macro=f1_score(wanted, found, average="macro", labels=sorted(set(wanted)), zero_division=0),
        weighted=f1_score(wanted, found, average="weighted", labels=sorted(set(wanted)), zero_division=0),
        safety_recall=recall_score(wanted, found, average="micro", labels=list(SAFETY), zero_division=0),
        milliseconds=answering / len(wanted) * 1000,
        training_seconds=training / folds,
    )


async def _answers(agent: Any, texts: Sequence[str]) -> list[str]:
    return [str((await agent.parse_message(text))["intent"]["name"] or "check") for text in texts]


def trained(pipeline: Sequence[dict[str, Any]], examples: Sequence[Any]) -> Any:
    """Return an agent whose NLU pipeline learnt the examples."""
    import rasa.shared.utils.io
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu
    from rasa.shared.nlu.training_data.training_data import TrainingData

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yml"
        data = Path(folder) / "nlu.yml"
        rasa.shared.utils.io.write_yaml(
            {"recipe": "default.v1", "language": "zh", "assistant_id": "b", "pipeline": list(pipeline)},
            config,
        )
        TrainingData(list(examples)).persist_nlu(str(data))
        # Rasa announces each trained model on standard output, which is our table's.
        with contextlib.redirect_stdout(io.StringIO()):
            model = train_nlu(str(config), str(data), folder)
        return Agent.load(model)


def phrases() -> list[Any]:
    """Return our own phrases as Rasa's messages."""
    from rasa.shared.nlu.training_data.loading import load_data

    return [example for example in load_data("nlu_data/nlu").intent_examples if example.get("text")]


def be_quiet() -> None:
    """Silence what Rasa says while it trains."""
    import structlog

    warnings.simplefilter("ignore")
    logging.disable(logging.INFO)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def main() -> None:
    """Print the table, row by row as the figures come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--only", default="", help="only pipelines whose name contains this")
    options = parser.parse_args()
    be_quiet()
    examples = phrases()
    intents = {example.get("intent") for example in examples}
    print(f"{len(examples)} phrases, {len(intents)} intents, {options.folds} folds\n")
    print("| pipeline | macro F1 | weighted F1 | emergency recall | ms a message | training s |")
    print("|---|---|---|---|---|---|", flush=True)
    for name, pipeline in pipelines(options.epochs).items():
        if options.only in name:
            row = measure(name, pipeline, examples, options.folds)
            print(
                f"| {row.name} | {row.macro:.3f} | {row.weighted:.3f} | {row.safety_recall:.3f} "
                f"| {row.milliseconds:.1f} | {row.training_seconds:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
