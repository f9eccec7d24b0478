"""Fuzz entries in turn, print how often each ran, and keep what broke one: `python -m tests.fuzz --seconds 60`.

What breaks an entry is written to `kept/` beside this file and runs with the tests from then on. The corpus and the
sums over all runs stay in `.fuzz/`, outside the repository.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.entries import all_entries
from tests.fuzz.entry import Entry

KEPT = Path(__file__).with_name("kept")
STATE = Path(".fuzz")
SUMS = STATE / "sums.json"
LIMITS = ("-max_len=4096", "-timeout=20", "-rss_limit_mb=1500", "-print_final_stats=1")
EXECUTIONS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
COVERED = re.compile(r"cov: (\d+)")


@dataclass(frozen=True)
class Run:
    """What one run came to. covered: branches that were seen. fault: the last words of a run that broke, or empty."""

    name: str
    executions: int
    covered: int
    fault: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description="Coverage-guided fuzzing.")
    parser.add_argument("entries", nargs="*", help="names, or beginnings of names; all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for all entries together")
    parser.add_argument("--runs", type=int, default=-1, help="at most this many for each entry")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    chosen = [entry for name, entry in all_entries().items() if name.startswith(tuple(options.entries or ("",)))]
    if not chosen:
        parser.error("no entry has such a name")
    each = max(1, options.seconds * options.jobs // len(chosen))
    sums = json.loads(SUMS.read_text()) if SUMS.exists() else {}
    broken = False
    for run in _runs(chosen, each, options.runs, options.jobs):
        sums[run.name] = sums.get(run.name, 0) + run.executions
        SUMS.write_text(json.dumps(sums, indent=1, sort_keys=True) + "\n")
        print(f"{run.name:24}{run.executions:>12}{sums[run.name]:>14}{run.covered:>8}  {run.fault}", flush=True)
        broken |= bool(run.fault)
    return int(broken)


def _runs(chosen: list[Entry], seconds: int, runs: int, jobs: int) -> Iterator[Run]:
    print(f"{'entry':24}{'executions':>12}{'in all runs':>14}{'cover':>8}")
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda entry: _run(entry, seconds, runs), chosen)


def _run(entry: Entry, seconds: int, runs: int) -> Run:
    corpus, broken = STATE / entry.name, STATE / "broken" / entry.name
    for folder in (corpus, broken):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in entry.seeds():
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    limits = (*LIMITS, f"-max_total_time={seconds}", f"-runs={runs}", f"-artifact_prefix={broken}/")
    child = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.child", entry.name, str(corpus), *limits], capture_output=True, text=True
    )
    said = child.stdout + child.stderr
    executed, covered = EXECUTIONS.search(said), COVERED.findall(said)
    return Run(
        entry.name,
        int(executed[1]) if executed else 0,
        int(covered[-1]) if covered else 0,
        _keep(entry, broken, said) if child.returncode else "",
    )


def _keep(entry: Entry, broken: Path, said: str) -> str:
    """Keep what broke the entry among the tests, and say how it broke."""
    for path in sorted(broken.iterdir()):
        KEPT.mkdir(exist_ok=True)
        (KEPT / f"{entry.name}-{path.name[-12:]}").write_bytes(path.read_bytes())
    lines = [line for line in said.splitlines() if line.strip()]
    cause = next((line for line in lines if re.match(r"\w*(Error|Exception|Interrupt)\b", line)), "")
    return cause or next((line for line in lines if "ERROR:" in line), lines[-1] if lines else "it did not start")[:200]


if __name__ == "__main__":
    sys.exit(main())
