"""A COMMENT of the schema → what it says to people, and what it says to the compiler."""

from __future__ import annotations

TAGS = ("@struct ", "@tenant ", "@type ")
"""What a COMMENT may say to the compiler; none of it belongs into a docstring."""


def tagged(comment: str, tag: str) -> tuple[str, str]:
    """Split a comment into its text and what a tag in it says."""
    lines = comment.splitlines() or [""]
    stated = [
        line.strip()[len(tag) :].strip() for line in lines if line.strip().startswith(f"{tag} ")
    ]
    text = "\n".join(line for line in lines if not line.strip().startswith(TAGS)).strip()
    return text, stated[0] if stated else ""
