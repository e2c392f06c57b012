"""PostgreSQL's names → Python's: one rule for each kind of name, documented in docs/queries.md.

A keyword, or a name that generated code uses itself, gets an underscore behind it: `class_`,
`date_`, `Statement_`. What is no identifier at all (`?column?`, `1st`) is an error that asks for an
alias. Python compares identifiers in their NFKC form, in which the ligature `ﬁ` is `fi`: so
every name is brought into it first, and two that meet are seen to meet.
"""

from __future__ import annotations

import keyword
import re
from unicodedata import normalize

_BUILT_IN = frozenset("bool builtins bytes dict float int list set str tuple type object".split())
_IMPORTED = frozenset("annotations date datetime deprecated runtime statements sys time timedelta".split())  # fmt: skip
RESERVED_PARAMETERS = frozenset({"conn", "runtime"})
RESERVED_MODELS = (
    _BUILT_IN
    | _IMPORTED
    | frozenset(
        "AbstractAsyncContextManager AbstractContextManager Any AsyncConn AsyncIterator Choices ClassVar"
        " Conn CopyTarget Decimal Iterable Iterator Json Literal Multirange OpenEnum Range RedactedStruct SOURCE"
        " Statement Struct UNSET UUID UnsetType Variants field".split()
    )
)
RESERVED_FUNCTIONS = (RESERVED_MODELS | {"SQL"}) - set(
    "dict field list object set tuple type".split()
)
"""A function's statement is named after it with an underscore before: `_SQL` is taken."""


def identifier(name: str) -> str | None:
    """Return a name as Python compares it, or None where it is none that anybody may use."""
    name = normalize("NFKC", name)
    return name if name.isidentifier() and not name.startswith("__") else None


def public(name: str) -> str | None:
    """Return a name that a person chose for a class, or None where Python would not take it."""
    name = identifier(name) or ""
    return name if name and not name.startswith("_") and not keyword.iskeyword(name) else None


def is_path(parts: tuple[str, str]) -> bool:
    """Tell whether (module, name) can stand in `from module import name` as they are."""
    words = ".".join(parts).split(".")
    return all(word == identifier(word) and not keyword.iskeyword(word) for word in words)


def parameter(name: str) -> str:
    """Return a parameter's name in Python."""
    name = normalize("NFKC", name)
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED_PARAMETERS else name


def function(name: str) -> str:
    """Return a query function's name in Python."""
    name = normalize("NFKC", name)
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED_FUNCTIONS else name


def field(name: str) -> str | None:
    """Return a column's name in Python, or None where an alias must be written."""
    found = identifier(name)
    return f"{found}_" if found and keyword.iskeyword(found) else found


def cap_words(name: str) -> str:
    """`installation_status` → `InstallationStatus`."""
    words = [word for word in re.split(r"[\W_]+", normalize("NFKC", name)) if word]
    text = normalize("NFKC", "".join(word[0].upper() + word[1:] for word in words))
    text = text if text.isidentifier() else f"T{text}"
    if not text.isidentifier():  # such as ½, a digit to some and a letter to none
        text = "T" + re.sub(r"[^0-9A-Za-z]", "_", text[1:])
    return f"{text}_" if keyword.iskeyword(text) or text in RESERVED_MODELS else text


def member(label: str) -> str:
    """Return an enum member's name for a label: `past due` → `PAST_DUE`."""
    text = normalize("NFKC", normalize("NFKC", label).upper())
    name = re.sub(r"\W", "_", text).strip("_") or "EMPTY"
    if not name.isidentifier():
        name = f"N{name}"
    if not name.isidentifier():
        name = "N" + re.sub(r"[^0-9A-Za-z]", "_", name[1:])
    return f"{name}_" if keyword.iskeyword(name) else name


def members(labels: tuple[str, ...]) -> dict[str, str]:
    """Return a name for each label of an enum, no two alike.

    `labels` stand in the order in which they came to be, so that a new one renames no other.
    """
    found: dict[str, str] = {}
    for index, label in enumerate(labels):
        unique = member(label)
        while unique in found.values():
            unique = f"{unique}_{index}"
        found[label] = unique
    return found
