"""Disturb commands at random and judge what is left: `python -m tests.faults --count 500 --seed 1`.

Every case is a command, a fault and a moment, drawn from the seed. It ends with 1 when any case broke a law, and names
the seed and number with which that case alone runs again.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.faults import FAULTS, fits, undone
from tests.faults.judging import judge
from tests.faults.moments import BEGINNING, Moment
from tests.faults.operations import OLD, OPERATIONS, Operation
from tests.faults.place import SETTINGS, enter, mounted, sign
from tests.faults.plant import Plant, plant
from tests.faults.running import ask, record, run


@dataclass
class Undisturbed:
    """What a command comes to when nothing happens, and which moments it has."""

    outcome: Any
    moments: Mapping[str, int]


@dataclass
class Figures:
    cases: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    reached: int = 0
    answers: int = 0
    latest: int = 0
    broken: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(prog="faults", description="Random faults over commands.")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--fault", help="only this one")
    parser.add_argument("--operation", action="append", help="only this one; more than once for more")
    options = parser.parse_args()
    inside = enter(sys.argv[1:])
    if inside is not None:
        return inside
    with tempfile.TemporaryDirectory() as folder, plant(Path(folder) / "units") as running:
        figures = _all(options, Path(folder), running)
    print(json.dumps(vars(figures), indent=1, sort_keys=True))
    return int(bool(figures.broken))


def _all(options: argparse.Namespace, folder: Path, running: Plant) -> Figures:
    operations = [one for one in OPERATIONS if not options.operation or one.name in options.operation]
    names = [name for name in FAULTS if options.fault in (None, name)]
    place = folder / "place"
    templates = _templates(folder, place, running)
    known: dict[str, Undisturbed] = {}
    figures = Figures()
    for number in range(options.first, options.first + options.count):
        chance = random.Random(f"{options.seed}/{number}")
        operation = chance.choices(operations, [one.weight for one in operations])[0]
        if operation.name not in known:
            known[operation.name] = _undisturbed(operation, place, templates)
        name, moment = _drawn(operation, names, known[operation.name].moments, chance)
        case = f"{number}: {operation.name}, {name} at {moment.label or 'the beginning'} #{moment.number}"
        try:
            with mounted(place, templates[operation.template]):
                _case(operation, name, moment, place, running, chance, known[operation.name].outcome, figures)
        except AssertionError as fault:
            figures.broken.append(f"{case}: {fault}")
            print(f"BROKEN {case}: {fault}", flush=True)
        figures.cases[f"{operation.name}, {name}"] += 1
        print(case, figures.latest, flush=True)
    return figures


def _case(
    operation: Operation,
    name: str,
    moment: Moment,
    place: Path,
    running: Plant,
    chance: random.Random,
    outcome: Any,
    figures: Figures,
) -> None:
    for file in operation.files:
        (place / file).write_bytes(OLD)
    running.clear()
    fault, codes = FAULTS[name]
    disturbance, undo = fault(place, moment, chance)
    with undone(undo):
        ended = run(place, operation.arguments, disturbance)
    figures.reached += ended.reached
    figures.latest = ended.code
    figures.codes[f"{name} {ended.code}"] += 1
    figures.answers += judge(operation, place, ended, codes, running.units(), outcome)


def _drawn(
    operation: Operation, names: list[str], moments: Mapping[str, int], chance: random.Random
) -> tuple[str, Moment]:
    label = chance.choice(sorted(moments))
    moment = Moment(label, chance.randint(1, moments[label])) if chance.random() > 0.03 else BEGINNING
    fitting = [name for name in names if fits(name, operation, moment)]
    return chance.choice(fitting or ["killed"]), moment


def _templates(folder: Path, place: Path, running: Plant) -> dict[str, Path]:
    """A folder before anything, one after a scan, and one after a check."""
    made: dict[str, Path] = {}
    with mounted(place, None):
        (place / "assetctl.toml").write_text(SETTINGS % running.port, "utf-8")
        _done(place, ("plan", "--approval", "approval.toml"))
        for name in ("assetctl.db", "assetctl.db-wal", "assetctl.db-shm"):
            (place / name).unlink(missing_ok=True)
        sign(place / "approval.toml")
        for name, arguments in _growing():
            if arguments:
                _done(place, arguments)
            made[name] = folder / name
            _kept(place, made[name])
    return made


def _growing() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "empty", ()
    yield "filled", next(one.arguments for one in OPERATIONS if one.name == "scan")
    yield "judged", next(one.arguments for one in OPERATIONS if one.name == "check")


def _kept(place: Path, copy: Path) -> None:
    import shutil

    shutil.copytree(place, copy, symlinks=True)


def _done(place: Path, arguments: tuple[str, ...]) -> None:
    ended = run(place, arguments)
    assert ended.code == 0, f"{arguments}: {ended}"


def _undisturbed(operation: Operation, place: Path, templates: Mapping[str, Path]) -> Undisturbed:
    with mounted(place, templates[operation.template]):
        ended, moments = record(place, operation.arguments)
        assert ended.code in operation.expects, f"{operation.name}: {ended}"
        return Undisturbed(operation.outcome(place, lambda *arguments: ask(place, *arguments)), moments)


if __name__ == "__main__":
    sys.exit(main())
