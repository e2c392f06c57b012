"""A query: its SQL, a form of its parameters, and what running it gives, or would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from amber_sql.studio.ask import Missing
from amber_sql.studio.catalogue.model import Query  # noqa: TC001  # a field's type
from amber_sql.studio.error_pages import primary
from amber_sql.studio.known import Known, known
from amber_sql.studio.page import Page
from amber_sql.studio.pages.queries_page import Figures, figures
from amber_sql.studio.trying import execute, form_fields
from amber_sql.studio.trying.execute import Outcome  # noqa: TC001  # a field's type
from amber_sql.studio.trying.python_call import python_call
from amber_sql.studio.trying.secret_reads import reads_secret
from amber_sql.studio.trying.shown_rows import raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import AsyncConnection
    from starlette.datastructures import FormData

    from amber_sql.studio.ask import Ask
    from amber_sql.studio.trying.form_fields import Field, Typed

RUN, PLAN, GENERIC = "run", "plan", "generic"


class QueryPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows."""

    query: Query
    address: str
    tables: dict[str, str]
    fields: tuple[Any, ...]
    runs: str
    """read, try, or why it is not run here."""
    posts: bool
    """Whether the form is posted: it writes, or what is typed is secret."""
    secret: bool
    """Whether it looks at a secret, or takes one: what it computes and what errors quote is left out."""
    call: str = ""
    sent: str = ""
    """The text that these values choose, of a query with optional lines."""
    outcome: Outcome | None = None
    error: str = ""
    remedy: str = ""
    figures: Figures | None = None


async def show(ask: Ask) -> QueryPage:
    """Show a query, and run it where the address says so and it reads."""
    found, query = await _query(ask)
    do = ask.one("do")
    given = dict(ask.given)
    page = await _page(ask, found, query, given.get)
    if do in {RUN, PLAN, GENERIC} and not page.posts:
        return await _run(ask, found, page, given.get, do)
    return page


async def post(ask: Ask, form: FormData) -> QueryPage:
    """Run a query whose form is posted."""
    found, query = await _query(ask)

    def given(name: str) -> str | None:
        value = form.get(name)
        return value.replace("\r\n", "\n") if isinstance(value, str) else None

    page = await _page(ask, found, query, given)
    return await _run(ask, found, page, given, given("do") or RUN)


async def _query(ask: Ask) -> tuple[Known, Query]:
    found = await known(ask)
    label = f"{ask.path('module')}.{ask.path('name')}"
    query = found.catalogue.query(label)
    if query is None:
        raise Missing(_why_none(found, label))
    return found, query


def _why_none(found: Known, label: str) -> str:
    """Say why there is no page: what the compiler finds in the query, if it is there at all."""
    said = [one for one in found.build.errors if one.query == label]
    found_in_it = "; ".join(
        f"{one.message} ({one.hint})" if one.hint else one.message for one in said
    )
    if not said:
        return f"no query {label}"
    return f"no page of {label} while this is in {said[0].file}:{said[0].line}: {found_in_it}"


async def _page(
    ask: Ask, found: Known, query: Query, given: Callable[[str], str | None]
) -> QueryPage:
    one = found.described(query)
    writes = execute.writes(one)
    if not execute.can_run(one.query):
        runs = "Only SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES are run here."
    elif writes and not ask.studio.write:
        runs = "It writes or locks rows, and these pages only read. Started with --write, studio tries it, shows what would change, and undoes it."
    else:
        runs = "try" if writes else "read"
    typed = form_fields.read(query, given)
    labels = {*query.reads, *query.writes}
    return QueryPage(
        query=query,
        address=found.at.query(query),
        tables={label: found.at.table(label) for label in sorted(labels) if found.at.knows(label)},
        fields=_unchecked(typed),
        runs=runs,
        posts=runs == "try" or any(parameter.secret for parameter in query.parameters),
        secret=any(parameter.secret for parameter in query.parameters)
        or reads_secret(one, found.build, await ask.schema()),
        call=python_call(query, {}, _package(ask)),
        figures=(await figures(ask, found)).get(query.label),
    )


