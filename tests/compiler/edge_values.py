"""PostgreSQL's own types → values at their edges, as SQL, and calls of a function with them."""

from __future__ import annotations

import itertools
from random import Random

NUMBERS = ("0", "1", "-1", "2", "7")
ARRAYS = ("{}", "{NULL}", "{{NULL,NULL},{NULL,NULL}}", "[5:5]={NULL}")
TIMES = ("2024-02-29 23:59:60", "2011-12-30", "4713-01-01 BC", "infinity", "-infinity", "epoch")
RANGES = ("empty", "(,)", "[{0},{1})", "({0},)", "(,{1}]")

EDGES: dict[str, tuple[str, ...]] = {
    "any": ("'a'::text", "7", "'{1,NULL}'::int[]", "ROW(NULL)", "'null'::jsonb"),
    "anyelement": ("7", "'a'::text", "'{NULL}'::int[]", "'infinity'::date"),
    "anycompatible": ("7", "-1"),
    "anynonarray": ("7", "'a'::text"),
    "anyarray": tuple(f"'{v}'::int[]" for v in (*ARRAYS, "{1,2}", "{1,NULL}", "{{1,2},{3,4}}")),
    "anycompatiblearray": tuple(f"'{v}'::int[]" for v in (*ARRAYS, "{1,2}", "{7,NULL}")),
    "anyenum": ("'a'::pg_temp.edge", "'c'::pg_temp.edge"),
    "anyrange": tuple(f"'{v.format(1, 7)}'::int4range" for v in RANGES),
    "anymultirange": tuple(f"'{v}'::int4multirange" for v in ("{}", "{(,)}", "{[1,3),[5,7)}")),
    "record": ("(SELECT ROW(NULL::int))", "(SELECT ROW(1))"),
    "bool": ("true", "false"),
    "int2": (*NUMBERS, "32767", "-32768"),
    "int4": (*NUMBERS, "2147483647", "-2147483648"),
    "int8": (*NUMBERS, "9223372036854775807", "-9223372036854775808"),
    "float4": (*NUMBERS, "0.5", "NaN", "Infinity", "-Infinity", "3e38", "-0"),
    "float8": (*NUMBERS, "0.5", "NaN", "Infinity", "-Infinity", "1e308", "-0"),
    "numeric": (*NUMBERS, "0.5", "NaN", "Infinity", "-Infinity", "1e30", "-0.000"),
    "money": (*NUMBERS, "-92233720368547758.08"),
    "text": (
        "", "a", " ", "a,b", "%", "\\", "UTC", "month", "UTF8", "NFC", "hex", "null", "{}", "(", "$1",
        "YYYY", "9,999", "2024", "postgres", "edge_table", "english",
    ),
    "varchar": ("", "a", " "),
    "bpchar": ("", "a", " "),
    "char": ("", "a"),
    "name": ("", "a", "UTF8"),
    "bytea": ("", "\\x00", "\\xff00", "a"),
    "bit": ("", "0", "101"),
    "varbit": ("", "0", "101"),
    "date": TIMES[1:],
    "timestamp": TIMES,
    "timestamptz": TIMES,
    "time": ("00:00", "24:00", "12:34:56.789"),
    "timetz": ("00:00+00", "24:00-12", "12:34:56.789+02"),
    "interval": ("0", "1 mon", "-1 day", "1 year 2 mons 3 days 04:05:06", "infinity", "-infinity"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "019535d9-3df7-79fb-b466-fa907fa17f9e"),
    "json": ("null", "1", '"a"', "[]", "{}", '[1,null,"a"]', '{"a":null}', '{"a":[{"b":1}]}'),
    "jsonb": ("null", "1", '"a"', "[]", "{}", '[1,null,"a"]', '{"a":null}', '{"a":[{"b":1}]}'),
    "jsonpath": ("$", "$.a", "$[*]", "lax $.x.y", "$.a ? (@ == null)", "null"),
    "xml": ("", "<a/>", "text"),
    "inet": ("0.0.0.0/0", "127.0.0.1", "::1/64"),
    "cidr": ("0.0.0.0/0", "10.0.0.0/8", "::/0"),
    "macaddr": ("00:00:00:00:00:00", "08:00:2b:01:02:03"),
    "macaddr8": ("00:00:00:00:00:00:00:00", "08:00:2b:01:02:03:04:05"),
    "tsvector": ("", "a:1A b", "'a b':2"),
    "tsquery": ("", "a & b", "!a", "a <-> b"),
    "regconfig": ("simple", "english"),
    "oid": ("0", "23", "4294967295"),
    "xid": ("0", "3", "4294967295"),
    "xid8": ("0", "18446744073709551615"),
    "tid": ("(0,0)",),
    "pg_lsn": ("0/0", "FFFFFFFF/FFFFFFFF"),
    "regclass": ("edge_sequence", "edge_table", "0"),
    "regproc": ("now", "0"),
    "regtype": ("int4", "0"),
    "point": ("(0,0)", "(NaN,Infinity)", "(1,2)"),
    "box": ("(0,0),(0,0)", "(NaN,1),(1,2)", "(3,4),(1,2)"),
    "lseg": ("[(0,0),(0,0)]", "[(1,2),(3,4)]"),
    "path": ("[(0,0)]", "((0,0),(1,1),(1,0))", "[(0,0),(1,1)]"),
    "polygon": ("((0,0))", "((0,0),(1,1),(1,0))"),
    "circle": ("<(0,0),0>", "<(1,2),3>"),
    "line": ("{1,2,3}", "{0,1,0}"),
    "int4range": tuple(v.format(1, 7) for v in RANGES),
    "int8range": tuple(v.format(1, 7) for v in RANGES),
    "numrange": tuple(v.format(0, "Infinity") for v in RANGES),
    "daterange": tuple(v.format("2024-01-01", "infinity") for v in RANGES),
    "tsrange": tuple(v.format("2024-01-01", "infinity") for v in RANGES),
    "tstzrange": tuple(v.format("2024-01-01", "infinity") for v in RANGES),
    **{
        f"{kind}multirange": ("{}", "{(,)}", "{empty}")
        for kind in ("int4", "int8", "num", "date", "ts", "tstz")
    },
}  # fmt: skip
SETUP = """
CREATE TYPE pg_temp.edge AS ENUM ('a', 'b', 'c');
CREATE TABLE edge_table (a int);
CREATE SEQUENCE edge_sequence;
SELECT nextval('edge_sequence');
CREATE FUNCTION pg_temp.probe(calls text[], OUT answered int, OUT nulls text[])
LANGUAGE plpgsql AS $$
DECLARE call text; is_null bool;
BEGIN
    answered := 0;
    FOREACH call IN ARRAY calls LOOP
        BEGIN
            EXECUTE 'SELECT ' || call || ' IS NOT DISTINCT FROM NULL' INTO is_null;
            answered := answered + 1;
            nulls := CASE WHEN is_null THEN nulls || call ELSE nulls END;
        EXCEPTION WHEN OTHERS THEN  -- an error is an answer that is not NULL
        END;
    END LOOP;
END $$;
"""


