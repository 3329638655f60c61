"""Measures the system and writes docs/benchmarks.md; nothing here is needed to run the assistant."""
