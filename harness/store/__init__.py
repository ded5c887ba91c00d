"""What outlives a process: the answers cache, the journals of a run, and what a session's processes share."""
