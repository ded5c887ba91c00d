"""The command `crosstask`: one module a group of commands."""
