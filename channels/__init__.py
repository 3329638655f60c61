"""Everything that talks to people: the gateway, the channels, and the guard of their personal data."""
