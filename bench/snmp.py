"""SNMP discovery: our path beside pysnmp's fastest hlapi, which asks the same questions with the same repetitions.

Run as a program it is one side of one round: `python -m bench.snmp SIDE DEVICES` prints its figures as JSON.
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

from assetctl.model import Observation
from assetctl.protocols.snmp import codec, depth, objects
from assetctl.protocols.snmp.objects import Oid
from assetctl.scope import Limits
from assetctl.secrets.credentials import Secret
from bench.asking import V2C, Asked, Way, ask, scope_for
from bench.fleet import COMMUNITY, SNMP_PORT, addresses, alive, name_of

DEVICES = 150
IN_FLIGHT = 64
SWEPT = 4096
TIMEOUT_S = 1.0
WAIT_S = 5.0  # generous on both sides: nothing is lost on loopback

TABLES = (depth.ENTITIES, depth.ENTITIES_MORE, depth.INTERFACES, depth.ADDRESSES)
ENTRIES = tuple(dict.fromkeys(column[:-1] for table in TABLES for column in table.columns))

Values = set[tuple[Oid, str]]
Question = tuple[str, tuple[Oid, ...], int]  # get, next or bulk; names; repetitions


def ours(count: int, folder: Path, *, store: bool, secret: Secret = V2C) -> tuple[Asked, dict[str, Values]]:
    """Every device once with its tables, and the values that came, by address; one device before, for the imports."""
    _ask(1, folder, Way(store, secret=secret))
    asked = _ask(count, folder, Way(store, secret=secret))
    return asked, {str(o.target.ip): set(received(o)) for o in asked.observations if o.target is not None}


def _ask(count: int, folder: Path, way: Way) -> Asked:
    limits = Limits(answer_s=WAIT_S, most_devices=IN_FLIGHT)
    names = (depth.TABLES,)
    return ask(scope_for(addresses(count), "snmp", SNMP_PORT, limits, depth=names, secret=way.secret), folder, way)


def received(observation: Observation) -> Iterator[tuple[Oid, str]]:
    for exchange in observation.exchanges:
        for unit in exchange.received:
            request_id = int.from_bytes(exchange.sent[exchange.sent.index(b"\x02\x04") + 2 :][:4])
            for name, _, value in codec.decode(unit, request_id=request_id).varbinds:
                yield name, _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value.hex() if isinstance(value, bytes) else str(value)


def questions(folder: Path, secret: Secret = V2C) -> list[Question]:
    """What our probe asks one device, in its order; the devices are alike, so these are the questions for all."""
    (seen,) = _ask(1, folder, Way(store=False, secret=secret)).observations
    return [_question(exchange.sent) for exchange in seen.exchanges if exchange.sent]


def _question(sent: bytes) -> Question:
    """Our PDU as pysnmp is to ask it, read by making it a response for the decoder."""
    kind = {codec.GET: "get", codec.GET_NEXT: "next", codec.GET_BULK: "bulk"}[sent[0]]
    at = sent.index(b"\x02\x04")
    request_id = int.from_bytes(sent[at + 2 : at + 6])
    read = codec.decode(bytes((codec.RESPONSE,)) + sent[1:], request_id=request_id)
    return kind, tuple(varbind.name for varbind in read.varbinds), read.error_index


async def _discover(count: int, asked: list[Question]) -> dict[str, Values]:
    from pysnmp.hlapi.v1arch.asyncio import CommunityData, SnmpDispatcher

    dispatcher, community = SnmpDispatcher(), CommunityData(COMMUNITY.decode(), mpModel=1)
    queue, found = iter(addresses(count)), dict[str, Values]()

    async def work() -> None:
        for address in queue:
            found[address] = await _discover_one(dispatcher, community, address, asked)

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    dispatcher.close()
    return found


async def _discover_one(dispatcher: Any, community: Any, address: str, asked: list[Question]) -> Values:
    from pysnmp.hlapi.v1arch.asyncio import UdpTransportTarget, bulk_cmd, get_cmd, next_cmd
    from pysnmp.proto.rfc1902 import Null, ObjectName

    target = await UdpTransportTarget.create((address, SNMP_PORT), timeout=WAIT_S, retries=0)
    values: Values = set()
    for kind, names, repetitions in asked:
        answer: Any
        pairs: list[Any] = [(ObjectName(name), Null("")) for name in names]
        if kind == "bulk":
            answer = await bulk_cmd(dispatcher, community, target, 0, repetitions, *pairs, lookupMib=False)
        else:
            command = get_cmd if kind == "get" else next_cmd
            answer = await command(dispatcher, community, target, *pairs, lookupMib=False)
        error, status, _, varbinds = answer
        assert not error, error
        assert not status, status
        values.update((tuple(name), foreign(value)) for name, value in varbinds)
    return values


def foreign(value: Any) -> str:
    """A pysnmp value as `_shown` writes ours."""
    kind = type(value).__name__
    if kind in ("OctetString", "IpAddress", "Opaque"):
        return bytes(value).hex()
    if kind in ("Null", "NoSuchObject", "NoSuchInstance", "EndOfMibView"):
        return ""
    return str(tuple(value)) if kind in ("ObjectIdentifier", "ObjectName") else str(int(value))


def theirs(count: int, folder: Path) -> tuple[Asked, dict[str, Values]]:
    asked = questions(folder)
    asyncio.run(_discover(1, asked))
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    found = asyncio.run(_discover(count, asked))
    return Asked(time.perf_counter() - wall_s, time.process_time() - cpu_s, (), 0), found


def sweep(folder: Path, *, store: bool) -> tuple[Asked, list[str]]:
    """4096 addresses, each asked once; who answered."""
    limits = Limits(answer_s=TIMEOUT_S, most_devices=SWEPT)
    asked = ask(scope_for(addresses(SWEPT), "snmp", SNMP_PORT, limits), folder, Way(store, resend=False))
    return asked, sorted(str(o.target.ip) for o in asked.observations if o.target and o.outcome == "answered")


def checked(found: dict[str, Values], count: int) -> dict[str, Any]:
    """Figures of the values. Raises AssertionError when a device is missing or answered with another's name.

    digest: of all values. in_tables: of those of the tables' entries, which is what a walk of one column each brings.
    """
    assert sorted(found) == sorted(addresses(count)), "a device is missing"
    for address, values in found.items():
        assert (objects.SYS_NAME, name_of(address).encode().hex()) in values, f"{address} has another's name"
    inside = {address: {one for one in values if is_in_tables(one[0])} for address, values in found.items()}
    return {"values": sum(map(len, found.values())) // count, "digest": _digest(found), "in_tables": _digest(inside)}


def is_in_tables(name: Oid) -> bool:
    return any(name[: len(entry)] == entry for entry in ENTRIES)


def _digest(found: dict[str, Values]) -> str:
    import hashlib

    text = "\n".join(f"{address} {sorted(found[address])}" for address in sorted(found))
    return hashlib.sha256(text.encode()).hexdigest()


def main(arguments: Iterable[str]) -> None:
    side, count = arguments
    with TemporaryDirectory() as made:
        folder = Path(made)
        if side.startswith("sweep"):
            asked, who = sweep(folder, store=side == "sweep-whole")
            missed = len(set(alive(SWEPT)) - set(who))
            print(json.dumps({"wall": asked.wall_s, "cpu": asked.cpu_s, "found": len(who), "missed": missed}))
            return
        run = theirs if side == "pysnmp" else partial(ours, store=side == "whole")
        asked, found = run(int(count), folder)
        pdus = sum(bool(exchange.sent) for one in asked.observations for exchange in one.exchanges)
        figures = {"wall": asked.wall_s, "cpu": asked.cpu_s, "pdus": pdus}
        print(json.dumps(figures | checked(found, int(count))))


if __name__ == "__main__":
    main(sys.argv[1:])
