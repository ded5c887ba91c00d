"""What runs in the sandbox's own processes: plain modules of the standard library, nothing of the rest of the package."""
