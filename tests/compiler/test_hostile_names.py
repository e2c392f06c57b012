"""Names and sizes that nobody writes and some tool does: read in full, and in a time that fits."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING, Any

from psycopg import sql
from together import built

from amber_sql.compiler.pipeline import generated

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg


ODD = [
    *"""'"!#$%&()*+,-./:;<=>?@[\\]^`{|}~""",
    "\n",
    "\t",
    "\r",
    "\v",
    "\xa0",
    "\u2003",
    "[ 1 ]",
    '""',
]
"""What stands in names, and separates or quotes something in the server's notation of trees."""


def test_any_name_of_a_column_is_understood(blank: psycopg.Connection[Any], tmp_path: Path) -> None:
    """A column's name, wherever it holds which character, hides nothing of the query."""
    names = [name for odd in ODD for name in (odd, f"a{odd}b", f"{odd}a", f"a{odd}")]
    columns = sql.SQL(", ").join(
        sql.SQL("{} int NOT NULL").format(sql.Identifier(n)) for n in names
    )
    blank.execute(sql.SQL("CREATE TABLE odd ({})").format(columns))
    blank.execute("CREATE VIEW seen AS SELECT * FROM odd")
    select = "SELECT {} FROM odd AS o CROSS JOIN seen AS s".format(
        ", ".join(
            f"{alias}.{sql.Identifier(name).as_string()} AS {alias}{number}"
            for alias in "os"
            for number, name in enumerate(names)
        )
    )
    build = built(blank, tmp_path, {"q.sql": f"-- name: q()\n-- Doc.\n{select};\n"})
    (query,) = build.described
    assert [column.why for column in query.columns if column.nullable] == []


def test_long_names_compile(blank: psycopg.Connection[Any], tmp_path: Path) -> None:
    """A name that fills a line, of a query or of its only parameter, is laid out as Python."""
    name, parameter = "q" * 120, "p" * 120
    text = f"-- name: {name}()\n-- Doc.\nSELECT 1;\n-- name: r({parameter})\n-- Doc.\nSELECT :{parameter}::int;\n"
    build = built(blank, tmp_path, {"q.sql": text})
    assert "queries/q.py" in generated(build, tmp_path / "queries", tmp_path / "db")


def test_a_condition_of_many_parts_costs_each_part(
    blank: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """Eight times the parts of a WHERE are not sixty times the work."""
    blank.execute("CREATE TABLE t (a int PRIMARY KEY)")

    def seconds(parts: int) -> float:
        where = " AND ".join(f"a <> {number}" for number in range(parts))
        text = f"-- name: q()\n-- Doc.\nSELECT a FROM t WHERE {where};\n"
        started = process_time()
        built(blank, tmp_path / str(parts), {"q.sql": text})
        return process_time() - started

    seconds(2)  # what is imported late is not measured
    assert seconds(800) / seconds(100) < 16
