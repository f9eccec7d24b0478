"""A connect sweep of twenty ports of plants at every address: our port finder beside nmap's, the same open ports.

Run as a program it is one side of one round: `python -m bench.ports SIDE ADDRESSES IN-FLIGHT` prints its figures as
JSON. A device has one connection of ours at a time, which is a rule and not a setting, so in flight counts devices.
"""

import json
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET  # nmap's own report on our own fleet
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.model import Observation
from assetctl.plan import PORT_FINDER
from assetctl.scope import Limits
from bench.asking import Way, ask, scope_for
from bench.fleet import addresses
from bench.process import children_cpu_s

PORTS = (21, 22, 23, 80, 102, 443, 502, 789, 1089, 1911, 1962, 2222, 2404, 4840, 5007, 9600, 11740, 18245, 20000, 44818)
OPEN = 10
CONNECT_S = 1.0
NMAP = ("nmap", "-n", "-Pn", "-sT", "-T4", "-p", ",".join(map(str, PORTS)))
HURRIED = ("--max-retries", "0", "--max-rtt-timeout", "500ms", "--min-rate", "5000")
NMAP_LIMIT_S = 280

Place = tuple[str, int]


def there(count: int) -> list[Place]:
    """The ports that are open: ten of all, on as many devices."""
    every = addresses(count)
    return [(every[count * at // OPEN], PORTS[at * 2]) for at in range(OPEN)]


@contextmanager
def dropping(count: int) -> Iterator[None]:
    """While the block runs this namespace lets nothing through to these ports, except to the open ones."""
    every, listed = addresses(count), ", ".join(map(str, PORTS))
    through = "\n".join(f"ip daddr {address} tcp dport {port} accept" for address, port in there(count))
    rules = f"""table ip bench {{
chain input {{
type filter hook input priority 0; policy accept;
{through}
ip daddr {every[0]}-{every[-1]} tcp dport {{ {listed} }} drop
}}
}}
"""
    nft = nft_program()
    subprocess.run((nft, "-f", "-"), input=rules.encode(), timeout=10, check=True)
    try:
        yield
    finally:
        subprocess.run((nft, "delete", "table", "ip", "bench"), timeout=10, check=True)


def nft_program() -> str:
    return shutil.which("nft") or shutil.which("nft", path="/usr/sbin:/sbin") or ""


def ours(folder: Path, count: int, in_flight: int) -> tuple[float, float, set[Place]]:
    found: set[Place] = set()

    def hold(observation: Observation) -> None:
        if observation.outcome == "answered" and observation.target is not None:
            found.add((str(observation.target.ip), observation.port))

    limits = Limits(connect_s=CONNECT_S, most_devices=in_flight)
    scope = replace(scope_for(addresses(count), PORT_FINDER, PORTS[0], limits), ports={PORT_FINDER: PORTS})
    asked = ask(scope, folder, Way(store=False, held=hold))
    return asked.wall_s, asked.cpu_s, found


def theirs(folder: Path, count: int, options: Sequence[str]) -> tuple[float, float, set[Place]]:
    targets = folder / "targets"
    targets.write_text("\n".join(addresses(count)))
    before, began_s = children_cpu_s(), time.perf_counter()
    command = (*NMAP, *options, "-iL", str(targets), "-oX", "-")
    done = subprocess.run(command, capture_output=True, timeout=NMAP_LIMIT_S, check=True)
    wall_s = time.perf_counter() - began_s
    return wall_s, children_cpu_s() - before, set(_open(done.stdout))


def _open(report: bytes) -> Iterator[Place]:
    for host in ET.fromstring(report).iter("host"):
        address = host.find("address")
        for port in host.iter("port"):
            if address is not None and port.find("state[@state='open']") is not None:
                yield address.get("addr", ""), int(port.get("portid", "0"))


def main(arguments: Iterable[str]) -> None:
    side, *numbers = arguments
    count, in_flight = map(int, numbers)
    with TemporaryDirectory() as made:
        if side == "ours":
            wall_s, cpu_s, found = ours(Path(made), count, in_flight)
        else:
            wall_s, cpu_s, found = theirs(Path(made), count, HURRIED if side == "hurried" else ())
    figures = {"wall": wall_s, "cpu": cpu_s, "open": len(found), "right": found == set(there(count))}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
