"""Who runs the server: root, an ordinary user, a user without a home or even a name."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import sys
import tempfile
from typing import TYPE_CHECKING

import psycopg
import pytest
from command import fork

from amber_sql.errors import ServerFailed
from amber_sql.server import Server, available_majors, embedded, find_binaries, places
from amber_sql.server.account import Account, run_as
from amber_sql.server.binaries import OLDER_WHEELS, WHEELS, major_of
from amber_sql.server.copies import readable
from amber_sql.server.shared import FAST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
NOBODY = Account(pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
NAMELESS = Account(54321, 54321)


def as_user(account: Account, work: Callable[[], object]) -> str:
    """Run `work` as `account` in a fork, which needs no readable Python, and return what it said."""
    reading, writing = os.pipe()
    child = fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            os.environ.pop("AMBER_SERVER_DIR", None)  # the caller's, not theirs
            said = str(work())
        except BaseException as error:  # noqa: BLE001 - the parent judges it
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def wheel() -> Path:
    """Return the programs of a wheel, which can be moved, or skip."""
    for folder in available_majors().values():
        if folder.parent.parent.name in (*WHEELS, *OLDER_WHEELS):
            return folder
    pytest.skip("no PostgreSQL from a wheel")


@needs_root
def test_roots_server_runs_as_an_account_that_sees_no_more_than_it_must(
    server_folder: Path,
) -> None:
    """The data is the account's, locks and log are root's, and nobody else can list the folder."""
    base = server_folder / "root"
    umask = os.umask(0o077)  # a careful root's
    try:
        with Server(base, settings=FAST):
            account = run_as(base / "absent")
            assert account
            assert (base / "data").stat().st_uid == account.uid
            for name in ("lock", "alive", "server.log"):
                assert (base / name).stat().st_uid == 0
                assert stat.S_IMODE((base / name).stat().st_mode) == 0o600
            assert stat.S_IMODE(base.stat().st_mode) == 0o711
    finally:
        os.umask(umask)


@pytest.fixture(scope="module")
def hidden(server_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give programs in a home that no account but root's can enter."""
    source = wheel()
    package = source.parent.parent
    shut = tmp_path_factory.mktemp("home") / "site-packages"
    shutil.copytree(package, shut / package.name, symlinks=True)
    if (libs := package.with_name(f"{package.name}.libs")).exists():
        shutil.copytree(libs, shut / libs.name)
    shut.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMBER_SERVER_DIR", str(server_folder / "copies"))
        yield shut / package.name / source.parent.name / "bin"


@needs_root
def test_a_server_runs_from_programs_that_its_account_cannot_enter(
    server_folder: Path, hidden: Path
) -> None:
    """They are the same version, at a place of root's own."""
    with Server(server_folder / "linked", settings=FAST, bin_dir=hidden) as server:
        assert server.version // 10000 == major_of(hidden)
        assert server.pid
        running = (server.data / "postmaster.opts").read_text().split()[0]
        assert running.startswith(str(places.copies()))


@needs_root
def test_programs_in_a_home_that_the_account_cannot_enter_are_linked(hidden: Path) -> None:
    """The copy costs no space, is root's, and is made once."""
    copy = readable(hidden, NOBODY, places.copies())
    assert readable(hidden, NOBODY, places.copies()) == copy
    assert [place.name for place in places.copies().iterdir()] == [copy.parts[-4]]
    assert (copy / "postgres").samefile(hidden / "postgres")
    assert (copy / "postgres").stat().st_uid == 0


@needs_root
def test_programs_that_were_upgraded_are_linked_anew(hidden: Path) -> None:
    """What the account gets is what is installed."""
    copy = readable(hidden, NOBODY, places.copies())
    upgrade = (wheel() / "postgres").read_bytes() + b"\0"
    (hidden / "postgres").write_bytes(upgrade)
    again = readable(hidden, NOBODY, places.copies())
    assert again != copy
    assert (again / "postgres").read_bytes() == upgrade


