"""A database's catalog, read once: what the tree's OIDs mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.compiler import catalog_queries as queries
from amber_sql.compiler.catalog_keys import ForeignKey, Index, IndexKey
from amber_sql.compiler.labels import label
from amber_sql.compiler.search_path import own_path

if TYPE_CHECKING:
    import psycopg


class Type(msgspec.Struct, frozen=True, array_like=True):
    """A row of pg_type, with what hangs on it."""

    oid: int
    schema: str
    name: str
    kind: str
    """b base, c composite, d domain, e enum, p pseudo, r range, m multirange."""
    category: str
    element: int
    """The element of an array, else 0."""
    base: int
    """The type under a domain, else 0."""
    relation: int
    """The relation of a composite, else 0."""
    subtype: int
    """The subtype of a range or multirange, else 0."""
    not_null: bool
    """For a domain: whether it, or a domain under it, is NOT NULL."""
    comment: str
    labels: tuple[str, ...]
    by_age: tuple[str, ...]
    """The labels in the order in which they came to be."""
    is_sent: bool
    """Whether PostgreSQL knows a binary form of it to send."""


class Column(msgspec.Struct, frozen=True):
    """A column of a table, view or composite type, in its order."""

    number: int
    name: str
    type: int
    not_null: bool
    """For every row that a scan of the relation can return, children included."""
    not_null_here: bool
    """The same without children: `FROM ONLY`."""
    checked: bool
    """Whether a new row is refused when it is NULL here, validated or not."""
    has_default: bool
    generated: str
    """The tree of a generated column's expression, or empty."""
    comment: str


class Relation(msgspec.Struct, frozen=True):
    """A table, partitioned table, view, materialized view, foreign table or composite type."""

    oid: int
    schema: str
    name: str
    kind: str
    """As in pg_class.relkind: r, p, v, m, f, c."""
    comment: str
    columns: dict[int, Column]
    partition: bool
    has_children: bool
    triggers: frozenset[str]
    """Which of insert, update, delete fire a row trigger BEFORE or INSTEAD OF, children included."""
    rules: bool
    """Whether a rule rewrites writes to it."""
    row_type: int


