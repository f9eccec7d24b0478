"""A sweep of 4096 addresses by others: onesixtyone, braa and nmap, as fast as each goes without losing a device.

Run as a program it is one side of one round: `python -m bench.sweepers SIDE` prints its figures as JSON.
"""

import json
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET  # nmap's own report on our own fleet
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.fleet import COMMUNITY, SNMP_PORT, addresses, alive
from bench.process import children_cpu_s
from bench.snmp import SWEPT

LIMIT_S = 120
SYS_DESCR = ".1.3.6.1.2.1.1.1.0"


def onesixtyone(folder: Path) -> set[str]:
    names, targets = folder / "communities", folder / "targets"
    names.write_bytes(COMMUNITY + b"\n")
    targets.write_text("\n".join(addresses(SWEPT)) + "\n")
    told = _run("onesixtyone", "-c", str(names), "-i", str(targets), "-w", "1")
    return _texts(re.findall(rb"^([0-9.]+) \[", told, re.MULTILINE))


def braa(_folder: Path) -> set[str]:
    every = addresses(SWEPT)
    told = _run("braa", "-t", "1", "-r", "1", f"{COMMUNITY.decode()}@{every[0]}-{every[-1]}:{SNMP_PORT}:{SYS_DESCR}")
    return _texts(re.findall(rb"^([0-9.]+):[0-9]+ms:", told, re.MULTILINE))


def nmap(folder: Path) -> set[str]:
    targets = folder / "targets"
    targets.write_text("\n".join(addresses(SWEPT)))
    options = ("-n", "-Pn", "-sU", "-T4", "--max-retries", "0", "--min-rate", "4000", "-p", str(SNMP_PORT))
    report = ET.fromstring(_run("nmap", *options, "-iL", str(targets), "-oX", "-"))
    answered = (host for host in report.iter("host") if host.find(".//state[@state='open']") is not None)
    return {element.get("addr", "") for host in answered if (element := host.find("address")) is not None}


def _run(*command: str) -> bytes:
    return subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=True).stdout


def _texts(found: Iterable[bytes]) -> set[str]:
    return {one.decode("ascii") for one in found}


PEERS: Mapping[str, Callable[[Path], set[str]]] = {"onesixtyone": onesixtyone, "braa": braa, "nmap": nmap}


def main(arguments: Iterable[str]) -> None:
    (side,) = arguments
    with TemporaryDirectory() as made:
        before, began_s = children_cpu_s(), time.perf_counter()
        found = PEERS[side](Path(made))
        wall_s = time.perf_counter() - began_s
    there = set(alive(SWEPT))
    figures = {"wall": wall_s, "cpu": children_cpu_s() - before, "found": len(found & there)}
    print(json.dumps(figures | {"missed": len(there - found), "strange": len(found - there)}))


if __name__ == "__main__":
    main(sys.argv[1:])
