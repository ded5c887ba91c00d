"""Diagnostics: what can be found out about programs beyond their verdicts."""
