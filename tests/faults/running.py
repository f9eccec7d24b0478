"""One command in a process of its own, forked from one that has everything loaded, disturbed from outside or within."""

import faulthandler
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults import moments
from tests.faults.moments import Moment

MOST_S = 900.0  # a command that hangs, however busy the machine is
LOCK_WAIT_S = 1.0
MOMENT = "2026-06-01T12:00:00+00:00"

Act = Callable[[int], None]
"""Does something to a process, given by its id."""


@dataclass(frozen=True)
class Ended:
    """code: the exit code, or minus the signal. reached: whether the moment came."""

    code: int
    out: str
    err: str
    reached: bool

    @property
    def errors(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("error:")]


@dataclass(frozen=True)
class Disturbance:
    """inside: done by the process itself. outside: done to it while it stands still. after: done once it goes on."""

    moment: Moment
    inside: Callable[[], None] | None = None
    outside: Act | None = None
    after: Act | None = None
    prepare: Callable[[], None] | None = None


def run(place: Path, arguments: tuple[str, ...], disturbance: Disturbance | None = None) -> Ended:
    """A command to its end. Raises AssertionError when it does not end."""
    ours, theirs = socket.socketpair()
    said = [place.with_name(f"{place.name}.{name}") for name in ("out", "err")]
    child = os.fork()
    if child == 0:
        ours.close()
        _child(place, arguments, disturbance, theirs, said)
    theirs.close()
    try:
        reached, status = _attend(child, ours, disturbance)
    finally:
        ours.close()
    out, err = (path.read_text("utf-8", errors="replace") for path in said)
    return Ended(os.waitstatus_to_exitcode(status), out, err, reached)


def ask(place: Path, *arguments: str) -> Any:
    """The data of a command that only reads. Raises AssertionError when it does not work."""
    ended = run(place, ("--format", "json", *arguments))
    assert ended.code == 0, f"{' '.join(arguments)}: {ended.code} {ended.err}"
    return json.loads(ended.out)


def record(place: Path, arguments: tuple[str, ...]) -> tuple[Ended, dict[str, int]]:
    """An undisturbed run, and how often each of its moments came."""
    noted = place.with_name(f"{place.name}.moments")
    ended = run(place, arguments, Disturbance(Moment(str(noted), -1)))
    content = json.loads(noted.read_text("utf-8"))
    for name in content["modules"]:  # so that later children need not load them
        importlib.import_module(name)
    return ended, content["moments"]


def _attend(child: int, ours: socket.socket, disturbance: Disturbance | None) -> tuple[bool, int]:
    """Do the outside part when the child stands at its moment, then wait for its end."""
    watch, ends, heard, reached = os.pidfd_open(child), time.monotonic() + MOST_S, False, False
    try:
        while True:
            wanted = [watch] if heard else [watch, ours]
            ready = select.select(wanted, [], [], max(0.0, ends - time.monotonic()))[0]
            if not ready:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise AssertionError("the command does not end")
            if ours in ready:
                heard, reached = True, bool(ours.recv(1))  # nothing: it ended without coming to its moment
                if reached and disturbance is not None:
                    if disturbance.outside is not None:
                        disturbance.outside(child)
                    ours.sendall(b"!")
                    if disturbance.after is not None:
                        disturbance.after(child)
            if watch in ready:
                return reached, os.waitpid(child, 0)[1]
    finally:
        os.close(watch)


def _child(
    place: Path, arguments: tuple[str, ...], disturbance: Disturbance | None, line: socket.socket, said: list[Path]
) -> None:
    code = 1
    try:
        _redirect(said)
        faulthandler.enable()
        os.chdir(place)
        os.environ.pop("CI", None)
        os.environ.update(ASSETCTL_LOCKS=str(place / "locks"), XDG_CONFIG_HOME=str(place / "user"), ASSETCTL_NOW=MOMENT)
        _prepare(disturbance, line)
        code = _command(arguments, disturbance)
    except BaseException:  # noqa: BLE001  what a bug would show
        traceback.print_exc()
    finally:
        sys.setprofile(None)
        gc.collect()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _prepare(disturbance: Disturbance | None, line: socket.socket) -> None:
    from assetctl.store.repo import open_store

    assert open_store.__kwdefaults__
    open_store.__kwdefaults__["wait_s"] = LOCK_WAIT_S
    if disturbance is None or disturbance.moment.number < 0:
        return
    if disturbance.prepare is not None:
        disturbance.prepare()

    def act() -> None:
        line.sendall(b"!")
        line.recv(1)
        if disturbance.inside is not None:
            disturbance.inside()

    moments.once(disturbance.moment, act)


def _command(arguments: tuple[str, ...], disturbance: Disturbance | None) -> int:
    from assetctl.cli.main import main

    sys.argv = ["assetctl", "-q", *arguments]
    seen = moments.count() if disturbance is not None and disturbance.moment.number < 0 else None
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    if seen is not None and disturbance is not None:
        sys.setprofile(None)
        modules = sorted(name for name in sys.modules if name.startswith("assetctl"))
        Path(disturbance.moment.label).write_text(json.dumps({"moments": seen, "modules": modules}), "utf-8")
    return code


def _redirect(said: list[Path]) -> None:
    for number, path in enumerate(said, 1):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), encoding="utf-8", write_through=True)
