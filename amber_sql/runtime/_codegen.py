"""Python source for the innermost loops, made once from a struct's types.

Functions are written here that encode a statement's arguments, turn loaded columns into structs
and read a composite's binary form. They are straight lines where a loop over fields would cost
more than the fields. No value and no SQL is ever part of the source, only positions and constants.
"""

from __future__ import annotations

from functools import cache, partial
from itertools import starmap
from struct import Struct, error
from typing import TYPE_CHECKING, Any

import msgspec

from ._reading import of_depth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType

    from psycopg import abc
    from psycopg.abc import Buffer
    from psycopg.pq.abc import PGresult

    from ._reading import Reading

    One = Callable[[Sequence[Any]], Any]
    OfResult = Callable[[PGresult], Any]


PIECE = 100
"""Rows loaded before they become structs: their tuples are then still in the processor's cache, and
are used again. All at once, 10,000 messages took 1.4 times as long."""


class ParameterFormat(msgspec.Struct, frozen=True):
    """How a parameter is sent: as which type (0: the server finds out), in which format.

    `expression` is source over `{value}`, which is never None, and `{encode}`, the function that
    is in `encode`; `names` is what else it needs.
    """

    oid: int = 0
    binary: bool = False
    expression: str = "{encode}({value})"
    encode: Any = None
    names: dict[str, Any] = {}


class CompositeField(msgspec.Struct, frozen=True):
    """One field of a composite on the wire.

    `size` is that of a type whose values all have one, `code` struct's letter for a number, and
    `nullable` says whether NULL is to be expected.
    """

    oid: int
    reading: Reading
    size: int = 0
    code: str = ""
    nullable: bool = True


@cache
def compiled(source: str) -> CodeType:
    """Compile once what many connections will use."""
    return compile(source, "<amber_sql row>", "exec")


def function(name: str, source: str, names: dict[str, Any]) -> Any:
    """Return the function `name` that `source` defines over `names`."""
    exec(compiled(source), names)  # noqa: S102  # nothing in it comes from outside
    return names[name]


def converted(readings: Sequence[Reading], names: dict[str, Any]) -> list[str]:
    """Return an expression for each loaded value `a0, a1, …`, and put what it needs into `names`."""
    expressions = []
    for number, reading in enumerate(readings):
        value = f"a{number}"
        if reading.depth:
            names[f"d{number}"] = partial(of_depth, depth=reading.depth)
            value = f"({value} if {_is_flat(value, reading.depth)} else d{number}({value}))"
        elif reading.table is not None:
            names[f"g{number}"] = reading.table.known.get
            names[f"t{number}"] = reading.table.find
            value = f"(g{number}({value}) or t{number}({value}))"
        elif reading.call is not None:
            names[f"f{number}"] = reading.call
            value = f"(None if {value} is None else f{number}({value}))"
        elif reading.composite is not None:
            names[f"c{number}"] = reading.composite
            value = f"(None if {value} is None else c{number}.read_at({value}, 0))"
        expressions.append(value)
    return expressions


def _is_flat(value: str, depth: int) -> str:
    """Return a condition: an array of one dimension, which nearly all have, or no array."""
    return f"not {value} or {value}[0].__class__ is not list" if depth == 1 else f"not {value}"


def row_maker(make: Any, readings: Sequence[Reading]) -> One:
    """Return a function: loaded values → `make(*values)`."""
    names: dict[str, Any] = {"make": make}
    values = ", ".join(converted(readings, names))
    source = f"""
def one(row):
    {_loaded(readings) or "() "}= row
    return make({values})
"""
    made: One = function("one", source, names)
    return made


def result_readers(
    make: Any,
    readings: Sequence[Reading],
    loaded: abc.Transformer,
    extra: int,
    *,
    explain: Any = None,
    rescue: Any = None,
    refuse: Any = None,
    large: Any = None,
) -> tuple[OfResult, OfResult, OfResult]:
    """Return three functions of a result: all its rows, one or none, exactly one.

    `loaded` knows the readings' loaders, and `extra` more columns that are left out. A row is
    `make(*values)`, or its single value without `make`. `refuse` is called with a number of rows
    that is not as wanted, `large`, if there is one, reads all rows of a large result, and
    `explain` returns the error that a value in it is the cause of; `rescue` raises it, or returns
    the rows that can be read. The result is let go of as soon as it is loaded, since `loaded` outlives it.
    """
    names: dict[str, Any] = {"make": make, "refuse": refuse, "large": large, "starmap": starmap}
    names |= {"explain": explain, "rescue": rescue}
    names |= {"hold": loaded.set_pgresult, "rows": loaded.load_rows, "row": loaded.load_row}
    expressions = converted(readings, names)
    values = ", ".join(expressions) or "None"
    found = values if make is None else f"make({values})"
    columns = _loaded(readings) + ("*_, " if extra else "")
    every = _as_first(_shared(found, readings), readings)
    each = f"[{every} for {columns or '_ '}in found]"
    if make is not None and not extra and expressions == _names(readings):
        each = "starmap(make, found)"
    single = f"""
    hold(result, set_loaders=False)
    try:
        {columns or "_ "}= row(0, tuple)
        return {found}
    except Exception as problem:
        raise explain(result, problem) from None
    finally:
        hold(None, set_loaders=False)"""
    source = f"""
def many(result):
    count = result.ntuples
    {f"if count > {PIECE}: return large(result)" if large else ""}
    made = []
    {_memories(readings)}
    hold(result, set_loaders=False)
    try:
        for start in range(0, count, {PIECE}):
            found = rows(start, min(start + {PIECE}, count), tuple)
            {_first(readings)}
            made += {each}
    except Exception as problem:
        made = rescue(result, problem)
    finally:
        hold(None, set_loaders=False)
    return made
def optional(result):
    count = result.ntuples
    if count != 1:
        return refuse(count) if count else None{single}
def one(result):
    if result.ntuples != 1:
        refuse(result.ntuples){single}
"""
    return function("many", source, names), names["optional"], names["one"]


