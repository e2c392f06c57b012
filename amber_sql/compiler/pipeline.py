"""A folder of queries, a migrated database → everything that is known of a project.

load → describe → bind → emit: one pipeline with two endings, since `generate` writes the text and
`check` compares it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.compiler import rules
from amber_sql.compiler.bind import bind
from amber_sql.compiler.bind.comment_checks import check_comments
from amber_sql.compiler.bind.mapped_types import check_settings
from amber_sql.compiler.bind.rows_by_shape import parted
from amber_sql.compiler.bind.stated_types import check_type_tags
from amber_sql.compiler.describe.diagnostics import UNTYPED
from amber_sql.compiler.emit import emit
from amber_sql.compiler.emit.python_check import check_python
from amber_sql.compiler.files.load import MISUSED, load_folder
from amber_sql.compiler.files.source_checks import UNUSED
from amber_sql.compiler.known_queries import Known
from amber_sql.locate import Settings, settings_of

if TYPE_CHECKING:
    import psycopg

    from amber_sql.compiler.bind.codegen_model import PackageDef
    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.files.query import SqlFile
    from amber_sql.errors import Finding


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled project."""

    files: tuple[SqlFile, ...]
    described: tuple[DescribedQuery, ...]
    catalog: Catalog
    package: PackageDef
    settings: Settings
    """What the project says of itself."""
    errors: tuple[Finding, ...]
    """What stops generating: bad files, what PostgreSQL refused, what Python cannot say."""
    advice: tuple[Finding, ...]
    """What the rules of `check` find."""
    parted: tuple[Finding, ...] = ()
    """Those of them that say which rows are no longer one."""


def compile_queries(
    conn: psycopg.Connection[Any],
    queries: Path,
    known: Known | None = None,
    *,
    advise: bool = True,
) -> Build:
    """Compile a folder of queries on a connection to a migrated database.

    `known` is what was described on it before; `advise` asks for the rules of `check`.
    """
    known = known or Known(conn)
    files = load_folder(queries, known.files)
    catalog = known.catalog
    described, findings = known.describe([query for file in files for query in file.queries])
    settings, file = settings_of(queries)
    package, unsaid = bind(files, described, catalog, settings)
    misread = [finding for file in files for finding in file.findings]
    misused = {finding.query for finding in misread if finding.rule == MISUSED}
    unused = {finding.query for finding in misread if finding.rule == UNUSED}
    refused = [
        finding
        for finding in [*(one for one in findings if one.query not in misused), *unsaid]
        if not (finding.query in unused and UNTYPED.search(finding.message))
    ]
    folders = [Path.cwd(), *list(queries.resolve().parents)[:3]]
    tags = [*check_comments(catalog, folders), *check_type_tags(described, catalog, folders)]
    tags += check_settings(catalog, settings.mapped(), file.name, folders)
    errors = [*misread, *refused, *tags]
    broken = {finding.query for finding in errors if finding.query}
    # What is said of a query that is not read as it was meant follows from its error.
    sound = [
        one for one in described if advise and f"{one.query.module}.{one.query.name}" not in broken
    ]
    advice = [finding for one in sound for finding in rules.check(one)]
    out = file.parent / settings.package
    parts = list(parted(package, sound, out)) if settings.rows == "by-shape" and not errors else []
    return Build(
        files=tuple(files),
        described=tuple(described),
        catalog=catalog,
        package=package,
        settings=settings,
        errors=tuple(sorted(set(errors))),
        advice=tuple(sorted({*advice, *parts})),
        parted=tuple(sorted(parts)),
    )


def generated(
    build: Build, queries: Path, out: Path, sound: set[str] | None = None
) -> dict[str, str]:
    """Return path → text of the package at `out`. Raises BrokenGenerated.

    `sound` are texts that were looked at before; these join them.
    """
    relative = Path(_relative(queries.resolve(), out.resolve())).as_posix()
    files = emit(build.package, relative)
    check_python({path: text for path, text in files.items() if text not in (sound or ())})
    if sound is not None:
        sound.clear()
        sound.update(files.values())
    return files


def _relative(target: Path, start: Path) -> str:
    common = next(p for p in [start, *start.parents] if p in {target, *target.parents})
    up = len(start.relative_to(common).parts)
    return "/".join([".."] * up + list(target.relative_to(common).parts))