class Function(msgspec.Struct, frozen=True):
    """A row of pg_proc."""

    oid: int
    schema: str
    name: str
    strict: bool
    volatile: bool
    returns_set: bool
    arguments: tuple[int, ...]
    outputs: tuple[int, ...] = ()
    """The types of its OUT parameters and of the columns of TABLE."""


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that describing a project's queries needs to know of one database."""

    version: int
    """As `server_version_num`: 180006."""
    types: dict[int, Type]
    relations: dict[int, Relation]
    indexes: dict[int, tuple[Index, ...]]
    foreign_keys: dict[int, tuple[ForeignKey, ...]]
    """Those of each referencing table."""
    leading: dict[int, frozenset[int]]
    """The first columns of each relation's indexes."""
    functions: dict[int, Function]
    comparisons: frozenset[int]
    """Operators of btree and hash operator families, and the negators of their equalities."""
    equalities: dict[int, tuple[int, int]]
    """The types left and right of each operator that is "equal" in a btree operator family."""
    families: dict[int, frozenset[int]]
    """The equality operators of each btree operator family."""
    own_equalities: dict[int, int]
    """The equality operator by which GROUP BY and DISTINCT compare a type."""
    nondeterministic: frozenset[int]
    """Collations under which different texts may be equal."""
    filled: frozenset[tuple[int, int]]
    """(relation, column) of arrays whose elements a CHECK keeps from being NULL."""
    json_casts: frozenset[int]
    """Types of the database's own that a function of its own makes JSON of."""
    views: dict[int, str]
    """The rewritten query of each view, in the tree's notation."""
    search_path: tuple[str, ...]

    def is_json(self, oid: int) -> bool:
        """Tell whether a type is json or jsonb, or a domain over one."""
        return self.base(oid) in {114, 3802}

    def holds_json(self, oid: int) -> bool:
        """Tell whether a type is json or jsonb, or an array of it, or a domain over either."""
        while self.is_array(oid) and oid != RECORDS:
            oid = self.types[self.base(oid)].element
        return self.is_json(oid)

    def is_array(self, oid: int) -> bool:
        """Tell whether a type is an array, or a domain over one."""
        kind = self.types.get(self.base(oid))
        return oid == RECORDS or (kind is not None and kind.category == "A" and kind.element > 0)

    def is_record(self, oid: int) -> bool:
        """Tell whether a type is that of anonymous rows, or of arrays of them."""
        return oid in {RECORD, RECORDS}

    def is_row(self, oid: int) -> bool:
        """Tell whether a type is a composite, or a domain over one."""
        kind = self.types.get(self.base(oid))
        return kind is not None and kind.kind == "c"

    def gains_dimension(self, oid: int) -> bool:
        """Tell whether an array of values of a type is one of the same type with a dimension more."""
        kind = self.types.get(oid)
        return oid == RECORDS or (
            kind is not None and kind.kind == "b" and kind.element > 0 and oid not in _VECTORS
        )

    def array_of(self, oid: int) -> int:
        """Return the type of ARRAY(…) over values of a type: of arrays it has a dimension more."""
        if oid == RECORD or self.gains_dimension(oid):
            return RECORDS if oid == RECORD else oid
        arrays = (
            kind.oid
            for kind in self.types.values()
            if kind.element == oid and kind.category == "A" and kind.oid not in _VECTORS
        )
        return next(arrays, 0)

    def base(self, oid: int) -> int:
        """Return the type under a domain, or the type itself."""
        while oid in self.types and self.types[oid].base:
            oid = self.types[oid].base
        return oid

    def built_in(self, oid: int) -> str:
        """Return the signature of one of PostgreSQL's own functions, `lower(text)`; else ""."""
        function = self.functions.get(oid)
        if function is None or function.schema != "pg_catalog":
            return ""
        return f"{function.name}({','.join(self.types[one].name for one in function.arguments)})"

    def display(self, oid: int) -> str:
        """Return a type's name as SQL writes it: `int4`, `text[]`, `shop.status`."""
        kind = self.types[oid]
        if oid == RECORDS:
            return "record[]"
        if kind.element and oid not in _VECTORS and kind.category == "A":
            return self.display(kind.element) + "[]"
        visible = kind.schema == "pg_catalog" or kind.schema in self.search_path
        return kind.name if visible else f"{kind.schema}.{kind.name}"

    def relation_name(self, oid: int) -> str:
        """Return a relation's label, with its schema where the search path does not find it."""
        relation = self.relations[oid]
        visible = relation.schema in self.search_path and not self._is_hidden(relation)
        return label(relation.name) if visible else label(relation.schema, relation.name)

    def _is_hidden(self, relation: Relation) -> bool:
        before = self.search_path[: self.search_path.index(relation.schema)]
        rest = self.relations.values() if before else ()
        return any(one.name == relation.name and one.schema in before for one in rest)


NOT_VALIDATED_SINCE = 180000
FIRST_OF_USERS = 16384
"""The first oid of what is not PostgreSQL's own."""
RECORD, RECORDS = 2249, 2287
"""An anonymous row, and an array of them."""
_VECTORS = {22, 30}
"""int2vector and oidvector have array types of their own."""


def read_catalog(conn: psycopg.Connection[Any]) -> Catalog:
    """Read the catalog of the database that `conn` is connected to."""
    row = conn.execute("SELECT pg_catalog.current_schemas(false)").fetchone()
    with own_path(conn):
        return _read_catalog(conn, tuple(row[0]) if row else ())


