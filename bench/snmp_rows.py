"""The comparisons of SNMP: discovery beside two peers, with slow answers, in memory, signed and encrypted; a sweep."""

from functools import partial
from importlib.util import find_spec
from statistics import median

from bench import sixteen
from bench.compare import middle, ratio, rounds, same
from bench.fleet import alive
from bench.process import fleet, side
from bench.snmp import DEVICES, IN_FLIGHT, SWEPT, TIMEOUT_S
from bench.table import Row, at_most
from bench.usm import AGENTS

SWEEPS = 10
WHOLE_SWEEPS = 5
LONG_ROUNDS = 2
LAYERS = (("client", "client layer"), ("whole", "whole path"))
MORE_DEVICES = 300
LATE_DEVICES = 1000
LATE_S = 0.02
FEW, MANY = 400, 4000
SIXTEEN_LIMIT_S = 1200.0


def discovery() -> list[Row]:
    sides = {name: partial(side, "snmp", name, str(DEVICES)) for name in ("client", "whole", "pysnmp")}
    with fleet("snmp", str(DEVICES)):
        found = rounds(sides)
    same(found)
    note = f"{DEVICES} devices, {found['client'][0]['values']} values each, same questions and repetitions"
    what = "SNMP v2c discovery, CPU of pysnmp v1arch, "
    return [
        at_most("P1", what + "client layer", ratio(found, "client", "pysnmp", "cpu"), 1 / 8, note=note),
        at_most("P1", what + "whole path", ratio(found, "whole", "pysnmp", "cpu"), 1 / 8, note="pysnmp keeps nothing"),
    ]


def sweep() -> list[Row]:
    with fleet("sweep", str(SWEPT)):
        client = [side("snmp", "sweep", "0") for _ in range(SWEEPS)]
        whole = [side("snmp", "sweep-whole", "0") for _ in range(WHOLE_SWEEPS)]
    rows = []
    for layer, runs in (("client layer", client), ("whole path", whole)):
        missed = [run["missed"] for run in runs]
        wall = median(run["wall"] for run in runs) / TIMEOUT_S
        what = f"sweep of {SWEPT} addresses, {len(alive(SWEPT))} alive, {layer}"
        rows.append(Row("P4", f"{what}: devices missed", "0", f"{max(missed)} in {len(runs)} runs", not any(missed)))
        rows.append(at_most("P4", f"{what}: wall, in timeouts", wall, 1.3, note=f"{TIMEOUT_S:g} s, no retry"))
    return rows


def silent_range() -> list[Row]:
    """A /16 of mostly silent addresses, beside a /20 for what memory grows by."""
    with fleet("wildcard", str(sixteen.ADDRESSES), str(sixteen.EVERY)):
        found = {
            (name, count): side("sixteen", name, str(count), limit_s=SIXTEEN_LIMIT_S)
            for name, _ in LAYERS
            for count in (sixteen.FEW, sixteen.ADDRESSES)
        }
    rows = []
    least_s = sixteen.TIMEOUT_S * sixteen.ADDRESSES / sixteen.AT_ONCE
    for name, layer in LAYERS:
        few, many = found[name, sixteen.FEW], found[name, sixteen.ADDRESSES]
        wrong = many["missed"] + many["strange"]
        there = len(alive(sixteen.ADDRESSES, sixteen.EVERY))
        what = f"sweep of {sixteen.ADDRESSES} addresses, {there} alive, {sixteen.AT_ONCE} at once, {layer}: "
        wall = f"{many['wall']:.0f} s by the clock, {many['cpu']:.0f} s of CPU, {many['lines']} lines of ledger"
        room = f"{few['kib'] >> 10} and {many['kib'] >> 10} MB"
        rows += [
            Row("", f"{what}devices missed", "0", f"{many['missed']}", not wrong, "one run"),
            at_most("", f"{what}wall, in its {least_s:g} timeouts", many["wall"] / least_s, None, note=wall),
            at_most("P6", f"{what}memory, of that for {sixteen.FEW}", many["kib"] / few["kib"], 1.2, note=room),
        ]
    return rows


def beside_gufo() -> list[Row]:
    what = "SNMP v2c discovery, CPU of gufo-snmp, "
    if find_spec("gufo") is None:
        return [Row("P2", what.rstrip(", "), "at most 2", "gufo-snmp is not installed", False)]
    sides = {name: partial(side, "snmp", name, str(MORE_DEVICES)) for name, _ in LAYERS}
    sides["gufo"] = partial(side, "gufo", str(MORE_DEVICES))
    with fleet("snmp", str(MORE_DEVICES)):
        found = rounds(sides)
    same(found, "in_tables")
    note = f"{MORE_DEVICES} devices, the same tables, at most 10 repetitions on both sides; gufo-snmp keeps nothing"
    return [
        at_most("P2", what + layer, ratio(found, name, "gufo", "cpu"), 2.0, note="" if at else note)
        for at, (name, layer) in enumerate(LAYERS)
    ]


def late_answers() -> list[Row]:
    sides = {name: partial(side, "snmp", name, str(LATE_DEVICES)) for name, _ in LAYERS}
    with fleet("snmp", str(LATE_DEVICES), str(LATE_S)):
        found = rounds(sides, LONG_ROUNDS, warm=False)
    same(found)
    pdus = found["client"][0]["pdus"]
    least_s = pdus * LATE_S / IN_FLIGHT
    what = f"SNMP discovery of {LATE_DEVICES} devices, answers after {LATE_S * 1000:.0f} ms, {IN_FLIGHT} in flight, "
    note = f"{pdus} questions: the least is {least_s:.2f} s"
    return [
        at_most("P3", f"{what}{layer}: wall, in the least", middle(found, name, "wall") / least_s, 1.25, note=note)
        for name, layer in LAYERS
    ]


def memory() -> list[Row]:
    sides = {str(count): partial(side, "memory", "whole", str(count)) for count in (FEW, MANY)}
    with fleet("snmp", str(MANY)):
        found = rounds(sides, LONG_ROUNDS, warm=False)
    what = f"SNMP identity, {IN_FLIGHT} in flight, whole path: memory for {MANY} devices, of that for {FEW}"
    note = "most resident memory of the process, Python and its imports included"
    return [at_most("P6", what, ratio(found, str(MANY), str(FEW), "kib"), 1.2, note=note)]


def signed() -> list[Row]:
    sides = {name: partial(side, "usm", name, str(AGENTS)) for name in ("client", "whole", "pysnmp")}
    with fleet("snmpd", str(AGENTS)):
        found = rounds(sides)
    same(found)
    what = "SNMPv3 SHA and AES-128 discovery, CPU of pysnmp v3arch, "
    note = f"{AGENTS} net-snmp agents with engine ids of their own, same questions and repetitions"
    return [
        at_most("P8", what + layer, ratio(found, name, "pysnmp", "cpu"), 1.1, note="" if at else note)
        for at, (name, layer) in enumerate(LAYERS)
    ]
