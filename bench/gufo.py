"""The same tables by gufo-snmp, whose codec and sockets are compiled: a Get, then a walk of each table's entry.

Its walks ask for one column at a time, so it needs other questions than ours for the same values; it is given the most
repetitions that ours may use. Run as a program it is one side of one round: `python -m bench.gufo DEVICES`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from typing import Any

from assetctl.protocols.snmp import objects
from assetctl.protocols.snmp.objects import Oid
from bench.fleet import COMMUNITY, SNMP_PORT, addresses
from bench.snmp import ENTRIES, IN_FLIGHT, WAIT_S, Values, checked

REPETITIONS = 10


async def _discover(count: int) -> dict[str, Values]:
    queue, found = iter(addresses(count)), dict[str, Values]()

    async def work() -> None:
        for address in queue:
            found[address] = await _discover_one(address)

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return found


async def _discover_one(address: str) -> Values:
    from gufo.snmp.aio import SnmpSession

    values: Values = set()
    async with SnmpSession(address, SNMP_PORT, COMMUNITY.decode(), timeout=WAIT_S) as session:
        scalars = await session.get_many([_dotted(name) for name in objects.SCALARS])
        values.update((_oid(name), _shown(value)) for name, value in scalars.items())
        for entry in ENTRIES:
            async for name, value in session.getbulk(_dotted(entry), REPETITIONS):
                values.add((_oid(name), _shown(value)))
    return values


def _dotted(name: Oid) -> str:
    return ".".join(map(str, name))


def _oid(name: str) -> Oid:
    return tuple(map(int, name.split(".")))


def _shown(value: Any) -> str:
    """A value as `bench.snmp` writes ours; the object identifiers among them stand in no table of the comparison."""
    return value.hex() if isinstance(value, bytes) else str(value)


def main(arguments: Iterable[str]) -> None:
    (count,) = map(int, arguments)
    asyncio.run(_discover(1))
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    found = asyncio.run(_discover(count))
    figures = {"wall": time.perf_counter() - wall_s, "cpu": time.process_time() - cpu_s}
    print(json.dumps(figures | checked(found, count)))


if __name__ == "__main__":
    main(sys.argv[1:])
