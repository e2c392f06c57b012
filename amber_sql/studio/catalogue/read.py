"""A connection and a compiled project → the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.compiler.catalog import read_catalog
from amber_sql.studio.catalogue.model import Catalogue
from amber_sql.studio.catalogue.queries import read_modules
from amber_sql.studio.catalogue.tables import read_enums, read_tables

if TYPE_CHECKING:
    import psycopg

    from amber_sql.compiler.pipeline import Build


def read_catalogue(conn: psycopg.Connection[Any], build: Build | None = None) -> Catalogue:
    """Read the database that `conn` is connected to; its queries are those of `build`.

    Names are written as the search_path of `conn` lets them be written.
    """
    catalog = read_catalog(conn)
    return Catalogue(
        tables=read_tables(conn, catalog),
        enums=read_enums(conn, catalog),
        modules=read_modules(build) if build is not None else (),
        search_path=catalog.search_path,
    )
