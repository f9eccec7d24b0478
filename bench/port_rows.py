"""The comparisons that need no device's answer: sweeps by others and on a busy machine, and connects to many ports."""

from functools import partial
from math import ceil
from shutil import which
from statistics import median
from typing import Any

from bench import ports
from bench.compare import middle, ratio, rounds
from bench.fleet import alive
from bench.process import busy, fleet, side
from bench.snmp import SWEPT, TIMEOUT_S
from bench.sweepers import PEERS
from bench.table import Row, at_most

SWEEP_ROUNDS = 3
BUSY_SWEEPS = 5
PORT_ROUNDS = 2
WIDE, NARROW = 4096, 256  # addresses of a /20 and of a /24
IN_FLIGHT = 500
MORE_THAN = {"onesixtyone": ("-w 1", 1 / 3), "braa": ("-t 1 -r 1", 0.6), "nmap": ("-sU -T4 --min-rate 4000", 1 / 4)}


def other_sweepers() -> list[Row]:
    """Our sweep beside those of programs in C; each must find all that is there."""
    there = [name for name in PEERS if which(name)]
    sides = {name: partial(side, "sweepers", name) for name in there}
    sides["ours"] = partial(side, "snmp", "sweep", "0")
    with fleet("sweep", str(SWEPT)):
        found = rounds(sides, SWEEP_ROUNDS, warm=False)
    what = f"sweep of {SWEPT} addresses, {len(alive(SWEPT))} alive, client layer: wall of "
    rows = []
    for name, (options, goal) in MORE_THAN.items():
        if name not in there:
            rows.append(Row("P5", f"{what}{name} {options}", f"at most {goal:.3g}", f"{name} is not installed", False))
            continue
        most = max(one["missed"] for one in found["ours"])
        theirs = f"{name} missed {max(one['missed'] for one in found[name])}, ours {most}"
        rows.append(at_most("P5", f"{what}{name} {options}", ratio(found, "ours", name, "wall"), goal, note=theirs))
    return rows


def busy_machine() -> list[Row]:
    with fleet("sweep", str(SWEPT)), busy():
        runs = [side("snmp", "sweep", "0") for _ in range(BUSY_SWEEPS)]
    what = f"sweep of {SWEPT} addresses beside a busy loop on every core, client layer: devices missed"
    wall = median(run["wall"] for run in runs) / TIMEOUT_S
    missed = max(run["missed"] for run in runs)
    return [Row("P7", what, "0", f"{missed} in {len(runs)} runs", not missed, f"wall {wall:.1f} timeouts")]


def refused_ports() -> list[Row]:
    """Ports that refuse: what a connect costs."""
    sides = {name: partial(side, "ports", name, str(WIDE), str(IN_FLIGHT)) for name in ("ours", "nmap")}
    with _ports_open(WIDE):
        found = rounds(sides, PORT_ROUNDS, warm=False)
    _same_ports(found)
    what = f"connects to {len(ports.PORTS)} ports at {WIDE} addresses, all but {ports.OPEN} refused, client layer: "
    note = "nmap -sT -T4 keeps nothing; ours has two ledger lines for each connect"
    return [
        at_most("P10", f"{what}wall of nmap", ratio(found, "ours", "nmap", "wall"), 2.2, note=note),
        at_most("P10", f"{what}CPU of nmap", ratio(found, "ours", "nmap", "cpu"), None),
    ]


def dropped_ports() -> list[Row]:
    """Ports that say nothing: who waits for how many at once."""
    what = (
        f"connects to {len(ports.PORTS)} ports at {NARROW} addresses, all but {ports.OPEN} dropped, client layer: wall"
    )
    if not ports.nft_program():
        return [Row("P11", what, "", "nft is not installed, which drops them", False)]
    sides = {name: partial(side, "ports", name, str(NARROW), str(NARROW)) for name in ("ours", "hurried")}
    with _ports_open(NARROW), ports.dropping(NARROW):
        found = rounds(sides, PORT_ROUNDS, warm=False)
    _same_ports(found)
    least_s = ports.CONNECT_S * ceil(len(ports.PORTS) * NARROW / NARROW)
    wall = middle(found, "ours", "wall") / least_s
    spent_s = least_s - ports.CONNECT_S
    rule = f"one connect at a time for a device, which costs {spent_s:.0f} s of the least, {least_s:.0f} s"
    fast = f"nmap -sT -T4 {' '.join(ports.HURRIED)}, which asks a device as often at once as it can"
    return [
        at_most("P11", f"{what}, in the least", wall, 1.25, note=rule),
        at_most("P11", f"{what} of nmap", ratio(found, "ours", "hurried", "wall"), 1 / 3, note=fast),
    ]


def _ports_open(count: int) -> Any:
    return fleet("ports", *(f"{address}:{port}" for address, port in ports.there(count)))


def _same_ports(found: dict[str, list[dict[str, Any]]]) -> None:
    wrong = {name: one["open"] for name, several in found.items() for one in several if not one["right"]}
    if wrong:
        raise SystemExit(f"bench: not the {ports.OPEN} ports that are open, but: {wrong}")
