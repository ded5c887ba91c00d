"""Exporters: a run of ours in a form that other tools read."""