GOOD = {
    "date_trunc(text,timestamptz,text)": "'month', now(), 'UTC'",
    "decode(text,text)": "'ff', 'hex'",
    "json_build_object(any)": "VARIADIC '{a,1}'::text[]",
    "jsonb_build_object(any)": "VARIADIC '{a,1}'::text[]",
    "make_timestamp(int4,int4,int4,int4,int4,float8)": "1, 2, 3, 4, 5, 6.7",
    "make_timestamptz(int4,int4,int4,int4,int4,float8)": "1, 2, 3, 4, 5, 6.7",
    "make_timestamptz(int4,int4,int4,int4,int4,float8,text)": "1, 2, 3, 4, 5, 6.7, 'UTC'",
    "regexp_count(text,text,int4,text)": "'aa', 'b', 1, 'i'",
    "regexp_instr(text,text,int4,int4,int4,text)": "'aa', 'b', 1, 1, 0, 'i'",
    "regexp_instr(text,text,int4,int4,int4,text,int4)": "'aa', 'b', 1, 1, 0, 'i', 0",
    "regexp_replace(text,text,text,int4,int4,text)": "'aa', 'b', 'c', 1, 1, 'i'",
    "daterange(date,date,text)": "'-infinity', NULL, '[]'",
    **{
        f"has_{what}_privilege(name,text,text)": f"current_user, {which}, '{privilege}'"
        for what, which, privilege in (
            ("database", "current_database()::text", "CONNECT"),
            ("schema", "'public'", "USAGE"),
            ("table", "'edge_table'", "SELECT"),
        )
    },
    **{
        f"has_{what}_privilege(text,text)": f"{which}, '{privilege}'"
        for what, which, privilege in (
            ("database", "current_database()::text", "CONNECT"),
            ("schema", "'public'", "USAGE"),
            ("table", "'edge_table'", "SELECT"),
        )
    },
    **{f"int{n}range(int{n},int{n},text)": "NULL, 1, '()'" for n in (4, 8)},
    "numrange(numeric,numeric,text)": "'NaN', NULL, '[)'",
    "tsrange(timestamp,timestamp,text)": "'-infinity', NULL, '(]'",
    "tstzrange(timestamptz,timestamptz,text)": "'-infinity', NULL, '(]'",
    **{
        f"{name}(_float4,tsvector,tsquery{more})": f"'{{0.1,0.2,0.4,1}}', 'a'::tsvector, 'b'{value}"
        for name in ("ts_rank", "ts_rank_cd")
        for more, value in (("", ""), (",int4", ", 1"))
    },
}
"""Calls that work, of functions that refuse nearly all edges together."""


def type_name(name: str) -> str:
    """Return a type of pg_proc as SQL writes it; of a pseudo-type, one that it may stand for."""
    found = {"anyenum": "pg_temp.edge", "anyrange": "int4range", "anymultirange": "int4multirange"}
    if name.startswith("any") or name == "record":
        return found.get(name, "int4[]" if name.endswith("array") else "int4")
    return f'pg_catalog."{name}"'


def edges(name: str) -> list[str]:
    """Return a type's values at its edges, as SQL; an array's elements are NULL, too."""
    if name not in EDGES and name.startswith("_"):
        first, *_ = edges(name[1:])
        return ["'{}'::" + type_name(name), f"ARRAY[{first}, NULL]", f"ARRAY[{first}]"]
    if name.startswith("any") or name == "record":
        return list(EDGES[name])
    quoted = (value.replace("'", "''") for value in EDGES[name])
    return [f"'{value}'::{type_name(name)}" for value in quoted]


def pools(arguments: list[str], *, variadic: bool) -> list[list[str]]:
    """Return the edges of each argument of a function."""
    found = [edges(kind) for kind in arguments]
    if variadic and arguments[-1] != "any":
        found[-1] = [f"VARIADIC {value}" for value in found[-1]]
    return found


def combined(values: list[list[str]], most: int) -> list[str]:
    """Combine arguments: all of them, or as many as `most` of them drawn at random."""
    every = itertools.islice(itertools.product(*values), 50_000)
    chosen = [", ".join(one) for one in every]
    draw = Random(repr(values))  # noqa: S311  (repeatable, not secret)
    return chosen if len(chosen) <= most else draw.sample(chosen, most)
