"""What a demo did: its summary, as data and in words."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from assetctl.cli.output import Output
from assetctl.errors import Exit, worst

if TYPE_CHECKING:
    from assetctl.demo.plant import Plant as FakePlant
    from assetctl.model import Asset
    from assetctl.work.check import Checked
    from assetctl.work.session import Outcomes


@dataclass
class Tale:
    """What a demo did, for its summary. paths: what to open, by name."""

    folder: Path
    began_s: float
    checked: "Checked"
    outcomes: "Outcomes"
    assets: "tuple[Asset, ...]"
    paths: dict[str, Path] = field(default_factory=dict)


def account(tale: Tale, plant: "FakePlant") -> dict[str, Any]:
    """The summary as data: the plant's own account of what reached it stands beside the ledger's."""
    from assetctl.demo.account import differences
    from assetctl.model import Result
    from assetctl.settle import settled
    from assetctl.work.check import total

    ledger = Path(tale.outcomes.scan.ledger)
    whole = [asset for asset in tale.assets if asset.parent is None]
    fails = Counter(str(f.severity) for f in tale.checked.findings if f.result is Result.FAIL)
    fragile = [one for one in plant.received.values() if one.fragility is not None]
    sent = _sent(ledger)
    return {
        "folder": str(tale.folder),
        "seconds": round(monotonic() - tale.began_s, 1),
        "devices": len(whole),
        "identified": sum({"manufacturer", "model"} <= settled(asset).keys() for asset in whole),
        "scan": {
            "id": tale.outcomes.scan.id,
            "state": str(tale.outcomes.scan.state),
            "head": tale.outcomes.scan.head,
            "count": tale.outcomes.scan.count,
        },
        "findings": {severity: fails.get(severity, 0) for severity in ("critical", "high", "medium", "low")},
        "results": {str(result): total(tale.checked.judgement, result) for result in Result},
        "units_sent": sent["units"],
        "refusals": sent["refusals"],
        "highest_rate": {
            "fragile": max((one.highest_per_s for one in fragile), default=0),
            "lab": max(one.highest_per_s for one in plant.received.values()),
        },
        "most_connections_at_once": max(one.most_at_once for one in plant.received.values()),
        "harmed": list(plant.harmed),
        "ledger_differences": list(differences(ledger, plant)),
        "paths": {name: str(path) for name, path in tale.paths.items()},
    }


def _sent(ledger: Path) -> dict[str, int]:
    from assetctl.work.ledgers import traffic

    every = traffic(ledger).values()
    return {"units": sum(one.units for one in every), "refusals": sum(one.refusals for one in every)}


def tell(output: Output, tale: Tale, record: dict[str, Any]) -> None:
    """The summary in words on stderr, and as a document where one is asked for."""
    if output.format != "table":
        output.document("demo", record, command="demo", code=int(code_of(tale, record)))
    say, results = output.say, record["results"]
    findings = ", ".join(f"{count} {severity}" for severity, count in record["findings"].items())
    rate = record["highest_rate"]
    books = "; ".join(record["ledger_differences"]) or "equal to the ledger, unit by unit"
    config = tale.folder / "assetctl.toml"
    say()
    say(f"demo finished in {record['seconds']} s")
    say(f"  devices    {record['devices']} in the inventory, {record['identified']} with maker and model")
    say(f"  findings   {findings}")
    say(f"  results    {', '.join(f'{count} {name}' for name, count in results.items())}")
    say(f"  sent       {record['units_sent']} units, {record['refusals']} refused by the gate")
    say(f"  received   {books}; at most {record['most_connections_at_once']} connection per device at once")
    say(f"  rate       at most {rate['fragile']} units a second at the fragile device; lab devices up to {rate['lab']}")
    say(f"  harmed     devices harmed: {len(record['harmed'])}" + "".join(f"; {one}" for one in record["harmed"]))
    for name, path in tale.paths.items():
        say(f"  {name:<10} {path}")
    say(f"  ticket     ledger head {record['scan']['head']} count {record['scan']['count']}")
    say(f"next: assetctl --config {config} assets list")
    say(f"      assetctl --config {config} policy explain INV-008")


def code_of(tale: Tale, record: dict[str, Any]) -> Exit:
    """0 when everything ran: findings are what a demo is for. A harmed device or a wrong ledger would be a bug."""
    wrong = [Exit.BUG] if record["harmed"] or record["ledger_differences"] else []
    stopped = [Exit.SAFETY] if tale.outcomes.code is Exit.SAFETY else []
    return worst(*wrong, *stopped)
