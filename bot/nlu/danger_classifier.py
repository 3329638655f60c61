"""Rasa component: writes onto each message how likely it tells of an emergency, for the routing law."""

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

from bot.nlu import danger, features

KEY = "danger"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DangerClassifier(IntentClassifier, GraphComponent):  # type: ignore[misc]
    """Keeps a ``DangerModel``; leaves the intent alone."""

    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        """Keep where the model lies; it is read by ``load``."""
        self._storage = storage
        self._resource = resource
        self._model: danger.DangerModel | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DangerClassifier:
        """Return an untrained component."""
        return cls(model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on all intent examples and store it."""
        examples = [e for e in training_data.intent_examples if e.get(INTENT) and e.get(TEXT)]
        encoder = features.load_encoder()
        parts: dict[str, Any] = danger.train(
            [e.get(TEXT) for e in examples], [e.get(INTENT) for e in examples], encoder
        )
        self._model = danger.DangerModel(parts, encoder)
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / "danger.npz", **parts)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> DangerClassifier:
        """Return the trained component, warmed."""
        component = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / "danger.npz") as stored:
            component._model = danger.DangerModel(
                {name: stored[name] for name in stored.files}, features.load_encoder()
            )
        component._model.weigh([" "])
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Write ``danger``, ``{"logit", "mode"}``, onto each message that has a text."""
        readable = [message for message in messages if message.get(TEXT)]
        if readable and self._model is not None:
            for message, found in zip(
                readable, self._model.weigh([m.get(TEXT) for m in readable]), strict=True
            ):
                message.set(KEY, {"logit": found.logit, "mode": found.mode}, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as it is."""
        return training_data
