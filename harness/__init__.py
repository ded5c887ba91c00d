"""crosstask: a pytest-native evaluation suite for language and code models."""

__version__ = "0.1.0"
