"""The one module that knows where SQL is: in a project's folders, or inside an installed package.

A project is a folder with `queries/` and `migrations/`, or one whose `amber-sql.toml` or
`pyproject.toml` ([tool.amber-sql]) says where they are. A wheel carries both below `_sql/`.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from amber_sql.errors import BadProjectFile, NoPackage, NoProject

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parent
BUNDLED = "_sql"
"""The folder inside an installed package that holds what the checkout has beside the package."""
OWN_FILE = "amber-sql.toml"
SECTION = "amber-sql"
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class RuleSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one rule of `check` or `lint` is off, or the only places where it is on, and why."""

    reason: _Text
    off: bool | tuple[_Text, ...] = False
    only: tuple[_Text, ...] = ()


class TypeSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The class that a database type is, and what makes its text a value and a value its text.

    Without them the class is called with the text, and `str` with the value.
    """

    type: _Text
    decode: _Text | None = None
    encode: _Text | None = None


class Settings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """What a project may say of itself; paths are relative to the file that says it."""

    queries: _Text = "queries"
    migrations: _Text = "migrations"
    seeds: _Text = "seeds"
    package: _Text = "db"
    role_prefix: _Text | None = None
    rules: dict[str, RuleSetting] = {}
    types: dict[str, TypeSetting | _Text] = {}
    rows: Literal["by-query", "by-shape"] = "by-query"

    def mapped(self) -> dict[str, TypeSetting]:
        """Return the types that are classes of the project's, or of somebody's."""
        return {
            name: TypeSetting(one) if isinstance(one, str) else one
            for name, one in self.types.items()
        }


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """Two folders of SQL, and what belongs to them.

    `package` is the Python package that its functions are written to; of an `installed` one
    nothing is written.
    """

    root: Path
    queries: Path
    migrations: Path
    seeds: Path
    package: Path
    role_prefix: str | None = None
    rules: dict[str, RuleSetting] = {}
    installed: str = ""
    """The name by which it was asked for, where it is a package without a checkout."""


def source(package: Path, relative: str) -> Path:
    """Return the folder of SQL files that the generated code in `package` was made from.

    `relative` is its path as seen from `package` in a checkout. An installed wheel carries the
    same folder under `_sql/`, which wins where it exists.
    """
    bundled = package / BUNDLED / Path(relative).name
    return bundled if bundled.is_dir() else (package / relative).resolve()


def is_bundled(folder: Path) -> bool:
    """Tell whether `folder` lies in an installed wheel, which is whole by construction."""
    return folder.parent.name == BUNDLED


def queries_dir(name: str = "amber_sql") -> Path:
    """Return the folder of a package's queries."""
    return package(name).queries


def migrations_dir(name: str = "amber_sql") -> Path:
    """Return the folder of a package's migrations."""
    return package(name).migrations


def project(start: Path | None = None) -> Project:
    """Return the project that the working directory, or `start`, is in. Raises NoProject."""
    try:
        here = (start or Path.cwd()).resolve()
    except OSError as error:  # somebody removed it
        raise NoProject(why=f"the working directory: {error.strerror}") from None
    found = next(_projects(here), None)
    if found is None:
        raise NoProject(why=_why_none(here))
    for folder in (found.queries, found.migrations):
        if not _is_dir(folder):
            raise NoProject(why=f"{found.root} means {folder}, and there is no such folder")
    return found


def queries_of(migrations: Path) -> Path | None:
    """Return the queries of the project that a folder of migrations belongs to, if there is one."""
    folder = migrations.resolve()
    found = (one.queries for one in _projects(folder) if one.migrations == folder)
    return next(filter(_is_dir, found), None)


def settings_of(queries: Path) -> tuple[Settings, Path]:
    """Return what the project of a folder of queries says of itself, and the file that says it."""
    folder = queries.resolve()
    for root in folder.parents:
        settings = read_settings(root)
        if settings is not None and (root / settings.queries).resolve() == folder:
            own = root / OWN_FILE
            return settings, own if own.exists() else root / "pyproject.toml"
    return Settings(), folder.parent / OWN_FILE


