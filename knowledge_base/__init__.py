"""What we know about scams: content beside the code that loads, checks, indexes and searches it."""
