"""A studio's catalogue: the compiled queries, and the tables as they are now."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import psycopg

from amber_sql.studio import links
from amber_sql.studio.catalogue.read import read_catalogue

if TYPE_CHECKING:
    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.pipeline import Build
    from amber_sql.studio.ask import Ask
    from amber_sql.studio.catalogue.model import Catalogue, Query
    from amber_sql.studio.state import Studio

KEPT = 5.0
"""Seconds for which tables are not read again."""


class Known:
    """The catalogue with what pages look up in it."""

    def __init__(self, catalogue: Catalogue, build: Build) -> None:
        self.catalogue, self.build = catalogue, build
        self.at = At(catalogue)
        self._described = {f"{one.query.module}.{one.query.name}": one for one in build.described}
        self._labels = {
            (module.name, function.name): function.label
            for module in build.package.modules
            for function in module.functions
        }

    def described(self, query: Query) -> DescribedQuery:
        """Return what the compiler knows of a query."""
        return self._described[self._labels[query.module, query.name]]


class At:
    """The addresses of tables and queries, for templates."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._tables = {table.label: (table.schema, table.name) for table in catalogue.tables}

    def knows(self, label: str) -> bool:
        """Tell whether a relation has a page."""
        return label in self._tables

    def table(self, label: str) -> str:
        """Return the address of a table's rows."""
        return links.table(*self._tables[label])

    def shape(self, label: str) -> str:
        """Return the address of what a table is."""
        return links.shape(*self._tables[label])

    @staticmethod
    def query(query: Query) -> str:
        """Return the address of a query's page."""
        return links.query(query.module, query.name)


_known: WeakKeyDictionary[Studio, tuple[float, Known]] = WeakKeyDictionary()


async def known(ask: Ask) -> Known:
    """Return the catalogue of a studio; its tables are at most some seconds old.

    Raises what stopped the compiler.
    """
    studio, build = ask.studio, await ask.build()
    kept = _known.get(studio)
    if kept is None or kept[1].build is not build or time.monotonic() - kept[0] > KEPT:
        found = await asyncio.to_thread(_read, studio, build)
        kept = _known[studio] = time.monotonic(), found
    return kept[1]


def _read(studio: Studio, build: Build) -> Known:
    try:
        with psycopg.connect(
            studio.reader.target.conninfo, autocommit=True, prepare_threshold=None
        ) as conn:
            conn.execute("SET default_transaction_read_only = on")
            return Known(read_catalogue(conn, build), build)
    except psycopg.OperationalError as error:
        raise studio.reader.target.unreachable(error, "Check that the server is up.") from None
