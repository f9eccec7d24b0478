"""Listening to a segment: every port that speaks LLDP tells who it is, usually each 30 seconds.

A frame is about its sender. Bridges do not pass on what is sent to the nearest bridge, so a single sender heard there
is the other end of our own cable; several mean that something between us passes on what it should not, and then
nobody's port is claimed to face ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from assetctl import ethernet
from assetctl.errors import WireError
from assetctl.ethernet import Frame
from assetctl.model import STATION, Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.lldp import codec, organisation
from assetctl.protocols.lldp.codec import Unit
from assetctl.talk import Ask, Open, Talk

LISTEN_S = 35.0  # the usual interval of 30 s, and something over
MOST_FRAMES = 512
STATION_NAME_CONFIDENCE = 85  # it stands within another field


@dataclass(frozen=True, slots=True)
class _Heard:
    frame: Frame
    unit: Unit


def probe(context: Context) -> Talk:
    """Listen to whoever tells something; nothing is sent."""
    reply = yield Open(Transport.LINK, context.port, groups=codec.GROUPS)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    listen_s = float(context.parameters.get("listen_s", LISTEN_S))
    reply = yield Ask(b"", codec.FRAMING, MOST_FRAMES, listen_s, codec.is_lldp)
    return tuple(dict.fromkeys(_claims(reply.frames, context.host)))


def _claims(frames: tuple[bytes, ...], interface: str) -> Iterator[Claim]:
    """What each sender said last, under its MAC address."""
    heard: dict[tuple[str, str], _Heard] = {}
    for frame in frames:
        try:
            whole = ethernet.decode(frame)
            unit = codec.decode(whole.payload)
        except WireError:
            continue  # one sender's broken unit costs that sender alone
        if ethernet.is_single(bytes.fromhex(whole.source.replace(":", ""))):
            heard[whole.source, unit.port.text] = _Heard(whole, unit)
    nearest = ethernet.mac_text(codec.NEAREST_BRIDGE)
    facing = [one for one in heard.values() if one.frame.destination == nearest]
    for one in heard.values():
        yield from _sender(one, interface if facing == [one] else "")


def _sender(heard: _Heard, interface: str) -> Iterator[Claim]:
    unit, mac = heard.unit, heard.frame.source
    part = f"{STATION}{mac}"
    yield Claim("mac_address", mac, SubjectKind.INTERFACE, mac, part)
    yield from _chassis(unit, part)
    yield from _port(unit, mac, part)
    if unit.system_name:
        yield Claim("hostname", unit.system_name, part=part)
    if name := organisation.station_name(unit):
        yield Claim("hostname", name, part=part, confidence=STATION_NAME_CONFIDENCE)
    if text := unit.system_description or organisation.system_identification(unit):
        yield Claim("description", text, part=part)
    for key, names in (("lldp_capabilities", unit.capabilities), ("lldp_enabled_capabilities", unit.enabled)):
        if names:
            yield Claim(key, names, part=part)
    yield Claim("lldp_ttl_s", unit.ttl_s, part=part)
    yield from organisation.claims(unit, part=part, port=mac)
    if interface:
        here = SubjectKind.NEIGHBOUR, f"{unit.port.text}/{interface}", part
        yield Claim("neighbour_local_port", unit.port.text, *here)
        yield Claim("neighbour_port", interface, *here)
        yield Claim("neighbour_learned_by", ("lldp",), *here)


_PORT_NAMES = {"interfaceName": "interface_name", "local": "interface_name", "interfaceAlias": "interface_alias"}


def _chassis(unit: Unit, part: str) -> Iterator[Claim]:
    yield Claim("lldp_chassis_id", unit.chassis.text, part=part)
    if (mac := unit.chassis.mac) and ethernet.is_single(bytes.fromhex(mac.replace(":", ""))):
        yield Claim("mac_address", mac, SubjectKind.INTERFACE, mac, part)
    own = [ip_address(unit.chassis.text)] if unit.chassis.kind == "networkAddress" else []
    for ip in dict.fromkeys((*(told.ip for told in unit.managements), *own)):
        if not (ip.is_unspecified or ip.is_loopback or ip.is_multicast):
            yield Claim("ip_address", str(ip), SubjectKind.INTERFACE, str(ip), part)
    for told in unit.managements:
        if told.interface is not None:
            yield Claim("interface_index", told.interface, SubjectKind.INTERFACE, str(told.ip), part)


def _port(unit: Unit, mac: str, part: str) -> Iterator[Claim]:
    where = SubjectKind.INTERFACE, mac, part
    if unit.port.mac and ethernet.is_single(bytes.fromhex(unit.port.mac.replace(":", ""))):
        yield Claim("mac_address", unit.port.mac, SubjectKind.INTERFACE, unit.port.mac, part)
    elif unit.port.kind in _PORT_NAMES and unit.port.text:
        yield Claim(_PORT_NAMES[unit.port.kind], unit.port.text, *where)
    if unit.port_description:
        yield Claim("interface_description", unit.port_description, *where)
