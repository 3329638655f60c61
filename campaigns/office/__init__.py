"""What operators do with campaigns: one set of functions, which the HTTP API and the command line both call."""
