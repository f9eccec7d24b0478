"""SNMPv3, signed and encrypted: our path beside pysnmp's v3arch bare, which our path runs on for v3.

Both ask the same questions after learning engine id and clock of each agent; pysnmp knows those of the first already.
Run as a program it is one side of one round: `python -m bench.usm SIDE AGENTS` prints its figures as JSON.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assetctl.protocols.snmp import objects
from assetctl.protocols.snmp.objects import Oid
from bench.agents import USER
from bench.asking import Asked
from bench.fleet import SNMP_PORT, addresses
from bench.snmp import IN_FLIGHT, TABLES, WAIT_S, Question, Values, checked, foreign, ours, questions

AGENTS = 20
STEADY = tuple(
    {*objects.SCALARS, *(column for table in TABLES for column in table.columns)}
    - {objects.SYS_UP_TIME, objects.ENGINE_TIME}
)
"""What a real agent says alike to two sides: neither its clocks nor the counters that lie behind a table's end."""


async def _discover(count: int, asked: list[Question]) -> tuple[Asked, dict[str, Values]]:
    """The agents, after one of them with the same engine, as ours asks one before: keys are made of passwords once."""
    from pysnmp.hlapi.v3arch.asyncio import SnmpEngine, UsmUserData, usmAesCfb128Protocol, usmHMACSHAAuthProtocol

    auth, priv = usmHMACSHAAuthProtocol, usmAesCfb128Protocol
    user = UsmUserData(USER.user, USER.auth_key, USER.priv_key, authProtocol=auth, privProtocol=priv)
    engine, found = SnmpEngine(), dict[str, Values]()

    async def work(queue: Iterator[str]) -> None:
        for address in queue:
            found[address] = await _discover_one(engine, user, address, asked)

    await work(iter(addresses(1)))
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    queue = iter(addresses(count))
    await asyncio.gather(*(work(queue) for _ in range(IN_FLIGHT)))
    taken = Asked(time.perf_counter() - wall_s, time.process_time() - cpu_s, (), 0)
    engine.close_dispatcher()
    return taken, found


async def _discover_one(engine: Any, user: Any, address: str, asked: list[Question]) -> Values:
    from pysnmp.hlapi.v3arch.asyncio import ContextData, UdpTransportTarget, bulk_cmd, get_cmd, next_cmd
    from pysnmp.proto.rfc1902 import Null, ObjectName

    target, context = await UdpTransportTarget.create((address, SNMP_PORT), timeout=WAIT_S, retries=0), ContextData()
    values: Values = set()
    for kind, names, repetitions in asked:
        answer: Any
        pairs: list[Any] = [(ObjectName(name), Null("")) for name in names]
        if kind == "bulk":
            answer = await bulk_cmd(engine, user, target, context, 0, repetitions, *pairs, lookupMib=False)
        else:
            command = get_cmd if kind == "get" else next_cmd
            answer = await command(engine, user, target, context, *pairs, lookupMib=False)
        error, status, _, varbinds = answer
        assert not error, error
        assert not status, status
        values.update((tuple(name), foreign(value)) for name, value in varbinds)
    return values


def theirs(count: int, folder: Path) -> tuple[Asked, dict[str, Values]]:
    return asyncio.run(_discover(count, questions(folder, USER)))


def _is_steady(name: Oid) -> bool:
    return any(name[: len(one)] == one for one in STEADY)


def main(arguments: Iterable[str]) -> None:
    side, text = arguments
    count = int(text)
    run = theirs if side == "pysnmp" else partial(ours, store=side == "whole", secret=USER)
    with TemporaryDirectory() as made:
        asked, found = run(count, Path(made))
    steady = {at: {one for one in values if _is_steady(one[0])} for at, values in found.items()}
    print(json.dumps({"wall": asked.wall_s, "cpu": asked.cpu_s} | checked(steady, count)))


if __name__ == "__main__":
    main(sys.argv[1:])
