"""Texts become vectors: one definition (sentence-transformers), one light way to serve the built-in model."""
