"""Modbus identity of 2000 devices: our path beside nmap's modbus-discover, the same three texts from both.

Run as a program it is one side of one round: `python -m bench.modbus SIDE` prints its figures as JSON.
"""

import hashlib
import json
import subprocess
import sys
import time
import xml.etree.ElementTree as ET  # nmap's own report on our own fleet
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.scope import Limits
from bench.asking import Way, ask, scope_for
from bench.fleet import MODBUS_PORT, addresses, name_of
from bench.process import children_cpu_s

DEVICES = 2000
IN_FLIGHT = 500
NMAP = ("nmap", "-n", "-Pn", "-sT", "-T4", "-p", str(MODBUS_PORT), "--script", "modbus-discover", "-oX", "-")
NMAP_LIMIT_S = 60
KEYS = ("manufacturer", "order_code", "firmware_software_version")

Identities = dict[str, str]


def ours(folder: Path, *, store: bool) -> tuple[float, float, Identities]:
    limits = Limits(most_devices=IN_FLIGHT, connect_s=5.0, answer_s=5.0)
    scope = scope_for(addresses(DEVICES), "modbus", MODBUS_PORT, limits)
    asked = ask(scope, folder, Way(store))
    found = {}
    for observation in asked.observations:
        values = {claim.key: str(claim.value) for claim in observation.claims}
        assert observation.target is not None
        found[str(observation.target.ip)] = " ".join(values.get(key, "") for key in KEYS)
    return asked.wall_s, asked.cpu_s, found


def theirs(folder: Path) -> tuple[float, float, Identities]:
    targets = folder / "targets"
    targets.write_text("\n".join(addresses(DEVICES)))
    before, began = children_cpu_s(), time.perf_counter()
    done = subprocess.run([*NMAP, "-iL", str(targets)], capture_output=True, timeout=NMAP_LIMIT_S, check=True)
    wall_s = time.perf_counter() - began
    return wall_s, children_cpu_s() - before, dict(_identities(done.stdout))


def _identities(report: bytes) -> Iterable[tuple[str, str]]:
    for host in ET.fromstring(report).iter("host"):
        address, element = host.find("address"), host.find(".//elem[@key='Device identification']")
        if address is not None and element is not None:
            yield address.get("addr", ""), element.text or ""


def main(arguments: Iterable[str]) -> None:
    (side,) = arguments
    with TemporaryDirectory() as made:
        wall_s, cpu_s, found = theirs(Path(made)) if side == "nmap" else ours(Path(made), store=side == "whole")
    for address in addresses(DEVICES):
        assert found.get(address) == f"ACME Controls PLC-{name_of(address)} V4.2.1", f"{address}: {found.get(address)}"
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    print(json.dumps({"wall": wall_s, "cpu": cpu_s, "found": len(found), "digest": digest}))


if __name__ == "__main__":
    main(sys.argv[1:])