def _shared(row: str, readings: Sequence[Reading]) -> str:
    """Return `row`, in which a composite that comes again, byte for byte, is not read again.

    Many rows often refer to few others: the messages of a page to the session they belong to.
    Each column has a memory of its own: equal bytes are another struct in another column.
    """
    for n, reading in enumerate(readings):
        if reading.immutable:
            read = f"c{n}.read_at(a{n}, 0)"
            row = row.replace(
                read, f"(m{n}[a{n}] if a{n} in m{n} else m{n}.setdefault(a{n}, {read}))"
            )
    return row


def _memories(readings: Sequence[Reading]) -> str:
    """Return source that begins the memory of each column that `_shared` reads."""
    return "; ".join(f"m{n} = {{}}" for n, each in enumerate(readings) if each.immutable) or "pass"


def _first(readings: Sequence[Reading]) -> str:
    """Return source that keeps the first row's values, read and unread, of columns that repeat."""
    kept = [
        f"b{n} = found[0][{n}]; s{n} = t{n}(b{n})"
        for n, each in enumerate(readings)
        if each.repeats
    ]
    return "; ".join(kept) or "pass"


def _as_first(row: str, readings: Sequence[Reading]) -> str:
    """Return `row`, in which a value equal to the first row's is not even looked up."""
    for n, reading in enumerate(readings):
        if reading.repeats:
            value = f"(g{n}(a{n}) or t{n}(a{n}))"
            row = row.replace(value, f"(s{n} if a{n} == b{n} else {value})")
    return row


def encoder(
    formats: Sequence[ParameterFormat], nullable: Sequence[bool], no_null: Callable[[], Any]
) -> Callable[[Sequence[Any]], list[Buffer | None]]:
    """Return a function: a statement's arguments → what is sent, each in its own each.

    None is sent as it is where it is `nullable`; `no_null` refuses it elsewhere.
    """
    names: dict[str, Any] = {"no_null": no_null}
    parts = []
    for number, each in enumerate(formats):
        names |= each.names
        names[f"e{number}"] = each.encode
        value = each.expression.format(value=f"a{number}", encode=f"e{number}")
        null = "None" if nullable[number] else "no_null()"
        parts.append(f"{null} if a{number} is None else {value}")
    arguments = "".join(f"a{number}, " for number in range(len(formats))) or "() "
    source = f"""
def encode(args):
    {arguments}= args
    return [{", ".join(parts)}]
"""
    made: Callable[[Sequence[Any]], list[Buffer | None]] = function("encode", source, names)
    return made


def _names(readings: Sequence[Reading]) -> list[str]:
    return [f"a{number}" for number in range(len(readings))]


def _loaded(readings: Sequence[Reading]) -> str:
    return "".join(f"{name}, " for name in _names(readings))


def composite_reader(
    make: Any,
    fields: Sequence[CompositeField],
    count: int,
    load: Callable[[Sequence[Any]], tuple[Any, ...]],
    otherwise: Callable[[bytes, int], Any],
) -> Callable[[bytes, int], Any]:
    """Return a function that reads a composite of `count` fields at a place in some bytes.

    It holds only for values like the one it was made after: where a type differs, or NULL comes
    unexpected, it calls `otherwise`. Fields of a fixed size are unpacked together with what
    stands before and behind them; `load` gets what needs a loader.
    """
    names: dict[str, Any] = {"make": make, "load": load, "otherwise": otherwise, "error": error}
    body: list[str] = []
    checks = [f"count == {count}"]
    targets, form = ["count"], "i"

    def flush() -> None:
        nonlocal targets, form
        layout = Struct(f"!{form}")
        names[f"unpack{len(names)}"] = layout.unpack_from
        call = f"unpack{len(names) - 1}(data, place)"
        body.append(f"{', '.join(targets)}, = {call}; place += {layout.size}")
        targets, form = [], ""

    for number, field in enumerate(fields):
        if field.size and not field.nullable:
            targets += [f"k{number}", f"v{number}"]
            form += f"q{field.code or f'{field.size}s'}"
            checks.append(f"k{number} == {field.oid << 32 | field.size}")
            continue
        targets += [f"k{number}", f"n{number}"]
        form += "Ii"
        checks.append(f"k{number} == {field.oid}")
        flush()
        body.append(
            f"if n{number} < 0: v{number} = None\n        "
            f"else: end = place + n{number}; v{number} = data[place:end]; place = end"
        )
    if targets:
        flush()
    to_load = [n for n, field in enumerate(fields) if not field.code or field.nullable]
    numbers = {f"a{n}": f"v{n}" for n in range(len(fields)) if n not in to_load}
    loaded = "".join(f"a{n}, " for n in to_load)
    loads = f"{loaded}= load(({''.join(f'v{n}, ' for n in to_load)}))" if to_load else "pass"
    expressions = converted([field.reading for field in fields], names)
    values = ", ".join(numbers.get(expression, expression) for expression in expressions)
    source = f"""
def read(data, start):
    place = start
    try:
        {(chr(10) + 8 * " ").join(body)}
        if not ({" and ".join(checks)}):
            return otherwise(data, start)
    except error:
        return otherwise(data, start)
    {loads}
    return make({values})
"""
    reader: Callable[[bytes, int], Any] = function("read", source, names)
    return reader
