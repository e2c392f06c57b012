"""A project of its own for each test of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from project import Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(
    embedded_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Project:
    """Give a small project of its own."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(embedded_home))
    return Project(tmp_path, capsys)
