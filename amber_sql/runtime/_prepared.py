"""What generated code says about one query, once, at import: `Statement`.

Everything that can be decided without a connection is decided here, so that a call only encodes
its values. The SQL is never touched again: values travel as parameters, always.
"""

from __future__ import annotations

import re
from functools import cached_property
from hashlib import sha256
from itertools import repeat
from typing import TYPE_CHECKING, Any, Generic, LiteralString, TypeVar, overload

import msgspec
import psycopg
from psycopg.pq import Format

from amber_sql.errors import AmberError, CopyRefused, ParameterRefused, RowRefused, RowsRefused

from . import _charsets as charsets
from . import _codegen
from ._copy_destination import trusted
from ._encode import Binary, encoder, or_null, parameter_format
from ._literals import no_null, refusal
from ._loaders import UTF8, Drift
from ._mapped import plain
from ._unnest import unnested
from ._wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg.abc import Buffer

    from amber_sql.sqltext.statement import Cut

    from ._copy_destination import CopyTarget
    from ._encode import EncodeNull

R = TypeVar("R")

_MAY_COPY = re.compile(r"\bcopy\b", re.IGNORECASE)

NO_PARAMETERS: Mapping[str, str] = {}


class Statement(Generic[R]):
    """One query: its name, its text with `$1 …`, what it takes and what it returns.

    The text may be given as a mapping of names to texts, which is read on first use.
    `row` is the struct of a row with several columns, `scalar` the type of a single value,
    `scalar_type` what is behind its PostgreSQL type where the database has defined that itself.
    `params` maps the parameters, in order, to their PostgreSQL types: a built-in type's own name
    (`uuid`, `int4`, `text[]`), a domain's base type, `enum`, or "" for anything else. Those that
    `nullable` names take None; for any other one it is refused before it is sent, and so it is as
    an element of an array `xs` unless `xs[]` is among them. `json` says what the JSON of a parameter,
    or of an array's elements, has to be read as again; what cannot be is refused. `secret` says that it
    writes to a table with `@secret` columns: its errors show no row.
    """

    @overload
    def __init__(
        self,
        name: str,
        sql: str | Mapping[str, str],
        row: type[R],
        *,
        params: Mapping[str, str] = ...,
        nullable: Sequence[str] = ...,
        json: Mapping[str, Any] = ...,
        copy: CopyTarget | None = ...,
        secret: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self,
        name: str,
        sql: str | Mapping[str, str],
        *,
        scalar: type[R],
        scalar_type: str = ...,
        params: Mapping[str, str] = ...,
        nullable: Sequence[str] = ...,
        json: Mapping[str, Any] = ...,
        copy: CopyTarget | None = ...,
        secret: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self,
        name: str,
        sql: str | Mapping[str, str],
        *,
        scalar: object,
        scalar_type: str = ...,
        params: Mapping[str, str] = ...,
        nullable: Sequence[str] = ...,
        json: Mapping[str, Any] = ...,
        copy: CopyTarget | None = ...,
        secret: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Statement[None],
        name: str,
        sql: str | Mapping[str, str],
        *,
        params: Mapping[str, str] = ...,
        nullable: Sequence[str] = ...,
        json: Mapping[str, Any] = ...,
        copy: CopyTarget | None = ...,
        secret: bool = ...,
    ) -> None: ...
    def __init__(
        self,
        name: str,
        sql: str | Mapping[str, str],
        row: type[R] | None = None,
        *,
        scalar: object = None,
        scalar_type: str = "",
        params: Mapping[str, str] = NO_PARAMETERS,
        nullable: Sequence[str] = (),
        json: Mapping[str, Any] = NO_PARAMETERS,
        copy: CopyTarget | None = None,
        secret: bool = False,
    ) -> None:
        self.name = name
        self._source = sql
        self.row = row
        self.scalar = scalar
        self.scalar_type = scalar_type
        self.params = params
        self.nullable = nullable
        self.json = json
        self.copy = copy
        self.secret = secret

    def __repr__(self) -> str:
        return f"<Statement {self.name}>"

    @cached_property
    def sql(self) -> LiteralString:
        """Its text, which a mapping is asked for on first use, by the name after the dot.

        Raises CopyRefused for what would leave the connection waiting for rows that nobody sends or reads.
        """
        source = self._source
        text = source if isinstance(source, str) else source[self.name.rpartition(".")[2]]
        if _MAY_COPY.search(text):
            from amber_sql.sqltext.client_copy import client_copy  # compiles a scanner  # noqa: PLC0415

            if channel := client_copy(text):
                raise CopyRefused(query=self.name, channel=channel)
        return trusted(text)

    def optional_lines(self) -> Cut:
        """Return its lines, some of which a call may leave out."""
        source: Any = self._source  # generated code gives `Texts`
        cut: Cut = source.cut(self.name.rpartition(".")[2])
        return cut

    def variant(self, sql: str, names: Sequence[str]) -> Statement[R]:
        """Return one of its variants: a statement with this text, and these of its parameters."""
        own: Statement[R] = Statement.__new__(Statement)
        kept = {
            name: value
            for name, value in vars(self).items()
            if not isinstance(getattr(Statement, name, None), cached_property)
        }
        vars(own).update(kept, _source=sql, params={name: self.params[name] for name in names})
        return own

    def accepts_null_in(self, name: str) -> bool:
        """Tell whether the elements of an array parameter may be None."""
        return f"{name}[]" in self.nullable

    @cached_property
    def wire(self) -> Wire:
        """How it is prepared and executed in a session of ours."""
        sent = [
            parameter_format(pg_type, nulls=self.accepts_null_in(name), shape=self.json.get(name))
            for name, pg_type in self.params.items()
        ]
        oids = tuple(each.oid for each in sent)
        digest = sha256(f"{self.sql}\0{oids}".encode()).hexdigest()
        formats = tuple(Format.BINARY if each.binary else Format.TEXT for each in sent)
        encode = _codegen.encoder(sent, [name in self.nullable for name in self.params], no_null)
        return Wire(f"amber_{digest[:32]}".encode(), oids, formats, encode)

    @cached_property
    def unnested(self) -> LiteralString | None:
        """The same INSERT for many rows at once, or None where there is none."""
        sql = unnested(self.sql, self.params)
        return None if sql is None else trusted(sql)

    @cached_property
    def encoders(self) -> tuple[EncodeNull, ...]:
        """One encoder for each parameter, which knows whether None is a value of it."""
        return tuple(
            or_null(
                encoder(pg_type, nulls=self.accepts_null_in(name), shape=self.json.get(name)),
                accepts=name in self.nullable,
            )
            for name, pg_type in self.params.items()
        )

    def encode(
        self, args: Sequence[Any], encoding: str = UTF8, *, row: int = 0
    ) -> list[bytes | None]:
        """Return `args` as text that PostgreSQL reads in a session of this client_encoding.

        Raises ParameterRefused, which names the query and the parameter but never the value; of
        many rows also the `row`, counted from 1.
        """
        try:
            values = [encode(value) for encode, value in zip(self.encoders, args, strict=True)]
        except Exception as problem:  # noqa: BLE001  # whatever it was, the parameter is named
            raise self._refusal(args, problem, row) from None
        if encoding == UTF8:
            return values
        return list(map(self._recode, self.params, values, repeat(encoding), repeat(row)))

    def encode_as(self, encoding: str, args: Sequence[Any]) -> list[Buffer | None]:
        """Return what `wire.encode` does, in a session of another client_encoding."""
        self.encode(args, encoding)
        return [
            value if fmt or value is None else charsets.encode(bytes(value).decode(), encoding)
            for value, fmt in zip(self.wire.encode(args), self.wire.formats, strict=True)
        ]

    def explain(self, problem: Exception, args: Sequence[Any]) -> None:
        """Raise what a strict look at `args` finds, if `problem` may come from them."""
        if not isinstance(problem, psycopg.Error | AmberError | Drift):
            self.encode(args)

    def row_values(self, row: Any, number: int) -> tuple[Any, ...]:
        """Return the arguments that are a struct's fields. Raises RowsRefused for another class."""
        try:
            return msgspec.structs.astuple(row)
        except TypeError:
            raise self._rows_refused(f"row {number} is of the class {type(row).__name__}") from None

    def rows(self, given: Any) -> Iterator[Any]:
        """Return an iterator over rows. Raises RowsRefused where `given` cannot be iterated."""
        try:
            return iter(given)
        except TypeError:
            raise self._rows_refused(f"{type(given).__name__} is none") from None

    def _rows_refused(self, reason: str) -> RowsRefused:
        return RowsRefused(query=self.name, parameters=", ".join(self.params), reason=reason)

    def _recode(self, name: str, value: bytes | None, encoding: str, row: int) -> bytes | None:
        if value is None or isinstance(value, Binary):
            return value
        try:
            return charsets.encode(value.decode(), encoding)
        except UnicodeEncodeError:
            reason = f"has a character that the session's client_encoding {encoding} lacks"
        raise self.refused(name, reason, row)

    def refused(self, name: str, reason: str, row: int = 0) -> ParameterRefused:
        pg_type = plain(self.params[name])
        data = {
            "query": self.name,
            "parameter": name,
            "pg_type": pg_type if pg_type.strip("[]") else "any type",
            "reason": reason,
        }
        return RowRefused(row=row, **data) if row else ParameterRefused(**data)

    def _refusal(self, args: Sequence[Any], problem: Exception, row: int) -> Exception:
        """Find which of `args` cannot be encoded."""
        if len(args) != len(self.params):
            if row:
                return self._rows_refused(f"row {row} has {len(args)} fields")
            return TypeError(f"{self.name} takes {len(self.params)} parameters, not {len(args)}")
        for name, encode, value in zip(self.params, self.encoders, args, strict=True):
            try:
                encode(value)
            except Exception as why:  # noqa: BLE001  # whatever it was, the parameter is named
                reason = refusal(value, why)
            else:
                continue
            return self.refused(name, reason, row)
        return problem
