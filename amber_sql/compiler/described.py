"""What PostgreSQL said of a query: the data that every later stage reads."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.files.query import Operation

if TYPE_CHECKING:
    from amber_sql.compiler.files.query import Option, Query

VOID = 2278
"""The type of what is called for its effect."""


class Cardinality(StrEnum):
    """How many rows a statement returns."""

    NONE = "none"
    ONE = "exactly_one"
    ZERO_OR_ONE = "zero_or_one"
    MANY = "many"


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a value whose type does not name them: an anonymous row, as the query tree has it.

    `infer.contents` finds it, `bind.nested_structs` makes a struct of it: its name is the row's and
    the column's, or that of `-- @struct column Name`. Whatever else has fields of its own (an object
    in JSON) hands `NestedStructs.struct` its FieldDefs, and gets the name of a struct back.
    """

    fields: tuple[Described, ...] = ()
    problem: str = ""
    """Why nobody can tell the fields; then there are none."""
    hint: str = ""
    """What to write instead."""


class JsonKind(StrEnum):
    """What a JSON value is."""

    ANY = "any"
    VALUE = "value"
    OBJECT = "object"
    ARRAY = "array"
    TUPLE = "tuple"
    MAP = "map"


class JsonShape(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON value as the query tree shows it made; `infer.json_shapes` finds it.

    An object has a part for each of `keys`, a tuple one for each place. An array and a map (an object
    whose keys are data) have one for all, or none where they are always empty.
    """

    kind: JsonKind = JsonKind.ANY
    parts: tuple[JsonShape, ...] = ()
    keys: tuple[str, ...] = ()
    nullable: bool = False
    """Whether null may stand in its place."""
    optional: bool = False
    """Of an object's part: whether its key may be missing."""
    type: int = 0
    """Of a value: the oid of the type that it was before."""
    origin: tuple[int, int] = (0, 0)
    """Of a value: the (relation, column) that it is taken from as it is, or zeros."""


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter, a column, or a field of an anonymous row."""

    name: str
    type: int
    """The oid of its type; for a column a domain's base type, as the protocol says, for a field the domain."""
    nullable: bool
    why: str
    inferred: str = ""
    """For a parameter: what the tree says of it, whatever a tag says."""
    filled: bool = True
    """Of an array: whether its elements are proven not NULL; a parameter's are asked to be."""
    whole: bool = True
    """Of a row, or rows: whether they are proven to be as their table has them; see `infer.contents`."""
    depth: int = 0
    """How many dimensions the query adds to an array: arrays of arrays have the inner ones' type."""
    shape: Shape | None = None
    """Of an anonymous row, or rows: its fields; None where there is no row in it."""
    json: JsonShape | None = None
    """Of json and jsonb, and of the elements of an array of it: what it is, where the query says so."""
    origin: tuple[int, int] = (0, 0)
    """(relation, column) that a result column is taken from as it is, or a parameter goes to; or zeros."""
    places: tuple[tuple[int, int], ...] = ()
    """Every such column that a parameter goes to."""
    stated: tuple[str, str] | None = None
    """(module, name) of the Python type that the query's `@type` gives."""
    offset: int | None = None
    """Where in the statement it is written, or None where the text does not tell."""
    expression: str = ""
    """A column's expression as it is written, where it is short."""
    alias: bool = False
    """Whether AS names the column."""
    option: Option | None = None
    """What makes a parameter optional."""


class DescribedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A query with its types, as the server gave them."""

    query: Query
    parameters: tuple[Described, ...]
    columns: tuple[Described, ...]
    cardinality: Cardinality
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    facts: Facts
    variants: tuple[DescribedQuery, ...] = ()
    """Of a query with optional lines: what holds for each; this is what holds for all of them."""

    @property
    def each(self) -> tuple[DescribedQuery, ...]:
        """The statements that may be sent: its variants, or the query itself."""
        return self.variants or (self,)

    @property
    def counts(self) -> bool:
        """Tell whether a call gives no rows, whatever the statement returns, but at most their number."""
        if self.query.operation is Operation.MANY_AFFECTED:
            return all(column.type == VOID for column in self.columns)
        return self.query.operation in {Operation.AFFECTED, Operation.SCRIPT}


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules of `check` want to know of the tree."""

    bounded: bool = True
    """A LIMIT, a unique key or an index's first column bounds the rows."""
    no_where: bool = False
    """An UPDATE or DELETE of every row."""
    misses_updated_at: bool = False
    unfilled: tuple[str, ...] = ()
    """Columns that an INSERT leaves to a default which they lack, and that refuse NULL."""
    unscoped: tuple[str, ...] = ()
    """Tenants' tables, with their owner's column, that the statement does not bind."""
    candidates: tuple[str, ...] = ()
    """Unique keys that, if bound, would prove at most one row."""
    meant_rows: tuple[tuple[str, int], ...] = ()
    """(name, byte offset): a column that is shown, and has the name of its table's alias."""
    inserts: tuple[int, tuple[int, ...]] | None = None
    """The relation and the columns, by number, that a plain INSERT … VALUES of its parameters fills."""
    selects: tuple[tuple[int, int], ...] = ()
    """(relation, column) of all that the statement must be permitted to SELECT; 0 is a whole row."""
