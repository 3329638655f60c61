"""The gateway's HTTP routes, one file for each topic."""
