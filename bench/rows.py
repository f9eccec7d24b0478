"""The comparisons beside SNMP's: Modbus identity, packet rate, start, judgement, a plant from its sweep to reports."""

import os
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from math import log
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import judging, mixed, modbus, pace, sites, startup
from bench.compare import Figures, middle, ratio, rounds, same
from bench.kinds import KINDS, SHARES
from bench.process import fleet, side
from bench.table import Row, at_most, none_of

STARTS = 5
MODBUS_ROUNDS = 3
RATES = (50, 200, 1000)
PLANT_ROUNDS = 2
JUDGE_ROUNDS = 3
SITES_LEAST = 1000  # of fewer assets a step takes so little that one run of it differs from the next by a fifth
SITES_LIMIT_S = float(os.environ.get("ASSETCTL_BENCH_LIMIT_S", "3600"))
REPORT_ROWS, MANY_ROWS, REPORT_ROUNDS = 10_000, 100_000, 3


def modbus_identity() -> list[Row]:
    rows = []
    sides = {name: partial(side, "modbus", name) for name in ("client", "whole", "nmap")}
    for delay_s, goal in ((0.0, 1 / 2), (0.05, 1 / 12)):
        with fleet("modbus", str(modbus.DEVICES), str(delay_s)):
            found = rounds(sides, MODBUS_ROUNDS)
        same(found)
        for layer, name in (("client", "client layer"), ("whole", "whole path")):
            what = f"Modbus identity of {modbus.DEVICES} devices, answers after {delay_s * 1000:.0f} ms, {name}: "
            note = "nmap with its start, ours without Python's; nmap asks twice as much and keeps nothing"
            rows.append(at_most("P9", what + "wall of nmap", ratio(found, layer, "nmap", "wall"), goal, note=note))
            rows.append(at_most("P9", what + "CPU of nmap", ratio(found, layer, "nmap", "cpu"), 0.6))
    return rows


