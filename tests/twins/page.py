"""The table of the twins, for the terminal and for docs/twins.md."""

from collections.abc import Sequence
from itertools import zip_longest

from tests.twins.rack import Passage, Run

HEAD = """# Fragile twins

Written by `python -m tests.twins --write docs/twins.md`; `make twins` runs the same and only prints.

A twin is a simulated device with one limit of real ones, modelled after the source beside it. It knows its own harm; a
harmed twin answers nobody any more. Each scanner gets a rack of healthy twins, at the same addresses and the usual
ports, in a network namespace. Units and connections are counted at the twins' side: units are datagrams and TCP
segments with content, connections are SYN packets of new ones.

assetctl runs with its default limits, an approval, `snmp.tables` named as depth, and what a plant's engineer would have
declared: the units behind the gateway, a free FINS node, the redundant pair, and in the register the safety controller
and the maker of two controllers. It asks one member of a redundant pair in a run, and leaves the other for a later one.
nmap runs with `-sS -sU -sV` and its default and OT scripts, on the ports of the rack alone. The network tasks of
FusionInventory and onesixtyone know SNMP alone and are told its community; FusionInventory is ended after 240 s a
network, as a walk in circles has no end for it. A field counts as found where its value stands in anything that a
scanner says of that address, by the same rule for all of them. A twin that is harmed early tells nothing more, so harm
also costs fields.

What this does not show: that a real product bears what its twin bears. The limits are models of what their sources
tell, and nobody measured them on the products here.
"""


def text(runs: Sequence[Run]) -> str:
    """Totals and one row for each twin."""
    names = [run.scanner for run in runs]
    possible = sum(len(one.kind.truth) for one in runs[0].passages)
    lines = ["| scanner | identity fields | units | connections | twins harmed |", "|---|---|---|---|---|"]
    for run in runs:
        units, connections = sum(p.units for p in run.passages), sum(p.connections for p in run.passages)
        lines.append(
            f"| {run.scanner} | {run.fields} of {possible} | {units} | {connections} | "
            f"{len(run.harmed)} of {len(run.passages)} |"
        )
    lines += ["", "Fields found, units / connections, and the twin's state afterwards:", ""]
    lines += [f"| twin | limit | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for row in zip_longest(*(run.passages for run in runs)):
        cells = " | ".join(map(_cell, row))
        lines.append(f"| {row[0].kind.title()} | {row[0].kind.limit} | {cells} |")
    return "\n".join(lines) + "\n"


def sources(runs: Sequence[Run]) -> str:
    """Where each limit is told."""
    rows = [f"| {one.kind.title()} | {one.kind.source} |" for one in runs[0].passages]
    return "\n".join(["## Sources of the limits", "", "| twin | source |", "|---|---|", *rows]) + "\n"


def page(runs: Sequence[Run], versions: str) -> str:
    """The whole page."""
    return f"{HEAD}\n## One run\n\n{versions}\n\n{text(runs)}\n{sources(runs)}"


def _cell(one: Passage) -> str:
    told = f"{len(one.found)} of {len(one.kind.truth)}" if one.kind.truth else "-"
    harm = f"; **{one.state}**" if one.is_harmed else ""
    return f"{told}; {one.units} / {one.connections}{harm}"
