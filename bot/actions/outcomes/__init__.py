"""Results of guided conversations that need computing: one module each, ``conclude(told) -> list[Say]``."""
