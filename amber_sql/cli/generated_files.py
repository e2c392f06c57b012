"""A project → its package on disk, or how that differs; `generate` once, and after each save."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import structs

from amber_sql.cli.report import counted, out, print_findings, shown, talk
from amber_sql.compiler.emit.layout import HEADER
from amber_sql.compiler.pipeline import compile_queries, generated
from amber_sql.compiler.write import difference, write
from amber_sql.deploy.scratch.verify import described_release

if TYPE_CHECKING:
    from pathlib import Path

    from amber_sql.compiler.known_queries import Known
    from amber_sql.compiler.pipeline import Build
    from amber_sql.locate import Project


def write_files(known: Known, project: Project, target: Path) -> bool:
    """Write what changed, all or nothing; tell whether nothing is wrong."""
    started = time.monotonic()
    build, files = _generated(known, project, target)
    if not files:
        return False
    changes = write(target, files)
    for reason in build.package.left_out:
        talk.print(f"note: models.py leaves out a table: {reason}", markup=False)
    print_findings(build.parted, "note")
    for path, what in changes:
        out.print(
            f"{'deleted' if what == 'left over' else 'wrote'} {shown(target / path)}", markup=False
        )
    talk.print(
        f"{_queries(build)}, {len(changes)} of {counted(len(files), 'file')} changed, {time.monotonic() - started:.1f} s."
    )
    return True


def compare_files(known: Known, project: Project, target: Path) -> bool:
    """Say what `write_files` would change; tell whether that is nothing."""
    build, files = _generated(known, project, target)
    if not files:
        return False
    changes = difference(target, files)
    for path, what in changes:
        out.print(f"{shown(target / path)}: {what}", markup=False)
    if changes:
        talk.print("The generated code is stale: run `amber-sql generate`")
    else:
        talk.print(f"Fresh: {counted(len(files), 'file')} for {_queries(build)}.")
    return not changes


def _generated(known: Known, project: Project, target: Path) -> tuple[Build, dict[str, str]]:
    """Compile a project, and return path → text of its package; no text where there are errors."""
    build = compile_queries(known.conn, project.queries, known, advise=False)
    if build.errors:
        print_findings(build.errors)
        talk.print(f"{counted(len(build.errors), 'error')}; nothing was written")
        return build, {}
    manifest = described_release(known.conn, build.described, project.queries, project.migrations)
    # The SQL is beside it, in the wheel too.
    small = structs.replace(manifest, about=HEADER.removeprefix("# "), files={})
    texts = generated(build, project.queries, target, known.sound)
    return build, texts | {"manifest.json": small.to_json()}


def _queries(build: Build) -> str:
    return counted(len(build.described), "query", "queries")
