"""Rasa component: applies the routing law of routing.py after the classifier."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.routing import Lexicon, load_lexicon
from bot.nlu.weighing import final

ASKS = "asks_first"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class TextRouter(GraphComponent):  # type: ignore[misc]
    """Turns everything that is not clearly a command into ``check`` or ``paste``."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Keep the compiled lexicon."""
        self._lexicon = lexicon

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TextRouter:
        """Return a component with the lexicon beside routing.py."""
        return cls(load_lexicon())

    def process(self, messages: list[Message]) -> list[Message]:
        """Rewrite the intent of each message in place."""
        for message in messages:
            said = (message.get("intent") or {}).get("name") or ""
            weighed = final(message.get(TEXT) or "", message.data, self._lexicon)
            found = weighed.route
            intent = {"name": found.intent, "confidence": found.confidence}
            message.set("intent", intent, add_to_output=True)
            message.set(ASKS, weighed.asks, add_to_output=True)
            if found.intent != said:
                ranked = [intent, *(message.get("intent_ranking") or [])]
                message.set("intent_ranking", ranked, add_to_output=True)
        return messages
