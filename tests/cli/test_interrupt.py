"""Ctrl-C ends the command line in a word, whatever it was doing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from amber_sql import _interrupts

PROGRAMS = {
    "amber-sql": [str(Path(sys.executable).parent / "amber-sql"), "check"],
    "python -m": [sys.executable, "-m", "amber_sql", "check"],
}


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="sees imports by their libraries")
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("library", ["msgspec", "psycopg_binary"])
def test_during_imports(program: str, library: str, tmp_path: Path) -> None:
    """No traceback: the process ends by the signal, as a shell expects."""
    process = subprocess.Popen(
        PROGRAMS[program],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    maps = Path(f"/proc/{process.pid}/maps")
    deadline = time.monotonic() + 30
    while library not in maps.read_text() and process.poll() is None:
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert "Traceback" not in said
    assert process.returncode in {-signal.SIGINT, 130, 2}  # 2: it was done, outside of a project


def test_a_service_s_signals_are_its_own() -> None:
    """Only the command line's process is touched: this one imports the package as a service does."""
    assert not _interrupts.is_command()
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_DFL
