"""What runs in the sandbox's own processes: the standard library alone, nothing of the rest of the package."""
