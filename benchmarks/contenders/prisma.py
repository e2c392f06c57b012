"""Prisma 7 on Node: a process that takes commands as lines of JSON and times its own loops.

It runs on our core, since a child inherits that. `install` needs npm's registry; generating needs
no download, as the client's engine is part of its package and PRISMA_SCHEMA_ENGINE_BINARY may name
any program.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.contenders.base import POOL, TASKS, Contender, Timing
from benchmarks.rows import TYPES
from benchmarks.world import BIG

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parents[1] / "prisma"


def install() -> str | None:
    """Install and generate Prisma's client where that is not done; return why not, or None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "node or npm is not installed"
    engine = shutil.which("true") or node
    quiet = {"PRISMA_SCHEMA_ENGINE_BINARY": engine, "PRISMA_HIDE_UPDATE_MESSAGE": "1"}
    steps: list[list[str]] = []
    if not (HERE / "node_modules" / "@prisma" / "client").is_dir():
        steps.append([npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"])
    if not (HERE / "generated" / "index.js").is_file():
        steps.append([node, "node_modules/prisma/build/index.js", "generate"])
    for step in steps:
        done = subprocess.run(
            step, cwd=HERE, env=os.environ | quiet, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return f"{Path(step[0]).name} {step[1]}: {(done.stderr or done.stdout).strip()[-300:]}"
    return None


class Prisma(Contender):
    """The client API, with its adapter for pg."""

    name = "Prisma 7"

    def open(self) -> None:
        """Start Node."""
        options = {"url": self.world.url, "big": str(BIG), "tasks": TASKS, "pool": POOL}
        self.node = subprocess.Popen(
            [shutil.which("node") or "node", "bench.mjs", json.dumps(options)],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.versions = self._ask(op="ready")

    def close(self) -> None:
        """Let Node end."""
        self.node.communicate(timeout=30)

    def can(self, work: str) -> bool:
        """Tell: it has them all."""
        return work in {"W1", "W2", "W3", "W4a", "W4b", "W5", "W6", "W7"}

    def result(self, work: str, key: Any) -> Any:
        """See Contender."""
        return msgspec.convert(self._ask(op="result", work=work, keys=[_plain(key)]), TYPES[work])

    def block(self, work: str, keys: Sequence[Any]) -> Timing:
        """See Contender."""
        sent = [None] * len(keys) if work == "W6" else [_plain(key) for key in keys]
        return msgspec.convert(self._ask(op="block", work=work, keys=sent), Timing)

    def _ask(self, **command: Any) -> Any:
        if self.node.stdin is None or self.node.stdout is None:
            raise RuntimeError("Node has no pipes")
        self.node.stdin.write(json.dumps(command) + "\n")
        self.node.stdin.flush()
        line = self.node.stdout.readline()
        if not line:
            raise RuntimeError(f"Node ended with {self.node.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]


def _plain(key: Any) -> Any:
    return key if isinstance(key, int) else str(key)
