"""The depth questions: which tables each of them reads, in which order, and what they say together.

Each has its own purse. The names of the interfaces are read once, by the first of them that needs them.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field

from assetctl.model import Claim
from assetctl.protocols.snmp import arp, bridge, cdp, claims, entities, host, lldp, objects
from assetctl.protocols.snmp.neighbours import Neighbours, Ports, ports_of
from assetctl.protocols.snmp.walk import Rows, Session, Table, read_scalars, read_table
from assetctl.talk import Ask, Reply

TABLES, NEIGHBOURS, FDB, ARP, HOST = (
    *("snmp.tables", "snmp.neighbours", "snmp.fdb", "snmp.arp", "snmp.host-resources"),
)
QUESTIONS: Mapping[str, int] = {TABLES: 400, NEIGHBOURS: 200, FDB: 400, ARP: 300, HOST: 300}

ENTITIES = Table("entity", objects.ENTITY, rounds=140)
ENTITIES_MORE = Table("entity-more", objects.ENTITY_MORE, rounds=70)
INTERFACES = Table("interface", objects.INTERFACES, rounds=180)
PORT_NAMES = Table("interface", objects.PORT_NAMES, rounds=80)
ADDRESSES = Table("ip-address", objects.ADDRESSES, rounds=40, octets=22, numbers=0)
IPV4_ADDRESSES = Table("ipv4-address", objects.IPV4_ADDRESSES, rounds=40, octets=4, numbers=0)

Reading = Generator[Ask, Reply, None]


@dataclass(slots=True)
class Found:
    """What was read so far. knows_ports: the interfaces were read with their names. told: claims of the tables read."""

    parts: Rows
    interfaces: Rows
    addresses: Rows = field(default_factory=dict)
    knows_ports: bool = False
    neighbours: Neighbours = field(default_factory=Neighbours)
    told: list[Claim] = field(default_factory=list)

    def claims(self) -> Iterator[Claim]:
        yield from entities.entity_claims(self.parts)
        yield from claims.interface_claims(self.interfaces)
        yield from claims.address_claims(self.addresses)
        yield from self.told
        yield from self.neighbours.claims()


def read(session: Session, wanted: frozenset[str], found: Found) -> Reading:
    """Read what each wanted depth question stands for, and note which of them were not come to."""
    session.is_depth = True
    for name, reader in _READERS.items():
        if name not in wanted:
            continue
        if session.ended:
            session.cut[name] = "not asked"
            continue
        session.purse = QUESTIONS[name]
        yield from reader(session, found)


def _tables(session: Session, found: Found) -> Reading:
    if found.parts:  # many agents have no such table
        _join(found.parts, (yield from read_table(session, ENTITIES)))
        _join(found.parts, (yield from read_table(session, ENTITIES_MORE)))
    if found.interfaces:
        _join(found.interfaces, (yield from read_table(session, INTERFACES)))
        found.knows_ports = True
    found.addresses = yield from read_table(session, ADDRESSES)
    if not found.addresses:
        found.addresses = yield from read_table(session, IPV4_ADDRESSES)


def _ports(session: Session, found: Found) -> Generator[Ask, Reply, Ports]:
    if found.interfaces and not found.knows_ports:
        _join(found.interfaces, (yield from read_table(session, PORT_NAMES)))
        found.knows_ports = True
    return ports_of(found.interfaces)


def _neighbours(session: Session, found: Found) -> Reading:
    own = yield from read_scalars(session, lldp.LOCAL)
    found.told += lldp.local_claims(own)
    remote = yield from read_table(session, lldp.REMOTE, enough=lldp.is_repeated)
    if remote:
        local = yield from read_table(session, lldp.LOCAL_PORTS)
        addresses = yield from read_table(session, lldp.MANAGEMENT, enough=lldp.is_repeated)
        ports = yield from _ports(session, found)
        lldp.add_neighbours(found.neighbours, lldp.Heard(remote, addresses, local), ports)
    else:
        remote = yield from read_table(session, lldp.REMOTE_V2, enough=lldp.is_repeated)
        if remote:
            addresses = yield from read_table(session, lldp.MANAGEMENT_V2, enough=lldp.is_repeated)
            ports = yield from _ports(session, found)
            lldp.add_v2_neighbours(found.neighbours, lldp.Heard(remote, addresses), ports)
    yield from _cdp(session, found)


def _cdp(session: Session, found: Found) -> Reading:
    heard = yield from read_table(session, cdp.CACHE)
    if heard:
        ports = yield from _ports(session, found)
        cdp.add_neighbours(found.neighbours, heard, ports)


def _fdb(session: Session, found: Found) -> Reading:
    base = yield from read_scalars(session, bridge.BASE)
    base_ports = yield from read_table(session, bridge.BASE_PORTS)
    if not claims.octets(base, bridge.BASE_ADDRESS) and not base_ports:  # no bridge
        return
    ports = yield from _ports(session, found)
    vlans = yield from read_table(session, bridge.VLANS, enough=bridge.is_repeated)
    forwarding = yield from read_table(session, bridge.Q_FDB)
    is_by_vlan = bool(forwarding)
    if not is_by_vlan:
        forwarding = yield from read_table(session, bridge.FDB)
    static = yield from read_table(session, bridge.STATIC_VLANS)
    port_vlans = yield from read_table(session, bridge.PORT_VLANS)
    read_all = bridge.Bridge(base, base_ports, forwarding, is_by_vlan, vlans, static, port_vlans)
    found.told += bridge.bridge_claims(read_all)
    bridge.add_neighbours(found.neighbours, read_all, ports)


def _arp(session: Session, found: Found) -> Reading:
    physical = yield from read_table(session, arp.PHYSICAL)
    media: Rows = {}
    if not arp.has_ipv4(physical):
        media = yield from read_table(session, arp.MEDIA)
    if physical or media:
        ports = yield from _ports(session, found)
        arp.add_neighbours(found.neighbours, physical, media, ports)


def _host(session: Session, found: Found) -> Reading:
    system = yield from read_scalars(session, host.SYSTEM)
    devices = yield from read_table(session, host.DEVICES)
    found.told += host.host_claims(system, devices)
    found.told += host.software_claims((yield from read_table(session, host.SOFTWARE)))


_READERS: Mapping[str, Callable[[Session, Found], Reading]] = {
    TABLES: _tables,
    NEIGHBOURS: _neighbours,
    FDB: _fdb,
    ARP: _arp,
    HOST: _host,
}


def _join(rows: Rows, more: Rows) -> None:
    """Add what another reading of a table brought, row by row."""
    for index, row in more.items():
        rows.setdefault(index, {}).update(row)
