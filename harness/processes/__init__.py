"""Processes of our own, and how one speaks with them: `wire` is the message, `child` one end, `parent` the other."""
