"""tests/typing/: type checkers accept what is right, and report each mistake in its line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
TYPING = ROOT / "tests" / "typing"
Reports = set[tuple[str, int, str]]
"""(file, line, rule)"""


def _run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def _mypy(*arguments: str) -> Reports:
    out = _run("mypy", "--no-pretty", "--show-error-codes", *arguments)
    found = re.findall(r"(?m)^([^:\n]+):(\d+): error: .*\[([\w-]+)\]$", out)
    assert len(found) == out.count(": error: ")
    return {(Path(file).name, int(line), rule) for file, line, rule in found}


def _pyright(*arguments: str) -> Reports:
    out = _run("pyright", "--outputjson", "--pythonpath", sys.executable, *arguments)
    return {
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1, one["rule"])
        for one in json.loads(out)["generalDiagnostics"]
    }


def _planted(tool: str) -> Reports:
    """Return what the marks in mistakes.py say about a tool."""
    lines = (TYPING / "mistakes.py").read_text().splitlines()
    return {
        ("mistakes.py", number, mark[tool])
        for number, line in enumerate(lines, start=1)
        if (mark := re.search(r"  # (?P<mypy>[a-z-]+), (?P<pyright>report\w+)$", line))
    }


def test_all_kinds_of_mistakes_are_planted() -> None:
    """None's attribute, a wrong name, a wrong type, a forgotten await, an unknown query."""
    assert len(_planted("mypy")) >= 20
    assert {rule for _, _, rule in _planted("mypy")} > {
        "union-attr",
        "call-arg",
        "arg-type",
        "unused-coroutine",
        "attr-defined",
    }


def test_mypy_reports_each_mistake_and_nothing_else() -> None:
    """In strict mode; good.py has none."""
    files = [str(path.relative_to(ROOT)) for path in sorted(TYPING.glob("*.py"))]
    assert _mypy("--strict", *files) == _planted("mypy")


def test_pyright_reports_each_mistake_and_nothing_else() -> None:
    """With the settings of a service that changed none of them."""
    assert _pyright("--project", str(TYPING)) == _planted("pyright")


@pytest.mark.parametrize("check", [_mypy, pytest.param(_pyright, marks=pytest.mark.slow)])
def test_the_package_is_clean(check: Callable[[], Reports]) -> None:
    """As pyproject.toml configures both: mypy strict, pyright standard."""
    assert check() == set()
