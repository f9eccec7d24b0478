"""Packs what a machine without a network needs: wheels with hashes, their list, and two install scripts.

The wheels are those of requirements/runtime.txt, checked against the hashes there, and our own. What is published as
source only becomes a wheel here, which is why the bundle has a list of its own.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.markers import Marker
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[1]
EPOCH = "1580601600"  # the time in every member of a wheel, so that equal sources give equal wheels
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
_PIN = re.compile(r"^([\w.-]+)==([^\s;]+)\s*(?:;\s*(.*?))?\s*\\$")


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked package. lines: its hashes as the lock file has them."""

    name: str
    version: str
    marker: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """What a wheel must run on. platforms: wheel tags, best first; empty for this machine."""

    python: str
    platforms: tuple[str, ...]

    def wants(self, pin: Pin) -> bool:
        """Whether the lock file's condition holds there."""
        windows = any(tag.startswith("win") for tag in self.platforms) or (not self.platforms and os.name == "nt")
        world = {"python_version": self.python, "os_name": "nt" if windows else "posix"}
        world |= {"sys_platform": "win32"} if windows else {}
        return not pin.marker or Marker(pin.marker).evaluate(dict(world))


def pins(lock: Path) -> Iterator[Pin]:
    """The packages of a lock file."""
    name: tuple[str, str, str] | None = None
    hashes: list[str] = []
    for line in [*lock.read_text("utf-8").splitlines(), "end"]:
        if line.startswith("    --hash="):
            hashes.append(line.strip().removesuffix("\\").strip())
        elif not line.startswith((" ", "#")):
            if name:
                yield Pin(*name, tuple(hashes))
            found, hashes = _PIN.match(line), []
            name = (canonicalize_name(found[1]), found[2], found[3] or "") if found else None


def download(machine: Machine, locked: Iterable[Pin], wheels: Path) -> None:
    """Fetch the wheels for one machine; pip compares every file with the lock."""
    wanted = [f"{pin.name}=={pin.version} {' '.join(pin.lines)}" for pin in locked if machine.wants(pin)]
    with TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("\n".join(wanted) + "\n", "utf-8")
        platforms = [f"--platform={tag}" for tag in machine.platforms]
        target = [f"--python-version={machine.python}", *platforms, "-d", folder]
        pip("download", "--no-deps", "--no-build-isolation", "--require-hashes", *target, "-r", str(listed))
        listed.unlink()
        for path in sorted(Path(folder).iterdir()):
            if path.suffix == ".whl":
                shutil.move(path, wheels / path.name)
            else:
                build(path, wheels)


def build(source: Path, wheels: Path) -> None:
    """A wheel from source; only one that runs everywhere counts, as it is built here."""
    with TemporaryDirectory() as folder:
        pip("wheel", "--no-deps", "--no-build-isolation", "-w", folder, str(source))
        (made,) = Path(folder).glob("*.whl")
        if not made.name.endswith("-none-any.whl"):
            raise SystemExit(f"{source.name}: no wheel is published for the machine that was asked for")
        shutil.move(made, wheels / made.name)


def pip(*arguments: str) -> None:
    done = subprocess.run([*PIP, *arguments], env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH}, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"pip {arguments[0]} failed; the bundle is not complete")


def requirements(wheels: Path, locked: Iterable[Pin]) -> Iterator[str]:
    """The list that is installed: each package with the digests of the wheels that are here."""
    markers = {pin.name: f" ; {pin.marker}" if pin.marker else "" for pin in locked}
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(wheels.iterdir()):
        package, version, _, _ = parse_wheel_filename(path.name)
        found.setdefault((package, str(version)), []).append(f"    --hash=sha256:{digest(path)}")
    for (name, pinned), hashes in sorted(found.items()):
        yield f"{name}=={pinned}{markers.get(name, '')} \\\n" + " \\\n".join(hashes)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bundle(out: Path, machines: Iterable[Machine]) -> str:
    """Pack everything into a folder that is made anew; the digest of its list of digests."""
    locked = tuple(pins(ROOT / "requirements" / "runtime.txt"))
    if out.exists() and not (out / "SHA256SUMS").is_file():
        raise SystemExit(f"{out}: is there and is no bundle; name another folder")
    shutil.rmtree(out, ignore_errors=True)
    wheels = out / "wheels"
    wheels.mkdir(parents=True)
    for machine in machines:
        download(machine, locked, wheels)
    build(ROOT, wheels)
    (out / "requirements.txt").write_text("\n".join(requirements(wheels, locked)) + "\n", "utf-8", newline="\n")
    for name in ("LICENSE", "NOTICE", "tools/install.sh", "tools/install.ps1"):
        shutil.copy(ROOT / name, out)
    files = sorted(path for path in out.rglob("*") if path.is_file())
    sums = "".join(f"{digest(path)}  {path.relative_to(out).as_posix()}\n" for path in files)
    (out / "SHA256SUMS").write_text(sums, "utf-8", newline="\n")
    return digest(out / "SHA256SUMS")


def main() -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    parser = argparse.ArgumentParser(description="Pack a wheelhouse for machines without a network.")
    parser.add_argument("--out", type=Path, default=ROOT / "bundle")
    parser.add_argument("--python", action="append", help="Python versions to pack for, such as 3.12; default this one")
    parser.add_argument(
        "--platform", action="append", help="wheel tags to pack for, such as win_amd64; default this one"
    )
    given = parser.parse_args()
    machines = [Machine(python, tuple(given.platform or ())) for python in given.python or [here]]
    total = bundle(given.out, machines)
    count = len(list((given.out / "wheels").iterdir()))
    print(f"{given.out}: {count} wheels for Python {', '.join(machine.python for machine in machines)}")
    print(f"SHA-256 of its SHA256SUMS, to be carried apart from it: {total}")


if __name__ == "__main__":
    main()
