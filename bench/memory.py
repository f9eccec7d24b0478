"""Memory of a run that holds nothing: every observation is checked and let go, as a scan does that stores them.

Run as a program it is one side of one round: `python -m bench.memory SIDE DEVICES` prints its figures as JSON.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.model import Observation
from assetctl.protocols.snmp import objects
from assetctl.scope import Limits
from bench.asking import Way, ask, scope_for
from bench.fleet import SNMP_PORT, addresses, name_of
from bench.snmp import IN_FLIGHT, WAIT_S, received


def peak_kib() -> int:
    """The most resident memory that this process ever had; that of getrusage would count its parent's too."""
    (most,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(most)


def main(arguments: Iterable[str]) -> None:
    side, text = arguments
    count, named = int(text), set[str]()

    def check(observation: Observation) -> None:
        assert observation.target is not None
        address = str(observation.target.ip)
        assert (objects.SYS_NAME, name_of(address).encode().hex()) in set(received(observation)), address
        named.add(address)

    limits = Limits(answer_s=WAIT_S, most_devices=IN_FLIGHT)
    with TemporaryDirectory() as made:
        scope = scope_for(addresses(count), "snmp", SNMP_PORT, limits)
        asked = ask(scope, Path(made), Way(store=side == "whole", held=check))
    assert len(named) == count, f"{count - len(named)} devices are missing"
    print(json.dumps({"wall": asked.wall_s, "cpu": asked.cpu_s, "kib": peak_kib()}))


if __name__ == "__main__":
    main(sys.argv[1:])
