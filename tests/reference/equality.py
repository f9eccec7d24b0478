"""Same input, same output: the reference plant is built, judged and written out by several Pythons, and compared.

`python -m tests.reference.equality PYTHON [PYTHON ...] [--postgres]` prints one line for each output: its SHA-256 and
whether all sides agree. A workbook is compared by its sorted, unpacked members. Each side runs with a hash seed of its
own. --postgres: one more side, the first Python with its store in PostgreSQL.
"""

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live.postgres_server import serving

POSTGRES = "--postgres"
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
BUILD = "import sys; from datetime import datetime; from pathlib import Path; from tests.reference.plant import build; "
BUILD += f"build(Path(sys.argv[1]), at=datetime.fromisoformat('{AT.isoformat()}'), database=sys.argv[2])"
COMMANDS = (
    "check --plain-names --output out/check.json",
    "check --plain-names --output out/check.sarif",
    "check --plain-names --output out/check.xml",
    "report all --out out",
    "golden write --out out/golden",
    "assets export out/assets.json",
    "assets export out/assets.csv",
    "topology --draw svg --out out/topology.svg",
    "topology --draw dot --out out/topology.dot",
)
DATA = ("assets list", "findings list", "levels", "waive list", "attest list", "topology", "zones list")
FINE = (0, 3, 4, 5)  # judgements are no faults of the run
LIMIT_S = 300


def outputs(python: str, folder: Path, *, seed: int, database: str = "") -> Mapping[str, str]:
    """SHA-256 of everything that one Python writes, by name. seed: of its hashes. database: see `plant.build`."""
    surroundings = {**os.environ, "PYTHONHASHSEED": str(seed), "ASSETCTL_NOW": AT.isoformat()}
    surroundings |= {"PYTHONPATH": str(Path(__file__).parents[2]), "ASSETCTL_CONFIG": "", "CI": ""}
    surroundings |= {"ASSETCTL_DATABASE_URL": database} if database else {}
    # files are named as they were given, so no side may name its own folder
    _run([python, "-c", BUILD, folder.name, database], folder.parent, surroundings)
    (folder / "out").mkdir()
    for command in COMMANDS:
        _run([python, "-m", "assetctl", *command.split()], folder, surroundings)
    for command in DATA:
        said = _run([python, "-m", "assetctl", "--format", "json", *command.split()], folder, surroundings)
        (folder / "out" / f"{command.replace(' ', '-')}.json").write_bytes(said)
    return dict(sorted(_digests(folder / "out")))


def _run(command: Sequence[str], folder: Path, surroundings: Mapping[str, str]) -> bytes:
    done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, check=False, timeout=LIMIT_S)
    if done.returncode not in FINE:
        raise SystemExit(f"{' '.join(command)}: ended with {done.returncode}: {done.stderr.decode()[-1000:]}")
    return done.stdout


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                content = b"".join(name.encode() + b"\0" + book.read(name) for name in sorted(book.namelist()))
        elif path.is_file():
            content = path.read_bytes()
        else:
            continue
        yield str(path.relative_to(folder)), hashlib.sha256(content).hexdigest()


def main(arguments: Sequence[str]) -> int:
    pythons = [one for one in arguments if one != POSTGRES] or [sys.executable, sys.executable]
    with ExitStack() as stack:
        databases = ["" for _ in pythons]
        if POSTGRES in arguments:
            server = stack.enter_context(serving())
            server.sql("CREATE DATABASE plant")
            pythons, databases = [*pythons, pythons[0]], [*databases, server.url("plant")]
        sides = []
        for seed, (python, database) in enumerate(zip(pythons, databases, strict=True)):
            with TemporaryDirectory() as made:
                sides.append(outputs(python, Path(made) / "plant", seed=seed, database=database))
    return _told(sides)


def _told(sides: Sequence[Mapping[str, str]]) -> int:
    names = sorted({name for side in sides for name in side})
    differ = [name for name in names if len({side.get(name) for side in sides}) > 1]
    for name in names:
        print(f"{name:36} {sides[0].get(name, '-')[:16]}  {'DIFFERENT' if name in differ else 'equal'}")
    print(f"{len(names)} outputs, {len(sides)} sides, {len(differ)} different")
    return int(bool(differ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
