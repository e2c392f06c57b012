"""PostgreSQL's own types → Python annotations; of those without one, what to cast them to."""

from __future__ import annotations

from amber_sql.compiler.bind.codegen_model import Annotation

VECTORS = ("oidvector", "int2vector")
"""PostgreSQL calls them arrays, and writes them otherwise."""

_STR = Annotation("str")
JSON = Annotation("Json", frozenset({("amber_sql.runtime", "Json")}))

BUILT_IN = {
    **dict.fromkeys(("int2", "int4", "int8", "oid", "xid", "cid", "xid8"), Annotation("int")),
    **dict.fromkeys(("float4", "float8"), Annotation("float")),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "char"), _STR),
    **dict.fromkeys(("inet", "cidr", "macaddr", "macaddr8", "xml"), _STR),
    **dict.fromkeys(("pg_lsn", "tid", "bit", "varbit", "refcursor", "jsonpath"), _STR),
    **dict.fromkeys(("tsvector", "tsquery", "txid_snapshot", "pg_snapshot"), _STR),
    **dict.fromkeys(VECTORS, Annotation("list[int]")),
    **dict.fromkeys(("json", "jsonb"), JSON),
    **dict.fromkeys(("time", "timetz"), Annotation("time", frozenset({("datetime", "time")}))),
    **dict.fromkeys(
        ("timestamp", "timestamptz"), Annotation("datetime", frozenset({("datetime", "datetime")}))
    ),
    "bool": Annotation("bool"),
    "bytea": Annotation("bytes"),
    "date": Annotation("date", frozenset({("datetime", "date")})),
    "interval": Annotation("timedelta", frozenset({("datetime", "timedelta")})),
    "numeric": Annotation("Decimal", frozenset({("decimal", "Decimal")})),
    "uuid": Annotation("UUID", frozenset({("uuid", "UUID")})),
    "void": Annotation("None"),
}
"""How PostgreSQL's own types are read; see the README for each one's reason."""

EXTENSIONS = {
    **dict.fromkeys(("citext", "ltree", "lquery", "ltxtquery", "sparsevec"), _STR),
    **dict.fromkeys(("vector", "halfvec"), Annotation("list[float]")),
    "hstore": Annotation("dict[str, str | None]"),
}
"""Types of extensions, which are known by their names: their OIDs are each database's own."""

RANGE = ("psycopg.types.range", "Range")
MULTIRANGE = ("psycopg.types.multirange", "Multirange")


NAMES_OF_OBJECTS = {
    f"reg{kind}": _STR
    for kind in (
        "class", "collation", "config", "dictionary", "namespace", "oper", "operator", "proc",
        "procedure", "role", "type",
    )
}  # fmt: skip
"""Types whose values are written as names; as a result comes a number, which says nothing."""

CASTS = {"money": "numeric"}
FUNCTIONS = {"geometry": "ST_AsGeoJSON", "geography": "ST_AsGeoJSON"}


class UnknownTypeError(Exception):
    """A type, or a column's name in a struct, has no equal in Python: what is said, and what to do."""

    def __init__(self, message: str, *, within: str = "", hint: str = "{}::text") -> None:
        """Say what; `within` is the table's column, and `hint` an expression over the value."""
        super().__init__(message)
        self.message, self.within, self.cast = message, within, hint
        self.path = self.advice = ""
        """Of a value in a nested row: where in the result it is, and the hint, whole."""
        if not within.isprintable():
            self.within = repr(within)

    def hint(self, written: str) -> str:
        """Return what to write for a column that is written so."""
        if not self.within:
            return f"write {self.cast.format(written)}" if self.cast else ""
        column = self.cast.format(self.within.rpartition(".")[2])
        what = f"{column} among them" if self.cast else "without that one, or under an alias"
        return f"select the columns that are needed instead of the whole row, {what}"