async def _run(
    ask: Ask, found: Known, page: QueryPage, given: Callable[[str], str | None], do: str
) -> QueryPage:
    query, one = page.query, found.described(page.query)
    typed = form_fields.read(query, given)
    if do == GENERIC and execute.can_run(one.query):
        page = msgspec.structs.replace(page, fields=_unchecked(typed))
        return await _with(page, execute.generic(ask, one, typed.values))
    if page.runs not in {"read", "try"}:
        return msgspec.structs.replace(page, error=page.runs)
    async with ask.read() as conn:
        typed = await form_fields.checked(conn, typed)
        page = msgspec.structs.replace(page, fields=_masked(typed))
        if not typed.right:
            return msgspec.structs.replace(page, error="Some fields cannot be sent as they are.")
        call = python_call(query, await _values(conn, query, typed), _package(ask))
    sql, _, _ = execute.statement(one, typed.values)
    page = msgspec.structs.replace(page, call=call, sent=sql if one.variants else "")
    run = execute.try_out if page.runs == "try" else execute.read
    return await _with(page, run(ask, one, typed.values, plan=do == PLAN, secret=page.secret))


async def _with(page: QueryPage, running: Any) -> QueryPage:
    """Run it, and say on the page what the server refuses; never its DETAIL, which has values."""
    try:
        return msgspec.structs.replace(page, outcome=await running)
    except psycopg.errors.QueryCanceled:
        error, remedy = "It was stopped after five seconds.", ""
    except psycopg.errors.ReadOnlySqlTransaction as refused:
        error, remedy = primary(refused), "These pages only read."
    except psycopg.errors.LockNotAvailable:
        error, remedy = "Somebody else holds a lock that it needs.", "Try again."
    except (psycopg.errors.DataError, psycopg.errors.IntegrityError) as refused:
        # Their first words may be the value itself.
        error = type(refused).__name__ if page.secret else primary(refused)
        remedy = "" if page.secret else refused.diag.message_hint or ""
    except psycopg.OperationalError as refused:
        if refused.sqlstate is None:
            raise
        error, remedy = primary(refused), refused.diag.message_hint or ""
    except psycopg.Error as refused:
        error, remedy = primary(refused), refused.diag.message_hint or ""
    return msgspec.structs.replace(page, error=error, remedy=remedy)


def _unchecked(typed: Typed) -> tuple[Field, ...]:
    """Return the fields of a form that nobody asked to run: nothing is wrong yet."""
    return tuple(msgspec.structs.replace(field, error="") for field in _masked(typed))


def _masked(typed: Typed) -> tuple[Field, ...]:
    """Return the fields as they were typed; a secret is not sent back."""
    return tuple(
        msgspec.structs.replace(field, typed="") if field.parameter.secret else field
        for field in typed.fields
    )


async def _values(conn: AsyncConnection, query: Query, typed: Typed) -> dict[str, Any]:
    """Return the values as Python has them, read by the server; a secret one is left open."""
    named = {one.name: one for one in query.parameters}
    values: dict[str, Any] = {}
    for name, text in typed.values.items():
        parameter = named[name]
        if parameter.secret:
            continue
        if parameter.option == "switch":
            values[name] = True
        elif text is None or parameter.option == "choice":
            values[name] = text
        else:
            sql = f"SELECT $1::{parameter.pg_type}"
            try:
                async with conn.transaction():
                    row = await (await raw(conn, sql, [text])).fetchone()
            except (psycopg.Error, ValueError):
                continue
            values[name] = row[0]
    return values


def _package(ask: Ask) -> str:
    """Return the package that queries are imported from, as its place says."""
    project = ask.studio.project
    if project.installed:
        return project.installed
    if project.package.is_relative_to(project.root):
        return ".".join(project.package.relative_to(project.root).parts)
    return project.package.name


PAGES = (Page("/query/{module}/{name}", show, "query.html", post=post),)