def pacing() -> list[Row]:
    rows = []
    for rate in RATES:
        mine, peer = side("pace", "ours", str(rate)), side("pace", "nmap", str(rate))
        bound = rate + max(1, rate // 100)
        what = f"{rate} packets/s over {pace.SECONDS} s: "
        rows += [
            Row(
                "P12",
                what + "most permitted in any second",
                f"{rate}",
                f"{mine['sent_most']}",
                mine["sent_most"] <= rate,
            ),
            Row(
                "P12",
                what + "most received in any second",
                f"at most {bound}",
                f"{mine['received_most']}",
                mine["received_most"] <= bound,
                f"nmap --max-rate: {peer['received_most']}",
            ),
            Row(
                "P12",
                what + "mean, of the limit",
                "at least 0.95",
                f"{mine['mean']:.2f}",
                mine["mean"] >= 0.95,
                f"nmap: {peer['mean']:.2f}",
            ),
        ]
    return rows


def start() -> list[Row]:
    rows = []
    with TemporaryDirectory() as made:
        folder = Path(made)
        codes = {"ours": startup.PROGRAM, "bare": startup.bare(folder), "eager": startup.eager()}
        for command in ("--help", "version"):
            sides = {
                name: lambda code=code, command=command: {"cpu": startup.cpu_s(code, command, compiled=folder)}
                for name, code in codes.items()
            }
            found = rounds(sides, STARTS)
            heavy = startup.heavy_modules(command)
            what = f"assetctl {command}: "
            rows += [
                at_most(
                    "P17", what + "CPU of a bare typer program of its size", ratio(found, "ours", "bare", "cpu"), 1.25
                ),
                at_most("P17", what + "CPU of itself with eager imports", ratio(found, "ours", "eager", "cpu"), 0.3),
                Row("P17", what + "heavy packages loaded", "none", ", ".join(heavy) or "none", not heavy),
            ]
    return rows


def reports() -> list[Row]:
    """Workbook and page of many rows; memory is asked once, at ten times the rows too."""
    names = ("xlsx", "xlsxwriter", "html", "joined")
    found = rounds({n: partial(side, "reports", n, str(REPORT_ROWS)) for n in names}, REPORT_ROUNDS, warm=False)
    rows = []
    for number, ours, peer, goal, name in (
        ("P15", "xlsx", "xlsxwriter", 3.2, "workbook: CPU of XlsxWriter with constant memory"),
        ("P16", "html", "joined", 2.0, "page: CPU of escaped strings joined by hand"),
    ):
        what = f"{REPORT_ROWS} rows of 20 texts as a "
        rows.append(at_most(number, what + name, ratio(found, ours, peer, "cpu"), goal))
        many, few = side("reports", ours, str(MANY_ROWS))["kib"], found[ours][0]["kib"]
        grown = f"{MANY_ROWS} rows as a {name.partition(':')[0]}: most memory, of that for {REPORT_ROWS}"
        rows.append(at_most(number, grown, many / few, 1.2, note=f"{many // 1024} MB"))
    return rows


def plant() -> list[Row]:
    sides = {name: partial(side, "plant", name, str(mixed.DEVICES)) for name in ("commands", "parts")}
    with fleet("plant", str(mixed.DEVICES)):
        found = rounds(sides, PLANT_ROUNDS, warm=False)
    same(found)
    last = found["commands"][-1]
    if last["wrong"] or last["missed"]:
        raise SystemExit(f"bench: not the plant's own truth: {[*last['missed'], *last['wrong']]}")
    met, there = last["devices"], mixed.DEVICES
    parts = {name: median(one["parts"][name] for one in found["parts"]) for name in found["parts"][0]["parts"]}
    whole = sum(parts.values())
    shares = ", ".join(f"{name} {part / whole:.0%}" for name, part in parts.items())
    what = f"plant of {mixed.DEVICES} mixed devices from sweep to reports"
    cpu = ratio(found, "commands", "parts", "cpu")
    return [
        at_most("P19", f"{what}: CPU of the sum of its parts", cpu, 2.0, note=f"of the sum: {shares}"),
        Row("P19", f"{what}: devices found", f"{there}", f"{met}", met == there, f"{len(KINDS)} kinds"),
        Row("P19", f"{what}: with maker and model", "", f"{last['identified']}", None, _silent_kinds()),
        none_of("P19", f"{what}: devices missed", last["missed"]),
        none_of("P19", f"{what}: wrong values", last["wrong"], note=f"of {last['values']} in the plant's own truth"),
        Row("P19", f"{what}: values not found", "", f"{len(last['blank'])}", None, "; ".join(last["blank"][:1])),
    ]


def _silent_kinds() -> str:
    """Which kinds of the plant do not say who made them."""
    unsaid = [name for name, kind in KINDS.items() if "manufacturer" not in kind.truth(1)]
    most = mixed.DEVICES - sum(SHARES[name] for name in unsaid) * mixed.DEVICES // len(mixed.MIX)
    return f"{most} say it; not the kinds {', '.join(unsaid)}"


def judgement() -> list[Row]:
    count = judging.ASSETS
    names = ("evaluate", "lambdas", "cel") if find_spec(judging.CEL) else ("evaluate", "lambdas")
    found = rounds({name: partial(side, "judging", name, str(count)) for name in names}, JUDGE_ROUNDS)
    if len({one["met"] for name in names[1:] for one in found[name]}) != 1:
        raise SystemExit(f"bench: the same rules are met by other numbers of devices: {found}")
    for figures in (one for several in found.values() for one in several):
        figures["each"] = figures["cpu"] / figures["evaluations"] * 1e6
    ours, plain = middle(found, "evaluate", "each"), middle(found, "lambdas", "each")
    whole = side("judging", "run", str(count))
    what = f"{count} assets, {int(whole['checks'])} checks"
    note = f"plain lambdas over dicts {plain:.2f}: no unknowns, age, trace or words; {ours / plain:.0f} times that"
    least = min(one["each"] for one in found["evaluate"])
    done = f"{int(whole['evaluations'])} evaluations"
    return [
        at_most("P18", f"{what}: microseconds of CPU for an evaluation, with its words", ours, 20, note=note),
        _beside_cel(what, found, ours),
        Row("P18", f"{what}: the same, least of {JUDGE_ROUNDS} rounds", "", f"{least:.2f}", None),
        at_most("", f"{what}: seconds from stored inventory to stored run", whole["wall"], 60, note=done),
    ]


def _beside_cel(what: str, found: Mapping[str, list[Figures]], ours: float) -> Row:
    name = f"{what}: CPU of cel-expr-python for four of their rules, bare"
    if "cel" not in found:
        return Row("P18", name, "", "not installed", None)
    theirs = middle(found, "cel", "each")
    return Row("P18", name, "", f"{ours / theirs:.2f}", None, f"it takes {theirs:.2f} microseconds; shown, no goal")


def many_sites() -> list[Row]:
    """Forty sites on both databases; growth is that of ten times as many assets, beside n log n."""
    assets, facts = int(os.environ.get("ASSETCTL_BENCH_ASSETS", "5000")), os.environ.get("ASSETCTL_BENCH_FACTS", "100")
    rows, found = [], {}
    for engine in ("sqlite", "postgresql"):
        less, more = (
            side("sites", engine, str(count), facts, limit_s=SITES_LIMIT_S)
            for count in (max(assets // 10, SITES_LEAST), assets)
        )
        what = f"{sites.SITES} sites, {more['assets']} assets, {more['facts']} facts on {engine}: "
        rows += [_growth(what, step, less, more) for step in more["steps"]]
        sizes = f"{more['bytes'] >> 20} MB", f"{less['bytes'] >> 20} MB for {less['assets']} assets"
        rows.append(Row("", f"{what}database", "", sizes[0], None, sizes[1]))
        found[engine] = [{name: took["digest"] for name, took in one["steps"].items()} for one in (less, more)]
    told = sum(map(bool, found["sqlite"][1].values()))
    same = "equal" if found["sqlite"] == found["postgresql"] else "different"
    what = f"{sites.SITES} sites, {assets} assets: inventory, run of the checks, pages, differences, history"
    return [
        *rows,
        Row(
            "",
            what,
            "equal",
            same,
            same == "equal",
            f"{told} outputs of PostgreSQL beside those of SQLite, byte for byte",
        ),
    ]


def _growth(what: str, step: str, less: Figures, more: Figures) -> Row:
    """What a step takes at ten times the size. As n^1.13 would be n log n from 1000 to 10 000."""
    before, took = less["steps"][step], more["steps"][step]
    times = more["assets"] / less["assets"]
    allowed = times * log(more["assets"]) / log(less["assets"])
    grown = took["cpu_s"] / before["cpu_s"]
    note = f"{before['cpu_s']:.1f} and {took['cpu_s']:.1f} s of CPU, as n^{log(grown) / log(times):.2f}, "
    note += f"n log n is n^{log(allowed) / log(times):.2f}; {took['wall_s']:.0f} s by the clock; "
    note += f"{before['kib'] >> 10} and {took['kib'] >> 10} MB of memory"
    return at_most("", f"{what}{step}, CPU of that for {less['assets']} assets", grown, allowed, note=note)
