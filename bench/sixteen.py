"""A sweep of a /16 that is mostly silent: 65 536 addresses, one in 256 alive, with nothing kept in memory.

Run as a program it is one side of one round: `python -m bench.sixteen SIDE ADDRESSES` prints its figures as JSON.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.model import Observation
from assetctl.scope import Limits
from bench.asking import Way, ask, scope_for
from bench.fleet import SNMP_PORT, addresses, alive
from bench.memory import peak_kib

ADDRESSES = 1 << 16
FEW = 1 << 12
EVERY = 256
AT_ONCE = 4096
TIMEOUT_S = 1.0


def main(arguments: Iterable[str]) -> None:
    side, text = arguments
    count, found = int(text), set[str]()

    def hold(observation: Observation) -> None:
        if observation.outcome == "answered" and observation.target is not None:
            found.add(str(observation.target.ip))

    limits = Limits(answer_s=TIMEOUT_S, most_devices=AT_ONCE)
    with TemporaryDirectory() as made:
        scope = scope_for(addresses(count), "snmp", SNMP_PORT, limits)
        asked = ask(scope, Path(made), Way(store=side == "whole", resend=False, held=hold))
    there = set(alive(count, EVERY))
    figures = {"wall": asked.wall_s, "cpu": asked.cpu_s, "kib": peak_kib(), "lines": asked.lines}
    print(json.dumps(figures | {"missed": len(there - found), "strange": len(found - there)}))


if __name__ == "__main__":
    main(sys.argv[1:])
