"""The names of a relation and its schema → the one label by which messages, manifest and pages tell it."""

from __future__ import annotations


def label(*names: str) -> str:
    """Return names with dots between them; a dot within one is told from these by quotes."""
    return ".".join(
        '"' + name.replace('"', '""') + '"' if "." in name or name.startswith('"') else name
        for name in names
    )