def package(name: str) -> Project:
    """Return the SQL inside an installed package, or of the checkout it is installed from.

    Nothing of the package is imported. Raises NoPackage.
    """
    folder = package_folder(name)
    if folder is None:
        raise NoPackage(name=name, why="it is not installed here, or not by that name")
    bundled = folder / BUNDLED
    if not _is_dir(bundled):
        for one in _projects(folder):
            if one.package == folder:
                return one
        raise NoPackage(
            name=name, why=f"{folder} has no {BUNDLED}/queries and {BUNDLED}/migrations"
        )
    found = _project(bundled, read_settings(bundled) or Settings())
    for missing in (found.queries, found.migrations):
        if not _is_dir(missing):
            raise NoPackage(name=name, why=f"there is no {missing}")
    return msgspec.structs.replace(found, package=folder, installed=name)


def package_folder(name: str) -> Path | None:
    """Return the folder of an importable package, which is not imported; None where there is none."""
    top, *rest = name.split(".")
    if not all(part.isidentifier() for part in (top, *rest)):
        return None
    spec = find_spec(top)
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place, *rest).resolve()
        if _is_dir(folder):
            return folder
    return None


def _projects(here: Path) -> Iterator[Project]:
    """Yield the projects that `here` is in, the nearest first.

    Two folders without settings are a project, unless settings further up mean these two.
    """
    above = [here, *here.parents]
    told = [_project(root, settings) for root in above if (settings := read_settings(root))]
    for root in above:
        if found := next((one for one in told if one.root == root), None):
            yield found
            continue
        plain = _project(root, Settings())
        if _is_dir(plain.queries) and _is_dir(plain.migrations):
            same = (plain.queries, plain.migrations)
            yield next((one for one in told if (one.queries, one.migrations) == same), plain)


def _project(root: Path, settings: Settings) -> Project:
    queries, migrations, seeds, package = (
        (root / path).resolve()
        for path in (settings.queries, settings.migrations, settings.seeds, settings.package)
    )
    return Project(
        root=root,
        queries=queries,
        migrations=migrations,
        seeds=seeds,
        package=package,
        role_prefix=settings.role_prefix,
        rules=settings.rules,
    )


def settings_file(root: Path) -> Path:
    """Return the file that says what the folder is; it need not be there."""
    own = root / OWN_FILE
    return own if own.is_file() else root / "pyproject.toml"


def read_settings(root: Path) -> Settings | None:
    """Read what the folder says of itself; None where it says nothing. Raises BadProjectFile."""
    own, shared = root / OWN_FILE, root / "pyproject.toml"
    if (text := _text(own)) is not None:
        return _converted(own, _toml(own, text))
    if SECTION.encode() not in (text := _text(shared) or b""):
        return None
    tools = _toml(shared, text).get("tool", {})
    section = tools.get(SECTION) if isinstance(tools, dict) else None
    return None if section is None else _converted(shared, section)


def _text(file: Path) -> bytes | None:
    """Return what a file holds; None where it is not there, or not for us."""
    try:
        return file.read_bytes()
    except OSError:
        return None


def _toml(file: Path, text: bytes) -> dict[str, Any]:
    import tomllib  # seldom needed, and never by a service  # noqa: PLC0415

    try:
        return tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadProjectFile(file=file, what=str(error)) from None


def _converted(file: Path, data: Any) -> Settings:
    try:
        return msgspec.convert(data, Settings)
    except msgspec.ValidationError as error:
        raise BadProjectFile(file=file, what=str(error)) from None


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # above a folder that is not for us
        return False


def _why_none(here: Path) -> str:
    """Say which of the two folders is missing where one is there."""
    for root in (here, *here.parents):
        there = [name for name in ("queries", "migrations") if _is_dir(root / name)]
        if there:
            missing = "migrations" if there == ["queries"] else "queries"
            return f"{root} has {there[0]}/ but no {missing}/"
    return f"neither {here} nor a folder above it has queries/ and migrations/"
