"""When which tricks peak: occasions, holidays, lunar festivals, and what is not announced yet."""
