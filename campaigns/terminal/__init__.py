"""What `fanzha campaign …` prints, and how it reaches the office."""
