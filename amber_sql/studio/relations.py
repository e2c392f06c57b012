"""What the catalog says of tables, as the pages need it: columns, keys, indexes, what refers to what."""

from __future__ import annotations

import msgspec

from amber_sql.compiler.labels import label
from amber_sql.studio import links

KINDS = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}
LARGE = 100_000
"""Rows from which on a search without an index is warned of."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column; `type` is as people write it, `cast` the same without a length, for a CAST."""

    number: int
    name: str
    type: str
    cast: str
    category: str
    """pg_type.typcategory of the type under a domain: S text, N number, D time, E enum, B boolean, …"""
    kind: str
    """pg_type.typtype of the type under a domain: b, c, e, r, m."""
    labels: tuple[str, ...] = ()
    """The labels of an enum."""
    not_null: bool = False
    default: str = ""
    generated: str = ""
    identity: str = ""
    comment: str = ""
    """Without what it says to the compiler."""
    secret: bool = False
    """Its values are never asked for: its comment says `@secret`, or it shows a column whose does."""
    variable: bool = False
    """Whether a value may be long."""
    sortable: bool = False
    """Whether its type has an order."""

    @property
    def is_time(self) -> bool:
        """Tell whether it is a moment: newest first makes sense."""
        return self.cast in {"timestamp with time zone", "timestamp without time zone", "date"}

    @property
    def base(self) -> str:
        """The type without what stands in parentheses or brackets."""
        return self.cast.partition("(")[0]


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index; an expression among its columns is an empty name."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    primary: bool
    method: str
    partial: bool
    immediate: bool
    trigrams: bool
    size: int
    scans: int
    definition: str

    @property
    def sorts(self) -> bool:
        """Tell whether all rows can be read in its order."""
        return self.method == "btree" and not self.partial


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """One table's columns that name a row of another."""

    name: str
    schema: str
    table: str
    columns: tuple[str, ...]
    to_schema: str
    to_table: str
    to_columns: tuple[str, ...]
    on_delete: str


class Check(msgspec.Struct, frozen=True):
    """A check constraint and the columns that it looks at."""

    name: str
    columns: tuple[str, ...]
    definition: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table, view, materialized view or foreign table."""

    oid: int
    schema: str
    name: str
    kind: str
    comment: str
    rows: int | None
    """Estimated by the server's statistics; None where nobody has counted."""
    size: int
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...] = ()
    refers: tuple[ForeignKey, ...] = ()
    referred: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    parent: tuple[str, str] | None = None
    """The table that this one is a partition of."""
    partitions: int = 0
    bookkeeping: bool = False
    definition: str = ""
    """Of a view, its SELECT."""

    @property
    def label(self) -> str:
        """The name, with its schema unless that is public."""
        return label(self.name) if self.schema == "public" else label(self.schema, self.name)

    @property
    def address(self) -> str:
        """The address of its page."""
        return links.table(self.schema, self.name)

    @property
    def what(self) -> str:
        """What it is, in a word."""
        return "partition" if self.parent else KINDS[self.kind]

    @property
    def large(self) -> bool:
        """Tell whether reading all of it takes a while; a view may stand for anything."""
        return self.kind in "vf" or (self.rows or 0) > LARGE

    def column(self, name: str) -> Column | None:
        """Return a column by its name."""
        return next((one for one in self.columns if one.name == name), None)

    @property
    def shown(self) -> list[Column]:
        """The columns that may be read."""
        return [one for one in self.columns if not one.secret]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell each row from every other, without secrets; empty where none do."""
        for index in sorted(self.indexes, key=lambda one: (not one.primary, len(one.columns))):
            if (
                index.unique
                and index.sorts
                and index.immediate
                and all(map(self._tells, index.columns))
            ):
                return index.columns
        return ()

    def _tells(self, name: str) -> bool:
        column = self.column(name)
        return column is not None and column.not_null and not column.secret

    def leads(self, name: str) -> bool:
        """Tell whether an index finds rows by this column."""
        return any(one.columns[:1] == (name,) and one.sorts for one in self.indexes)


class Schema(msgspec.Struct, frozen=True):
    """All tables of a database."""

    tables: dict[tuple[str, str], Table]
    secrets: frozenset[tuple[int, int]] = frozenset()
    """(relation, column) of each column whose values stay here, of catalogs and types as well."""
    secret_words: frozenset[str] = frozenset()
    """What these columns are called."""

    def table(self, schema: str, name: str) -> Table | None:
        """Return a table by its name."""
        return self.tables.get((schema, name))

    @property
    def listed(self) -> list[Table]:
        """The tables that a list shows: no partitions, which stand under their table."""
        return [one for one in self.tables.values() if not one.parent and not one.bookkeeping]
