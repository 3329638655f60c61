"""Answers of the action server are still validated, with a validator built once. Python 3.10 with rasa."""

import unittest

from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from bot.rasa_server import make_validation


class ActionAnswers(unittest.TestCase):
    def setUp(self):
        self.validate = make_validation(RemoteAction.action_response_format_spec())

    def test_a_good_answer_passes(self):
        slot = {"event": "slot", "name": "role", "value": "driver"}
        self.assertTrue(self.validate(None, {"events": [slot], "responses": [{"text": "x"}]}))

    def test_bad_answers_are_refused(self):
        for bad in ({"events": "x"}, {"events": [{"no": "name"}]}, {"responses": "x"}, []):
            with self.subTest(bad=bad), self.assertRaises(ValidationError):
                self.validate(None, bad)


if __name__ == "__main__":
    unittest.main()
