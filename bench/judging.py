"""One side of one round of judgement: `python -m bench.judging SIDE ASSETS` prints its figures as JSON.

evaluate: the checks alone, in memory. lambdas: as many plain Python functions over plain dicts, with no unknowns, no
age, no trace and no words. cel: the same rules in the Common Expression Language, by Google's compiled evaluator, as
bare as the functions. run: what `check` does, from the stored inventory to the kept run.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.model import Asset, Value
from assetctl.policy.judge import judge
from assetctl.policy.load import checks_folder, load_checks
from assetctl.protocols import registry
from assetctl.settings import Settings
from assetctl.store.repo import open_store
from bench.inventory import NOW, inventory

ASSETS = 10_000

Facts = Mapping[str, Value]

LAMBDAS: tuple[Callable[[Facts], bool], ...] = (
    lambda a: a.get("tcp/23 port_state") == "closed",
    lambda a: a.get("tcp/513 port_state") == "closed" and a.get("tcp/5900 port_state") == "closed",
    lambda a: a.get("manufacturer") != "" and a.get("model") != "" and a.get("serial_number") != "",
    lambda a: "v1" not in a.get("snmp_versions_answered", ()),  # type: ignore[operator]
)

IN_CEL = (
    'a["tcp/23 port_state"] == "closed"',
    'a["tcp/513 port_state"] == "closed" && a["tcp/5900 port_state"] == "closed"',
    'a["manufacturer"] != "" && a["model"] != "" && a["serial_number"] != ""',
    '!("snmp_versions_answered" in a) || !("v1" in a["snmp_versions_answered"])',
)
CEL = "cel_expr_python"


def evaluate(count: int) -> dict[str, float]:
    checks, plant = load_checks([checks_folder()]), inventory(count)
    began_s = time.process_time()
    found = judge(checks, plant, now=NOW)
    cpu_s = time.process_time() - began_s
    return {"cpu": cpu_s, "evaluations": sum(found.counts.values()), "findings": len(found.findings)}


def lambdas(count: int) -> dict[str, float]:
    plant = [_plain(asset) for asset in inventory(count).assets]
    rounds = 20
    began_s = time.process_time()
    met = sum(rule(facts) for _ in range(rounds) for rule in LAMBDAS for facts in plant)
    cpu_s = time.process_time() - began_s
    return {"cpu": cpu_s, "evaluations": rounds * len(LAMBDAS) * len(plant), "met": met // rounds}


def cel(count: int) -> dict[str, float]:
    from cel_expr_python import cel as peer

    plant = [
        {key: list(v) if isinstance(v, tuple) else v for key, v in _plain(a).items()} for a in inventory(count).assets
    ]
    environment = peer.NewEnv(variables={"a": peer.Type.Map(peer.Type.STRING, peer.Type.DYN)})
    rules = [environment.compile(rule) for rule in IN_CEL]
    began_s = time.process_time()
    met = sum(rule.eval(data={"a": facts}).value() is True for rule in rules for facts in plant)
    cpu_s = time.process_time() - began_s
    return {"cpu": cpu_s, "evaluations": len(rules) * len(plant), "met": met}


def _plain(asset: Asset) -> Facts:
    return {f"{fact.subject.local_key} {fact.key}".strip(): fact.value for fact in asset.facts}


def run(count: int) -> dict[str, float]:
    from assetctl.work.check import check, pack, plant_of

    made = inventory(count)
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'assetctl.db'}", create=True)
        store.replace_assets("plant", made.assets)
        for scan in made.scans:
            store.begin_scan(scan)
            store.finish_scan(scan)
        began_s, began_wall = time.process_time(), time.monotonic()
        settings = Settings()
        plant = plant_of(store, settings, zones=made.zones, register=made.positions, protocols=registry())
        found = check(store, pack(settings), plant, now=NOW)
        cpu_s, wall_s = time.process_time() - began_s, time.monotonic() - began_wall
        store.close()
    counts = found.judgement.counts
    return {"cpu": cpu_s, "wall": wall_s, "evaluations": sum(counts.values()), "checks": len(found.checks)}


SIDES: Mapping[str, Callable[[int], dict[str, float]]] = {
    "evaluate": evaluate,
    "lambdas": lambdas,
    "cel": cel,
    "run": run,
}


def main(arguments: Iterable[str]) -> None:
    name, count = arguments
    print(json.dumps(SIDES[name](int(count))))


if __name__ == "__main__":
    main(sys.argv[1:])
