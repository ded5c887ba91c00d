"""Ranks by hash: an order that depends on names alone, for draws that must not depend on a generator's version."""

import hashlib


def rank(*parts: str | int) -> str:
    """The sha256 (hex) of the parts, a colon between them; sorted by it, names are in a random order of their own."""
    return hashlib.sha256(":".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()
