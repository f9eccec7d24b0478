"""A few random faults, and those that chance seldom finds. `python -m tests.faults --count 500` is the whole of it."""

import asyncio
import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assetctl.documents import read_yaml, yaml_in
from assetctl.errors import EnvironmentFault, Exit, lacking
from assetctl.policy.load import load_checks
from assetctl.protocols import registry
from assetctl.safety.ledger import Ledger, verify
from assetctl.work import loop
from assetctl.work.scan import _watch
from assetctl.work.signing import signatures
from tests.faults.descriptors import fill, sweep
from tests.unit.plants import gate, plan_of, scope, target

ROOT = Path(__file__).parents[2]
QUICK = ("scan", "import", "first import", "export", "backup")
COUNT = 8


def test_random_faults_lose_nothing_and_every_repeat_comes_to_the_same() -> None:
    chosen = [word for name in QUICK for word in ("--operation", name)]
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--count", str(COUNT), "--seed", "20260301", *chosen],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert '"broken": []' in run.stdout


def test_a_line_that_found_no_room_leaves_a_ledger_that_goes_on(tmp_path: Path) -> None:
    """A limit on the size of the file stands for the full disk: the write is cut short in the same way."""
    ledger = Ledger(tmp_path / "l")
    ledger.append({"do": "begin"}, now_s=0.0)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "l").stat().st_size + 20, before[1]))
    try:
        with pytest.raises(EnvironmentFault, match="part of a line"):
            ledger.append({"do": "permit"}, now_s=0.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ledger.append({"do": "permit"}, now_s=0.0) == 2
    ledger.close()
    assert verify(tmp_path / "l", head=ledger.head, count=2).torn is False


def test_a_ledger_that_is_not_safe_on_disk_ends_all_sending(tmp_path: Path) -> None:
    asked = gate(plan_of(scope(target("127.0.0.1"))), tmp_path)

    async def scene() -> bool:
        async def work() -> None:
            await asyncio.sleep(30)

        worker = asyncio.create_task(work())
        os.close(asked.ledger._fd)  # what can no longer be written can no longer be brought to disk
        with pytest.raises(EnvironmentFault, match="not safe"):
            await _watch(_Watched(asked), worker)  # type: ignore[arg-type]
        await asyncio.gather(worker, return_exceptions=True)
        return worker.cancelled()

    assert asyncio.run(scene())


class _Watched:
    """What the watcher looks at of a run."""

    def __init__(self, asked: object) -> None:
        self.gate = asked


def test_whatever_the_limit_of_open_files_a_command_ends_well_or_in_one_line(tmp_path: Path) -> None:
    """A few limits; `python -m tests.faults.descriptors` takes each."""
    folder = tmp_path / "place"
    folder.mkdir()
    fill(folder)
    for name, limits in (("import", (5, 7)), ("export", (6,)), ("workbook", (8, 20))):
        assert {code for _, code in sweep(folder, name, limits)} == {Exit.ENVIRONMENT}
    assert [code for _, code in sweep(folder, "check", (64,))] == [Exit.DONE]


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Not one file can be opened within."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_without_descriptors_no_folder_is_taken_for_empty_and_no_file_for_a_wrong_one(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: b")
    looks: tuple[Callable[[], object], ...] = (
        registry.__wrapped__,
        lambda: yaml_in(tmp_path),
        lambda: signatures(tmp_path),
        lambda: load_checks([tmp_path]),
        loop.made,
    )
    for look in looks:
        with no_descriptors(), pytest.raises(OSError, match="open files"):
            look()
    with no_descriptors(), pytest.raises(EnvironmentFault, match="open files"):
        read_yaml(file)


@pytest.mark.parametrize(
    ("fault", "is_lacking"),
    [
        (OSError(errno.EMFILE, "x"), True),
        (ImportError("_zoneinfo.so: cannot open shared object file: Too many open files"), True),
        (MemoryError(), True),
        (OSError(errno.ENOENT, "x"), False),
        (ImportError("no such module"), False),
    ],
)
def test_what_the_machine_lacks_is_found_at_the_root_of_any_fault(fault: Exception, is_lacking: bool) -> None:
    outer = RuntimeError("while a template was filled")
    outer.__context__ = fault
    assert bool(lacking(outer)) is is_lacking
    assert bool(lacking(fault)) is is_lacking


LINK_DOWN = """
import subprocess, sys
from assetctl.cli.main import main
from assetctl.work import scan
taken = scan._take
count = 0
async def take(*given):
    global count
    count += 1
    if count == 2:
        subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
    return await taken(*given)
scan._take = take
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
sys.argv = ["assetctl", "-q", "scan", "127.83.1.1-127.83.1.4", "--only", "modbus", "--yes"]
main()
"""


def test_an_interface_that_goes_down_is_told_and_no_device_is_called_silent(tmp_path: Path) -> None:
    flags = "-n" if os.geteuid() == 0 else "-Urn"
    run = subprocess.run(
        ["unshare", flags, sys.executable, "-c", LINK_DOWN], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "ASSETCTL_LOCKS": str(tmp_path / "locks")},
    )  # fmt: skip
    assert run.returncode == Exit.ENVIRONMENT, run.stderr
    assert [line for line in run.stderr.splitlines() if "interface lo is down" in line] == run.stderr.splitlines()
    from assetctl.store.repo import open_store

    with open_store(f"sqlite:///{tmp_path / 'assetctl.db'}", create=False) as store:
        assert [o.outcome.value for o in store.observations() if o.outcome.value == "silent"] == []
