"""A .sql file → what generated code knows it by: its module's name, and its digest."""

from __future__ import annotations

import hashlib
import re
from keyword import iskeyword
from unicodedata import normalize


def digest_of(data: bytes) -> str:
    """Return the digest of a file that generated code records; line endings do not count."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()[:16]


def module_name(file: str) -> str:
    """Return the module of a file, by its path below the folder of queries.

    `billing/past-due.sql` is `billing.past_due`; a keyword gets an underscore behind it. Python
    looks for a module under the NFKC form of its name.
    """
    file = normalize("NFKC", file)
    parts = [re.sub(r"[-. ]", "_", part) for part in file.removesuffix(".sql").split("/")]
    return ".".join(f"{part}_" if iskeyword(part) else part for part in parts)
