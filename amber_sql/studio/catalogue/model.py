"""The catalogue: tables with what hangs on them, enums, and queries. Plain data, sorted, no rows.

What is stated of a table here is as true without a server as with one; sizes and uses are `Figures`.
"""

from __future__ import annotations

import msgspec


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a table or view."""

    name: str
    type: str
    """As SQL writes it: `character varying(40)`, `shop.status[]`."""
    nullable: bool
    default: str = ""
    """DEFAULT's expression, or empty."""
    identity: str = ""
    """ALWAYS or BY DEFAULT for an identity column."""
    generated: str = ""
    """A generated column's expression, or empty."""
    comment: str = ""
    secret: bool = False
    """Whether its contents are never shown: `@secret` in its comment."""
    enum: str = ""
    """The label of the enum that it, or its elements, are of."""


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key, as the referencing table states it."""

    name: str
    columns: tuple[str, ...]
    target: str
    """The label of the table that it refers to."""
    target_columns: tuple[str, ...]
    optional: bool
    """Whether a row may refer to none: one of its columns may be NULL."""
    single: bool
    """Whether one row at most refers to each: its columns hold a unique key."""
    sql: str


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index, a constraint's too."""

    name: str
    sql: str
    unique: bool
    primary: bool
    valid: bool


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint, policy or trigger: its name, and how SQL states it."""

    name: str
    kind: str
    sql: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table, partitioned table, view, materialized view or foreign table."""

    label: str
    """Its name, behind its schema where search_path does not find it; what queries call it."""
    schema: str
    name: str
    kind: str
    comment: str = ""
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Part, ...] = ()
    policies: tuple[Part, ...] = ()
    triggers: tuple[Part, ...] = ()
    row_security: bool = False
    partitioned_by: str = ""
    """`RANGE (created_at)`, or empty."""
    partitions: int = 0
    definition: str = ""
    """A view's query."""

    @property
    def is_view(self) -> bool:
        """Tell whether it holds no rows of its own that anybody writes."""
        return "view" in self.kind


class Enum(msgspec.Struct, frozen=True, kw_only=True):
    """An enum type."""

    label: str
    labels: tuple[str, ...]
    """In the server's order."""
    comment: str = ""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a query."""

    name: str
    """As Python calls it."""
    pg_type: str
    py_type: str
    nullable: bool
    optional: bool
    """Whether a call may leave it out."""
    why: str
    secret: bool = False
    labels: tuple[str, ...] = ()
    """Of an enum or a choice: what it can be."""
    option: str = ""
    """What leaves lines of its query in or out: a value, a switch or a choice; else empty."""
    default: str = ""
    """As the signature says it, where a call may leave it out."""


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """A column that a query returns."""

    name: str
    pg_type: str
    py_type: str
    nullable: bool
    why: str
    secret: bool = False


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One of the statements that a query with optional lines may send."""

    words: str
    """`with since, without role, sort oldest`."""
    sql: str
    """As it is sent: parameters by number."""
    parameters: tuple[str, ...]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A named query, as PostgreSQL described it."""

    module: str
    name: str
    """As Python calls it."""
    file: str
    line: int
    signature: str
    """`get(conn, *, id: UUID) -> User | None`."""
    returns: str
    doc: str
    deprecated: str
    tags: tuple[str, ...]
    """As they are written, without the dashes."""
    operation: str
    rows: str
    """How many rows are proven, in words."""
    sql: str
    """The statement as its file has it."""
    parameters: tuple[Parameter, ...]
    columns: tuple[Output, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    variants: tuple[Variant, ...] = ()
    """Of a query with optional lines; the first is the file as it stands."""

    @property
    def label(self) -> str:
        """Its name with its module, as errors and traces call it."""
        return f"{self.module}.{self.name}"


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """A file of queries."""

    name: str
    file: str
    doc: str
    queries: tuple[Query, ...]


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Everything: tables and enums by label, modules by name."""

    tables: tuple[Table, ...]
    enums: tuple[Enum, ...]
    modules: tuple[Module, ...]
    search_path: tuple[str, ...]

    def table(self, label: str) -> Table | None:
        """Return the table of that label."""
        return next((table for table in self.tables if table.label == label), None)

    def query(self, label: str) -> Query | None:
        """Return the query of that label, `users.get`."""
        return next((query for query in self.queries if query.label == label), None)

    @property
    def queries(self) -> tuple[Query, ...]:
        """Those of every file, in the files' order."""
        return tuple(query for module in self.modules for query in module.queries)

    def readers(self, table: str) -> tuple[Query, ...]:
        """Return the queries that read a table."""
        return tuple(query for query in self.queries if table in query.reads)

    def writers(self, table: str) -> tuple[Query, ...]:
        """Return the queries that write a table."""
        return tuple(query for query in self.queries if table in query.writes)

    def referring(self, table: str) -> tuple[tuple[Table, ForeignKey], ...]:
        """Return the tables whose rows refer to a table's, each with its foreign key."""
        return tuple(
            (one, key) for one in self.tables for key in one.foreign_keys if key.target == table
        )
