"""PostgreSQL's names → Python's: one rule for each kind of name, documented in the README.

A keyword, or a name that generated code uses itself, gets an underscore behind it: `class_`,
`date_`, `Statement_`. What is no identifier at all (`?column?`, `1st`) is an error that asks for an
alias.
"""

from __future__ import annotations

import keyword
import re

RESERVED_PARAMETERS = frozenset({"conn", "runtime"})
RESERVED_MODELS = frozenset(
    "AbstractAsyncContextManager AbstractContextManager Any AsyncConn AsyncIterator ClassVar Conn"
    " CopyTarget Decimal Iterable Iterator Json Multirange OpenEnum Range SOURCE Statement Struct"
    " UUID".split()
)
RESERVED_FUNCTIONS = RESERVED_MODELS | frozenset(
    "annotations bool builtins bytes date datetime deprecated float int runtime statements str sys"
    " time timedelta".split()
)

_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "indices": "index",
    "movies": "movie",
    "cookies": "cookie",
    "calories": "calorie",
}
_ALIKE = ("ss", "us", "is", "news", "series", "data", "media", "settings")


def parameter(name: str) -> str:
    """Return a parameter's name in Python."""
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED_PARAMETERS else name


def function(name: str) -> str:
    """Return a query function's name in Python."""
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED_FUNCTIONS else name


def field(name: str) -> str | None:
    """Return a column's name in Python, or None where an alias must be written."""
    if not name.isidentifier() or name.startswith("__"):
        return None
    return f"{name}_" if keyword.iskeyword(name) else name


def cap_words(name: str) -> str:
    """`installation_status` → `InstallationStatus`."""
    words = [word for word in re.split(r"[\W_]+", name) if word]
    text = "".join(word[0].upper() + word[1:] for word in words)
    text = text if text.isidentifier() else f"T{text}"
    return f"{text}_" if keyword.iskeyword(text) or text in RESERVED_MODELS else text


def singular(name: str) -> str:
    """`api_keys` → `api_key`: the last word only, by English's common rules."""
    head, _, last = name.rpartition("_")
    lower = last.lower()
    if lower in _IRREGULAR:
        last = _IRREGULAR[lower]
    elif lower.endswith(_ALIKE):
        pass
    elif lower.endswith("ies") and len(last) > 4:  # ties, pies
        last = last[:-3] + "y"
    elif lower.endswith(("sses", "shes", "ches", "xes", "zzes", "statuses", "buses")):
        last = last[:-2]
    elif lower.endswith("s"):
        last = last[:-1]
    return f"{head}_{last}" if head else last


def member(label: str) -> str:
    """Return an enum member's name for a label: `past due` → `PAST_DUE`."""
    name = re.sub(r"\W", "_", label).upper().strip("_") or "EMPTY"
    if not name.isidentifier():
        name = f"N{name}"
    if not name.isidentifier():  # such as ½, a digit to some and a letter to none
        name = "N" + re.sub(r"[^0-9A-Za-z]", "_", name[1:])
    return f"{name}_" if keyword.iskeyword(name) else name
