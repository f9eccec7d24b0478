"""The rack in a process of its own, inside the peers' namespace, and the line by line talk with it.

Run as `python -m tests.twins.process` it says "up", then answers each line: "renew" with "renewed", "state" with a
JSON object of address to state. The end of its input ends it.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.live.namespace import PEERS_END, Namespaces, end
from tests.twins.devices import KINDS
from tests.twins.serving import Rack
from tests.twins.twin import Twin

ROOT = Path(__file__).parents[2]


class Served:
    """The rack as its driver sees it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def renew(self) -> None:
        """Healthy twins at every address."""
        assert self._said("renew") == "renewed"

    def states(self) -> dict[str, str]:
        """Address to "healthy", or "harmed: " and by what."""
        return json.loads(self._said("state"))

    def _said(self, line: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


def addresses(kinds: Sequence[type[Twin]]) -> list[str]:
    """Every address of these twins."""
    return [address for kind in kinds for address in (kind.address(), *kind.others)]


@contextmanager
def served(spaces: Namespaces) -> Iterator[Served]:
    """The rack on addresses of its own in the peers' namespace while the block runs."""
    for address in addresses(KINDS):
        done = spaces.peers.run("ip", "address", "add", f"{address}/24", "dev", PEERS_END)
        assert done.returncode == 0, done.stderr
    command = [*spaces.peers.enter, sys.executable, "-m", "tests.twins.process"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stdout.readline() == "up\n", "the rack did not come up"
        yield Served(process)
    finally:
        assert process.stdin
        process.stdin.close()
        end(process)
        process.stdout.close()


async def _serve() -> None:
    rack = Rack(KINDS)
    rack.begin()
    print("up", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line == "renew\n":
            rack.renew()
            print("renewed", flush=True)
        else:
            print(json.dumps(rack.states()), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())