def _read_catalog(conn: psycopg.Connection[Any], search_path: tuple[str, ...]) -> Catalog:
    version = conn.info.server_version
    not_null = queries.VALIDATED if version >= NOT_VALIDATED_SINCE else "a.attnotnull"

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return conn.execute(sql.encode()).fetchall()

    below: dict[int, list[int]] = {}
    for parent, child in rows(queries.INHERITS):
        below.setdefault(parent, []).append(child)
    checked = set(rows(queries.CHECKED))
    stated: dict[int, dict[str, tuple[Any, ...]]] = {}
    for relation, *column in rows(queries.COLUMNS.replace("{not_null}", not_null)):
        if (relation, column[0]) in checked:
            column[3] = column[4] = True
        stated.setdefault(relation, {})[column[1]] = tuple(column)
    events: dict[int, set[str]] = {}
    for relation, bits in rows(queries.TRIGGERS):
        fired = {name for bit, name in ((4, "insert"), (8, "delete"), (16, "update")) if bits & bit}
        events.setdefault(relation, set()).update(fired)

    equalities: dict[int, tuple[int, int]] = {}
    families: dict[int, set[int]] = {}
    own_equalities: dict[int, int] = {}
    for family, operator, left, right, is_default in rows(queries.EQUALITIES):
        equalities[operator] = left, right
        families.setdefault(family, set()).add(operator)
        if is_default:
            own_equalities[left] = operator
    relations = {}
    found = rows(queries.RELATIONS)
    foreign = {row[0] for row in found if row[3] == "f"}  # a foreign table enforces nothing
    for oid, schema, name, kind, comment, partition, children, row_type, rules in found:
        family = [oid, *below.get(oid, [])]
        columns = {
            number: Column(
                number,
                column,
                type_,
                foreign.isdisjoint(family) and all(stated[member][column][3] for member in family),
                oid not in foreign and here,
                new_rows,
                has_default,
                generated,
                note,
            )
            for number, column, type_, here, new_rows, has_default, generated, note in stated.get(
                oid, {}
            ).values()
        }
        triggers = frozenset[str]().union(*(events.get(member, ()) for member in family))
        relations[oid] = Relation(
            oid, schema, name, kind, comment, columns, partition, children and bool(below.get(oid)), triggers, rules, row_type,
        )  # fmt: skip
    foreign_keys: dict[int, tuple[ForeignKey, ...]] = {}
    for row in rows(queries.FOREIGN_KEYS):
        key = msgspec.convert(row, ForeignKey)
        foreign_keys[key.table] = (*foreign_keys.get(key.table, ()), key)
    indexes: dict[int, list[Index]] = {}
    for relation, *keys, partial, condition, expressions in rows(queries.INDEXES):
        stated_keys = tuple(IndexKey(*key) for key in zip(*keys, strict=False))  # without INCLUDE
        index = Index(stated_keys, partial, condition, expressions)
        indexes.setdefault(relation, []).append(index)
    return Catalog(
        version=version,
        types={row[0]: msgspec.convert(row, Type, strict=False) for row in rows(queries.TYPES)},
        relations=relations,
        indexes={oid: tuple(found) for oid, found in indexes.items()},
        foreign_keys=foreign_keys,
        leading={relation: frozenset(first) for relation, first in rows(queries.LEADING)},
        functions={row[0]: Function(*row) for row in rows(queries.FUNCTIONS)},
        comparisons=frozenset(row[0] for row in rows(queries.COMPARISONS)),
        equalities=equalities,
        families={family: frozenset(found) for family, found in families.items()},
        own_equalities=own_equalities,
        nondeterministic=frozenset(row[0] for row in rows(queries.NONDETERMINISTIC)),
        filled=frozenset((row[0], row[1]) for row in rows(queries.FILLED) if row[0] not in foreign),
        views=dict(rows(queries.VIEWS)),
        json_casts=frozenset(oid for (oid,) in rows(queries.JSON_CASTS)),
        search_path=search_path,
    )
