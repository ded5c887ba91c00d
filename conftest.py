"""The root conftest: nothing to configure, the plugin comes by its entry point."""
