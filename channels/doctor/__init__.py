"""`fanzha doctor`: what is there, what is wrong, why it matters and how to mend it."""
