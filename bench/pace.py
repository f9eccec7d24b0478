"""The rate limit, counted where it is promised and where it matters: in the ledger, and at the receiver by the kernel.

Run as a program it is one side: `python -m bench.pace SIDE RATE` sends to a sink of its own and prints its figures.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.model import NetworkKind
from assetctl.safety.ledger import read
from assetctl.scope import Limits, Network
from bench.asking import REALM, Way, ask, scope_for
from bench.fleet import FIRST, SINK_PORT, addresses
from bench.process import fleet

SECONDS = 5
ANSWER_S = 0.05
WORKERS = 128


def ours(rate: int, folder: Path) -> list[float]:
    """Ask more devices than the limit lets through in five seconds; when each packet was permitted, by the ledger."""
    limits = Limits(packets_per_second=rate, answer_s=ANSWER_S, most_devices=WORKERS)
    scope = scope_for(addresses(rate * SECONDS), "snmp", SINK_PORT, limits)
    network = Network(REALM, ip_network((FIRST, 16), strict=False), NetworkKind.IT)
    ask(replace(scope, networks=(network,)), folder, Way(store=False, resend=False))
    entries = (line.entry for line in read(folder / "ledger"))
    return [
        datetime.fromisoformat(entry["at"]).timestamp()
        for entry in entries
        if entry["do"] == "permit"
        for _ in range(entry["packets"])
    ]


def theirs(rate: int, folder: Path) -> list[float]:
    targets = folder / "targets"
    targets.write_text("\n".join(addresses(rate * SECONDS)))
    rates = ("--max-rate", str(rate), "--min-rate", str(rate), "--max-retries", "0")
    command = ("nmap", "-n", "-Pn", "-sU", "-T4", *rates, "-p", str(SINK_PORT), "-iL", str(targets))
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    return []


def busiest(times: Sequence[float]) -> int:
    """The most of these moments that any second holds."""
    ordered, first, most = sorted(times), 0, 0
    for last, moment in enumerate(ordered):
        while ordered[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def mean(times: Sequence[float]) -> float:
    return (len(times) - 1) / (max(times) - min(times))


def main(arguments: Iterable[str]) -> None:
    side, text = arguments
    rate = int(text)
    with TemporaryDirectory() as made:
        folder = Path(made)
        with fleet("sink", str(folder / "times")):
            sent = (theirs if side == "nmap" else ours)(rate, folder)
            time.sleep(0.2)  # the last datagram is still on its way to the sink's list
        received = [int(line) / 1e9 for line in (folder / "times").read_text().splitlines()]
    print(
        json.dumps(
            {
                "sent": len(sent),
                "sent_most": busiest(sent) if sent else 0,
                "received": len(received),
                "received_most": busiest(received),
                "mean": mean(received) / rate,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
