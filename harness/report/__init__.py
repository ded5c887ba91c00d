"""After the run: everything here is a pure function of a run's folder, made again years later without a model."""
