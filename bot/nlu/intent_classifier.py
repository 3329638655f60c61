"""Rasa component: sentence vector and character n-grams into one linear layer, served with numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import features

RANKING = 5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SentenceIntentClassifier(IntentClassifier, GraphComponent):  # type: ignore[misc]
    """Logistic regression; trained with scikit-learn, stored as one .npz without pickles."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings: which features to use and the inverse regularisation strength ``C``."""
        return {"sentence": True, "ngrams": True, "C": 10.0}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        """Keep the settings; the encoder is loaded on first use."""
        self._config = config
        self._storage = storage
        self._resource = resource
        self._encoder: features.Encoder | None = None
        self._weights: np.ndarray[Any, Any] = np.zeros((0, 0), dtype=np.float32)
        self._bias: np.ndarray[Any, Any] = np.zeros(0, dtype=np.float32)
        self._labels: list[str] = []

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceIntentClassifier:
        """Return an untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the linear layer on all intent examples and store it."""
        from scipy.sparse import csr_matrix
        from sklearn.linear_model import LogisticRegression

        examples = [e for e in training_data.intent_examples if e.get(INTENT) and e.get(TEXT)]
        # Nine columns in ten are empty n-grams: sparse rows train in a tenth of the time.
        rows = csr_matrix(self._features([example.get(TEXT) for example in examples]))
        model = LogisticRegression(C=self._config["C"], max_iter=400, class_weight="balanced")
        model.fit(rows, [example.get(INTENT) for example in examples])
        self._weights = np.ascontiguousarray(model.coef_.T, dtype=np.float32)
        self._bias = model.intercept_.astype(np.float32)
        self._labels = [str(label) for label in model.classes_]
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / "linear.npz", weights=self._weights, bias=self._bias, labels=np.asarray(self._labels)
            )
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> SentenceIntentClassifier:
        """Return the trained component, warmed so that the first citizen does not wait for the encoder."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            stored = np.load(folder / "linear.npz", allow_pickle=False)
            component._weights, component._bias = stored["weights"], stored["bias"]
            component._labels = [str(label) for label in stored["labels"]]
            stored.close()
        component._scores([" "])
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Write intent and ranking onto each message that has a text."""
        readable = [message for message in messages if message.get(TEXT)]
        if not readable or not self._labels:
            return messages
        scored = self._scores([message.get(TEXT) for message in readable])
        for message, scores in zip(readable, scored, strict=True):
            best = np.argsort(-scores)[:RANKING]
            ranking = [{"name": self._labels[at], "confidence": float(scores[at])} for at in best]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as it is: nothing after this component needs its output there."""
        return training_data

    def _features(self, texts: list[str]) -> np.ndarray[Any, Any]:
        if self._config["sentence"] and self._encoder is None:
            self._encoder = features.load_encoder()
        encoder = self._encoder if self._config["sentence"] else None
        return features.features(texts, encoder, bool(self._config["ngrams"]))

    def _scores(self, texts: list[str]) -> np.ndarray[Any, Any]:
        logits = self._features(texts) @ self._weights + self._bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        result: np.ndarray[Any, Any] = odds / odds.sum(axis=1, keepdims=True)
        return result
