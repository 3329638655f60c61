"""Posters, share cards and screen texts of a campaign, drawn from its document without a browser."""
