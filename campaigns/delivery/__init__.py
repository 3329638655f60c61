"""The routes out that are not letters: one sender for each (``campaigns/senders.py`` says what a sender is)."""
