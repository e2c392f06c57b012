"""A COMMENT of the schema → what it says to people, and what it says to the compiler."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog

TAGS = {
    "secret": "@secret",
    "struct": "@struct Name",
    "tenant": "@tenant column",
    "type": "@type module.Struct",
}
"""What a COMMENT may say to the compiler, as it is written; none of it belongs into a docstring."""

_STRUCT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_TAG_LINE = re.compile(rf"\s*@(secret(?!\w)|(?:{'|'.join(TAGS)})(?!\S))")


def tagged(comment: str, tag: str) -> tuple[str, str]:
    """Split a comment into its text and what a tag in it says."""
    lines = comment.splitlines() or [""]
    stated = [
        line.strip()[len(tag) :].strip() for line in lines if line.strip().startswith(f"{tag} ")
    ]
    text = "\n".join(line for line in lines if not _TAG_LINE.match(line)).strip()
    return text, stated[0] if stated else ""


def is_secret(comment: str) -> bool:
    """Tell whether a column's comment says `@secret`, on a line of its own or before its reason."""
    return any(
        match[1] == "secret" for match in map(_TAG_LINE.match, comment.splitlines()) if match
    )


def json_struct(comment: str) -> tuple[str, str] | None:
    """Return (module, name) of the struct that `@type module.Struct` gives, if it is a path."""
    _, stated = tagged(comment, "@type")
    if not _STRUCT_PATH.fullmatch(stated):
        return None
    module, _, name = stated.rpartition(".")
    return module, name


def is_json(catalog: Catalog, oid: int) -> bool:
    """Tell whether a type is json or jsonb, or a domain over one."""
    kind = catalog.types.get(oid)
    while kind is not None and kind.kind == "d":
        kind = catalog.types.get(kind.base)
    return kind is not None and (kind.schema, kind.name) in {
        ("pg_catalog", "json"),
        ("pg_catalog", "jsonb"),
    }
