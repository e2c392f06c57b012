"""Generated text on disk: all or nothing, below the package alone, over our own files alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amber_sql.compiler.emit.layout import START
from amber_sql.compiler.write import difference, write
from amber_sql.errors import AmberError, CannotWrite, LinkInTheWay, NotGenerated

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = f'{START}\n"""Ours."""\n'
FILES = {
    f"{half}{name}": OURS
    for half in ("", "aio/")
    for name in ("queries/__init__.py", "queries/people.py", "queries/sub/pets.py")
} | {"models.py": OURS}
NOBODY = 65534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="changes its account, which root may")


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Give a package that was generated, and another one beside it."""
    for name in ("package", "other"):
        write(tmp_path / name, FILES)
    return tmp_path / "package"


def test_writing_twice_changes_nothing(out: Path) -> None:
    """What is there already is not touched."""
    before = contents(out)
    assert (write(out, FILES), contents(out)) == ([], before)


def test_what_no_query_needs_is_deleted(out: Path) -> None:
    """A module of which no query is left goes, and nothing that people wrote."""
    (out / "queries" / "mine.py").write_text("x = 1\n")
    fewer = {name: text for name, text in FILES.items() if "sub" not in name}
    left = [(f"{half}queries/sub/pets.py", "left over") for half in ("aio/", "")]
    assert difference(out, fewer) == left
    assert write(out, fewer) == left
    assert "queries/mine.py" in contents(out)
    assert not [name for name in contents(out) if "sub" in name]


@pytest.mark.parametrize("mine", [b"mine = 1\n", b"\xff\xfe", b""])
def test_never_over_a_file_without_our_header(out: Path, mine: bytes) -> None:
    """What somebody wrote is not overwritten, and nothing else is written either."""
    (out / "aio/queries/people.py").write_bytes(mine)
    before = contents(out)
    with pytest.raises(NotGenerated, match="move it away"):
        write(out, {name: f"{text}# new\n" for name, text in FILES.items()})
    assert contents(out) == before


@pytest.mark.parametrize("where", ["models.py", "queries/people.py", "aio/queries/__init__.py"])
def test_a_directory_in_the_way(tmp_path: Path, where: str) -> None:
    """A directory where a file belongs stops everything before anything is written."""
    (tmp_path / where).mkdir(parents=True)
    with pytest.raises(NotGenerated):
        write(tmp_path, FILES)
    assert contents(tmp_path) == {}


def test_a_file_in_the_way_of_a_directory(tmp_path: Path) -> None:
    """A file where a folder belongs is an error in one sentence, and nothing is written."""
    (tmp_path / "aio").write_text("")
    with pytest.raises(CannotWrite, match="Nothing was written"):
        write(tmp_path, FILES)
    assert contents(tmp_path) == {"aio": b""}


LINKS = ["queries", "aio", "aio/queries", "queries/sub", "queries/people.py", "models.py", "aio/queries/sub/pets.py", "__init__.py"]  # fmt: skip


@pytest.mark.parametrize("where", LINKS)
@pytest.mark.parametrize("kind", ["another package's", "nothing"])
def test_nothing_is_written_or_removed_behind_a_link(out: Path, where: str, kind: str) -> None:
    """A link below the package, to another package of ours or to nothing, is refused and kept."""
    place = out / where
    saved = out.parent / "saved"
    place.rename(saved)
    place.symlink_to(out.parent / ("other" if kind != "nothing" else "nowhere") / where)
    before = contents(out.parent)
    fewer = {name: f"{text}# new\n" for name, text in FILES.items() if name != "queries/people.py"}
    fewer |= {where: OURS} if where == "queries/people.py" else {}
    with pytest.raises(LinkInTheWay, match="is a link"):
        write(out, fewer)
    assert contents(out.parent) == before
    assert place.is_symlink()


def test_a_left_over_link_is_nobodys(out: Path) -> None:
    """A link that no query asks for stays, and so does what it leads to."""
    (out / "queries/extra.py").symlink_to(out.parent / "other/queries/people.py")
    (out / "queries/more").symlink_to(out.parent / "other/queries")
    assert write(out, FILES) == []
    assert (out / "queries/extra.py").is_symlink()
    assert contents(out.parent / "other").keys() >= FILES.keys()


def test_the_package_itself_may_be_a_link(out: Path) -> None:
    """--out was said: what it leads to is the package."""
    link = out.parent / "link"
    link.symlink_to(out)
    write(link, FILES | {"models.py": f"{OURS}# new\n"})
    assert (out / "models.py").read_text().endswith("# new\n")


@pytest.mark.parametrize("path", ["../models.py", "queries/../../models.py", "/models.py"])
def test_no_path_leads_out_of_the_package(out: Path, path: str) -> None:
    """Whatever a module came to be called, it is written below the package or not at all."""
    with pytest.raises(AmberError):
        write(out, FILES | {path: OURS})
    assert not (out.parent / "models.py").exists()


@pytest.fixture
def others() -> Iterator[Path]:
    """Give a generated package in a folder that every account can enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        write(Path(folder, "db"), FILES)
        yield Path(folder, "db")


@AS_ROOT
def test_a_folder_that_may_not_be_written(others: Path) -> None:
    """Half of the folders are writable: every file is as it was before."""
    before = contents(others)
    for path in [others, *others.rglob("*")]:
        if path != others / "aio" / "queries":
            os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        with pytest.raises(CannotWrite, match="Permission denied"):
            write(others, {name: f"{text}# new\n" for name, text in FILES.items()})
    finally:
        os.seteuid(0)
    assert contents(others) == before


@AS_ROOT
def test_a_rename_that_fails_is_undone(others: Path) -> None:
    """In a sticky folder the second rename is refused: the first one is taken back."""
    before = contents(others)
    names = sorted(name for name in FILES if "queries/" in name)
    for path in others.rglob("*"):
        if path.is_dir():
            path.chmod(0o1777)
    os.chown(others / names[0], NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        with pytest.raises(CannotWrite, match="not permitted"):
            write(others, {name: f"{FILES[name]}# new\n" for name in names})
    finally:
        os.seteuid(0)
    assert contents(others) == before
