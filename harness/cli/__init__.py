"""The command `crosstask`: one module a command, `main` puts them together."""
