"""Processes of a bench: the fleets, one side of one round, and the network namespace around all of it."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

SIDE_LIMIT_S = int(os.environ.get("ASSETCTL_BENCH_LIMIT_S", "300"))
INSIDE = "ASSETCTL_BENCH_INSIDE"


def children_cpu_s() -> float:
    """CPU that the ended children of this process have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def fleet(*arguments: str) -> Iterator[None]:
    """A fleet that answers while the block runs."""
    command = (sys.executable, "-m", "bench.fleet", *arguments)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        if process.stdout.readline() != b"ready\n":
            raise SystemExit(f"bench: the fleet {' '.join(arguments)} did not start")
        try:
            yield
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def busy() -> Iterator[None]:
    """As many busy loops as there are cores, while the block runs."""
    loops = [subprocess.Popen((sys.executable, "-c", "while True: pass")) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for one in loops:
            one.kill()
            one.wait()


def side(module: str, *arguments: str, limit_s: float = SIDE_LIMIT_S) -> dict[str, Any]:
    """The figures of one side of one round, measured by itself in a process of its own."""
    command = (sys.executable, "-m", f"bench.{module}", *arguments)
    done = subprocess.run(command, capture_output=True, timeout=limit_s, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {module} {' '.join(arguments)} failed:\n{done.stderr.decode()[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def enter_namespace(arguments: Sequence[str]) -> None:
    """Start this program anew in a network namespace that has nothing but a loopback of its own."""
    if os.environ.get(INSIDE):
        return
    unshare = shutil.which("unshare")
    if unshare is None:
        raise SystemExit("bench: unshare is not installed; it makes the network in which the bench runs")
    as_root = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    inner = 'ulimit -n "$(ulimit -Hn)"; ip link set lo up && exec "$@"'
    command = (unshare, *as_root, "--net", "sh", "-c", inner, "sh", sys.executable, "-m", "bench", *arguments)
    os.execve(unshare, command, {**os.environ, INSIDE: "yes"})