@needs_root
def test_programs_that_only_root_may_read_are_copied(server_folder: Path, tmp_path: Path) -> None:
    """An installation under umask 077 stays as it is; what the account gets is a copy."""
    source = wheel()
    package = source.parent.parent
    shut = tmp_path / package.name
    shutil.copytree(package, shut, symlinks=True)
    for folder, _, files in os.walk(shut):
        for name in files:
            os.chmod(os.path.join(folder, name), 0o700)  # noqa: PTH101, PTH118
    hidden = shut / source.parent.name / "bin"
    copy = readable(hidden, NOBODY, server_folder / "umask")
    assert stat.S_IMODE((copy / "postgres").stat().st_mode) == 0o555
    assert stat.S_IMODE((hidden / "postgres").stat().st_mode) == 0o700


@needs_root
def test_a_data_directory_keeps_its_owner(server_folder: Path) -> None:
    """Root runs it as the account that it belongs to, though others would come first today."""
    with Server(server_folder / "owned", settings=FAST) as server:
        server.stop()
        for folder, _, files in os.walk(server.base / "data"):
            for place in (folder, *(os.path.join(folder, name) for name in files)):  # noqa: PTH118
                os.chown(place, NOBODY.uid, NOBODY.gid)
        server.start()
        assert run_as(server.data) == NOBODY
        assert server.answers()


@needs_root
def test_an_ordinary_users_server_is_theirs_alone(server_folder: Path) -> None:
    """Started without root, from their own folder: everything belongs to that user."""
    home = server_folder / "ordinary"
    home.mkdir()
    NOBODY.own(home)
    programs = readable(find_binaries(), NOBODY, server_folder / "programs")

    def work() -> object:
        os.environ["HOME"] = str(home)
        os.environ.pop("XDG_DATA_HOME", None)
        os.environ["AMBER_PG_BIN"] = str(programs)
        server = embedded()
        try:
            with psycopg.connect(server.url("postgres")) as conn:
                modes = {stat.S_IMODE(place.stat().st_mode) for place in (server.base, server.data)}
                owners = {place.stat().st_uid for place in server.base.iterdir()}
                return conn.info.user, str(server.base.relative_to(home)), modes, owners
        finally:
            server.stop("immediate")

    data_home = "Library/Application Support" if sys.platform == "darwin" else ".local/share"
    base = f"{data_home}/amber-sql/{major_of(programs)}"
    assert as_user(NOBODY, work) == str(("amber", base, {0o700}, {NOBODY.uid}))


@needs_root
def test_a_user_without_a_home_gets_a_folder_that_nobody_else_may_hold(
    server_folder: Path,
) -> None:
    """It lies in the temporary directory; somebody else's of that name is refused."""
    temporary_directory = server_folder / "tmp"
    temporary_directory.mkdir()
    temporary_directory.chmod(0o1777)

    def work() -> object:
        os.environ["HOME"] = "/nonexistent"
        os.environ.pop("XDG_DATA_HOME", None)
        tempfile.tempdir = str(temporary_directory)
        return places.home()

    expected = temporary_directory / f"amber-sql-{NOBODY.uid}"
    assert as_user(NOBODY, work) == str(expected)
    assert stat.S_IMODE(expected.stat().st_mode) == 0o700
    os.chown(expected, 0, 0)
    assert "ServerFailed" in as_user(NOBODY, work)
    assert "AMBER_SERVER_DIR" in as_user(NOBODY, work)


@needs_root
def test_a_user_id_without_a_name_is_told_so(server_folder: Path) -> None:
    """Containers give such ids; initdb cannot work with them, and the message says what can."""
    home = server_folder / "nameless"
    home.mkdir()
    NAMELESS.own(home)
    programs = readable(find_binaries(), NAMELESS, server_folder / "programs")
    said = as_user(NAMELESS, lambda: Server(home / "x", bin_dir=programs).start())
    assert "initdb needs a name for user id 54321" in said
    assert "DATABASE_URL" in said


def test_a_folder_that_cannot_be_written_is_one_clear_error(server_folder: Path) -> None:
    """No traceback from the depths: the folder and the system's own reason."""
    (server_folder / "file").write_text("in the way")
    with pytest.raises(ServerFailed, match=r"did not start: .*file"):
        Server(server_folder / "file" / "below").start()
