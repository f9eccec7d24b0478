"""`python -m tests.twins [assetctl] [nmap] [--write PAGE]`: the scanners named, or all that are here, in one run.

Ends with 1 when assetctl harmed a twin or found fewer identity fields than another.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from assetctl import __version__
from tests.twins.page import page, text
from tests.twins.rack import Run, installed, racked, through

TELLS_VERSION = {"nmap": ["nmap", "--version"], "fusioninventory": ["fusioninventory-netdiscovery", "--version"]}


def main(arguments: list[str]) -> int:
    target = Path(arguments[arguments.index("--write") + 1]) if "--write" in arguments else None
    names = [name for name in arguments if name in installed()] or installed()
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as folder, racked() as (spaces, rack):
        for name in names:
            print(f"{name} ...", file=sys.stderr, flush=True)
            runs.append(through(spaces, rack, name, Path(folder)))
    print(text(runs))
    if target is not None:
        target.write_text(page(runs, _versions(names)), "utf-8")
    ours = next((run for run in runs if run.scanner == "assetctl"), None)
    return int(ours is not None and (bool(ours.harmed) or any(run.fields > ours.fields for run in runs)))


def _versions(names: list[str]) -> str:
    found = [f"assetctl {__version__}"]
    for name in names:
        if name in TELLS_VERSION:
            said = subprocess.run(TELLS_VERSION[name], capture_output=True, text=True, check=True).stdout
            found.append(" ".join(said.split()[:3]).replace("version ", ""))
    return ", ".join(found) + "."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
