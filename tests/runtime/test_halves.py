"""The sync half is what the async half says, and nothing is in one half only."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from amber_sql import runtime
from amber_sql.runtime import aio

SHARED = {"one_of", "skip_unreadable"}
"""What awaits nothing, and is imported from the package itself."""
TOOL = Path(__file__).parents[2] / "tools" / "async_to_sync.py"


def test_the_sync_half_is_derived() -> None:
    """Nobody has edited it, or forgotten to derive it again."""
    done = subprocess.run(
        [sys.executable, TOOL, "--check"], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr


def test_both_halves_have_the_same_names() -> None:
    """But for the prefix that says which is which."""
    assert sorted(name.removeprefix("Async") for name in aio.__all__) == sorted(
        {*runtime.__all__} - SHARED
    )


@pytest.mark.parametrize("name", sorted({n for n in runtime.__all__ if n.islower()} - SHARED))
def test_both_halves_take_the_same_arguments(name: str) -> None:
    """A verb's parameters and their defaults."""
    sync, asynchronous = getattr(runtime, name), getattr(aio, name)
    assert [
        (each.name, each.kind, each.default) for each in inspect.signature(sync).parameters.values()
    ] == [
        (each.name, each.kind, each.default)
        for each in inspect.signature(asynchronous).parameters.values()
    ]
