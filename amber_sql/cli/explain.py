"""explain-types: the reason for each type and each NULL, in words."""

from __future__ import annotations

import sys
from textwrap import indent
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from amber_sql.cli.compile import compiled
from amber_sql.cli.database import scratch_option
from amber_sql.cli.project import project_options
from amber_sql.cli.report import out, print_findings
from amber_sql.errors import FINDINGS

if TYPE_CHECKING:
    from amber_sql.locate import Project


@click.command("explain-types")
@click.argument("query", required=False, metavar="[MODULE.QUERY]")
@project_options()
@scratch_option
@click.option("--sent", is_flag=True, help="Print the text of each variant of optional lines.")
def explain_types(
    *, query: str | None, project: Project, database_url: str | None, sent: bool
) -> None:
    """Say of each parameter and column why it may be None, or why it never is.

    Without MODULE.QUERY, for every query; with MODULE alone, for those of one file.
    """
    from amber_sql.compiler.contract import contract, rows_in_words  # noqa: PLC0415

    build = compiled(project, database_url)
    shown = [
        q
        for q in contract(build)["queries"]
        if query is None or f"{q['module']}.{q['name']}" == query or q["module"] == query
    ]
    broken = [f for f in build.errors if query is None or query in {f.query, _module(f.query)}]
    if not shown and not broken:
        every = contract(build)["queries"]
        beside = [q["name"] for q in every if q["module"] == _module(query or "")]
        names = sorted(beside or {q["module"] for q in every})
        kind = f"{_module(query or '')} has" if beside else "modules:"
        raise click.UsageError(f"there is no query {query}; {kind} {', '.join(names) or 'none'}")
    for described in shown:
        out.print(
            Text.assemble(
                (f"{described['module']}.{described['name']}", "bold"),
                f"  {described['file']}:{described['line']}",
            )
        )
        out.print(Text(f"  rows: {rows_in_words(described)}"))
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        for mark, items in ((":", described["params"]), ("", described["columns"])):
            for item in items:
                _explain(table, mark, item)
        out.print(table)
        _explain_variants(described, sent=sent)
    print_findings(broken)
    if broken:
        sys.exit(FINDINGS)


def _explain_variants(query: dict[str, Any], *, sent: bool) -> None:
    """Say how many statements a query with optional lines is, or what each of them is."""
    from amber_sql.compiler.contract import rows_in_words  # noqa: PLC0415

    variants = query.get("variants", ())
    if variants and not sent:
        which = f"{query['module']}.{query['name']}"
        words = f"  variants: {len(variants)}; --sent prints what a call of {which} sends"
        out.print(words, markup=False)
    for variant in variants if sent else ():
        out.print(Text(f"  {variant['name']}: {rows_in_words(query | variant)}", "bold"))
        out.print(indent(variant["sql"], "    "), markup=False, highlight=False, soft_wrap=True)


def _explain(table: Table, mark: str, item: dict[str, Any]) -> None:
    """Add a line for a parameter or column, and one for each field of a row in it."""
    style = "yellow" if item["nullable"] or item.get("default") == "None" else "green"
    table.add_row(
        f"  {mark}{item['name']}",
        item["pg_type"],
        Text(item["py_type"], style),
        Text(item["why"], "dim"),
    )
    for field in item.get("fields", ()):
        _explain(table, f"{mark}{item['name']}.", field)


def _module(query: str) -> str:
    return query.rpartition(".")[0]
