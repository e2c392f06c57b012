"""The page on optional lines: each call in its tables sends just what stands beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET

from amber_sql.compiler.contract import contract
from amber_sql.compiler.pipeline import compile_queries
from amber_sql.runtime import Statement, Variants
from amber_sql.runtime._sources import Texts

if TYPE_CHECKING:
    import psycopg

    from amber_sql.compiler.bind.codegen_model import FunctionDef

PAGE = (Path(__file__).parents[1] / "docs" / "queries.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Optional lines\n")[2].partition("\n## ")[0]
SQL = "\n".join(re.findall(r"```sql\n(.*?)```", SECTION, re.DOTALL))
CALLS = re.findall(r"(?m)^\| `(\w+)\((.*)\)` \| (`.*`) \|$", SECTION)
SCHEMA = """
CREATE TYPE message_role AS ENUM ('USER', 'ASSISTANT');
CREATE TABLE messages (
    id uuid PRIMARY KEY, installation_id uuid NOT NULL, role message_role NOT NULL, content text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE users (
    id uuid PRIMARY KEY, email text NOT NULL, name text, created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
"""


def chosen(function: FunctionDef, arguments: dict[str, Any]) -> str:
    """Return the text that a call of a generated function sends."""
    absent = {"None": None, "UNSET": UNSET, "False": False}
    options = {p.name: o.labels or absent[o.default] for p, o in function.options}
    defaults = {
        name: option[0] if isinstance(option, tuple) else option for name, option in options.items()
    }
    params = {p.name: p.pg_type for p in function.parameters}
    texts = Texts("q", "q.sql", SQL.encode())
    variants = Variants(Statement(function.label, texts, params=params), options=options)
    given = defaults | arguments
    return variants.chosen(*(given[name] for name in params))[0].sql


@pytest.fixture
def functions(compiling: psycopg.Connection[Any], tmp_path: Path) -> dict[str, FunctionDef]:
    """Compile the page's queries."""
    compiling.execute(SCHEMA)
    (tmp_path / "q.sql").write_text(SQL, encoding="utf-8")
    build = compile_queries(compiling, tmp_path)
    assert (build.errors, build.advice) == ((), ())
    return {function.name: function for function in build.package.modules[0].functions}


def test_each_call_of_the_page_sends_what_stands_beside_it(
    functions: dict[str, FunctionDef],
) -> None:
    """To the letter; and the page shows what the variants of both queries are about."""
    assert len(CALLS) == 7
    values = {"i": 1, "t": 2}
    for name, arguments, shown in CALLS:
        given = eval(f"dict({arguments})", values)  # noqa: S307  # the page is ours
        text = "\n".join(re.findall(r"`([^`]*)`", shown.replace("<br>", "")))
        assert chosen(functions[name], given) == text, (name, arguments)


def test_the_signatures_of_the_page_are_generated(functions: dict[str, FunctionDef]) -> None:
    """What the page says of each parameter is how it is annotated."""
    page = re.sub(r"\s+", " ", SECTION)
    for function in functions.values():
        for parameter, option in function.options:
            shown = f"{parameter.name}: {parameter.annotation.text} = {option.default}"
            assert shown in page, shown


def test_the_contract_of_optional_lines_is_documented(
    compiling: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """Each key that a query with optional lines has in `describe --json`, and in its variants."""
    compiling.execute(SCHEMA)
    (tmp_path / "q.sql").write_text(SQL, encoding="utf-8")
    commands = (Path(__file__).parents[1] / "docs" / "commands.md").read_text(encoding="utf-8")
    section = commands.partition("## The contract of `describe --json`")[2].partition("\n## ")[0]
    for query in contract(compile_queries(compiling, tmp_path))["queries"]:
        keys = {*query, *query["params"][1], *query["variants"][0]}
        assert {
            key for key in keys if f"`{key}`" not in section and f'"{key}"' not in section
        } == set()
