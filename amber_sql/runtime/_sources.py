"""A generated module's .sql file → its statements, each cut out when its query is first called.

Import reads the file, and in a checkout makes sure that the module was made from it; no more.
What build time did with all of it (aiosql, findings, tags) would have the same outcome again.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from amber_sql.errors import MissingSql, StaleGenerated
from amber_sql.locate import is_bundled, source
from amber_sql.sqltext.module import digest_of, module_name

if TYPE_CHECKING:
    from pathlib import Path

    from amber_sql.sqltext.statement import Cut


class Texts(dict[str, str]):
    """The statements of a file by the names of its queries, those that were asked for so far.

    The file is not read again, since it may change, or a release be installed, meanwhile.
    """

    def __init__(self, module: str, file: str, data: bytes) -> None:
        super().__init__()
        self._module, self._file, self._data = module, file, data
        self._cuts: dict[str, Cut] = {}

    def __missing__(self, name: str) -> str:
        from amber_sql.sqltext.statement import statement  # compiles a scanner: 3 ms  # noqa: PLC0415

        sql = statement(self._data.decode("utf-8-sig"), name)
        if sql is None:
            raise StaleGenerated(module=self._module, file=self._file)
        self[name] = sql
        return sql

    def cut(self, name: str) -> Cut:
        """Return a query with optional lines, in its pieces."""
        from amber_sql.sqltext.statement import optional_statement  # noqa: PLC0415

        found = self._cuts.get(name) or optional_statement(self._data.decode("utf-8-sig"), name)
        if found is None:
            raise StaleGenerated(module=self._module, file=self._file)
        self._cuts[name] = found
        return found


def queries_folder(package: Path, relative: str) -> Path:
    """Return the folder of .sql files that the generated code in `package` was made from."""
    return source(package, relative)


@cache
def statements(folder: Path, file: str, digest: str) -> Texts:
    """Return the statements of a file, for the module generated from it.

    In a checkout a file that changed since raises `StaleGenerated`; an installed wheel is whole
    by construction and is never stopped.
    """
    module, name = module_name(file), f"{folder.name}/{file}"
    try:
        data = (folder / file).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        if is_bundled(folder) or not folder.is_dir():
            raise MissingSql(module=module, file=folder / file) from None
        raise StaleGenerated(module=module, file=name) from None
    if not is_bundled(folder) and digest_of(data) != digest:
        raise StaleGenerated(module=module, file=name)
    return Texts(module, name, data)
