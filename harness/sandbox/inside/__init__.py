"""What runs in the sandbox's own processes: of the rest of the package `harness.processes.wire` alone."""
