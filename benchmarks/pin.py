"""A core → this process on it, and all that it starts: the server, pgbench and Node inherit it.

Unpinned, times are bimodal, since the scheduler puts client and server now on one core and now on
two. On one core a call's wall time is the work of both sides, and nothing is hidden by overlap.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import sysconfig
from pathlib import Path


def pin(core: int | None = None) -> int:
    """Run on one core from now on: `core`, or the last one that this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    chosen = allowed[-1] if core is None else core
    os.sched_setaffinity(0, {chosen})
    return chosen


def cores_of(pid: int) -> list[int]:
    """Return the cores that a process may use, to be printed rather than believed."""
    return sorted(os.sched_getaffinity(pid))


def server_seconds(postmaster: int) -> float:
    """Return the processor time of a server's processes so far, or NaN where Linux does not say.

    With the client's own it is what a call costs on one core, whatever else the machine does.
    """
    try:
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(
            encoding="ascii"
        )
    except OSError:
        return float("nan")
    spent = 0
    for pid in children.split():
        with contextlib.suppress(OSError):  # it has just ended
            spent += int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])
    return spent / 1e9


def interpreter() -> str:
    """Say which Python this is, and whether it was built with profile-guided optimisation.

    Debian's is, by `make profile-opt` in its debian/rules, though its flags do not say so.
    """
    flags = " ".join(
        str(sysconfig.get_config_var(name) or "")
        for name in ("CONFIG_ARGS", "PY_CFLAGS_NODIST", "PY_LDFLAGS_NODIST", "OPT")
    )
    guided = "--enable-optimizations" in flags or "-fprofile-use" in flags
    level = "-O3" if "-O3" in flags else "-O2" if "-O2" in flags else "unknown -O"
    how = f"{level}, {'PGO' if guided else 'no PGO stated in its build flags'}"
    how += ", LTO" if "-flto" in flags or "--with-lto" in flags else ""
    whose = "the system's " if sys.base_prefix == "/usr" else ""
    return f"{whose}{platform.python_implementation()} {sys.version.split()[0]} ({how})"


def machine() -> dict[str, str]:
    """Describe the processor and how busy the machine is right now."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        named = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        cpu = named[0].split(":", 1)[1].strip() if named else cpu
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    return {
        "cpu": f"{cpu}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "load": load,
    }
