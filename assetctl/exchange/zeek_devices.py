"""What the logs of Zeek and of the ICSNPP parsers say of devices -> claims, in the keys and forms of a scan.

Read are only logs whose fields are documented, and of those only what a device said of itself. Who said it, the
direction tells: the server of a connection, or the side that is_orig names. Where neither tells it, the row is left out
and counted.
Sources: Zeek's script reference (dhcp, ssh, ssl, snmp, modbus, dnp3); the scripts of icsnpp-enip (cip_identity) and
icsnpp-bacnet (bacnet_discovery, bacnet_property).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from assetctl import oui
from assetctl.exchange.capture.hosts import is_of_a_plant
from assetctl.exchange.flow_rows import OLDEST, address, moment
from assetctl.exchange.zeek_rows import Log, Row
from assetctl.model import Address, Claim, IPAddress, Observation, Outcome, PortState, SubjectKind, Transport, Value

SOURCE = "zeek"
READER = "zeek/1"
MOST_DEVICES = 50_000
MOST_CLAIMS = 256  # of one device in one log
CONFIDENCE, NAME_CONFIDENCE, REGISTRY_CONFIDENCE = 85, 60, 70
_NO_NAMES = ("Unknown", "unknown", "Reserved")

Said = tuple[IPAddress | None, str, Iterable[Claim]]
"""Who, the address of the link or "", and what."""


@dataclass(slots=True)
class _Device:
    first: datetime
    last: datetime
    line: int
    claims: dict[Claim, None] = field(default_factory=dict)
    ip: IPAddress | None = None


@dataclass(slots=True)
class Devices:
    """The devices of one log."""

    by_key: dict[str, _Device] = field(default_factory=dict)
    beyond: int = 0


def read_devices(log: Log, *, newest: datetime) -> Devices:
    """All devices of a log. Raises InputError when it is none of Zeek, and ValueError when it is not read here."""
    found = Devices()
    for row in log.rows():
        reader = READERS.get(log.name)
        if reader is None:
            raise ValueError(log.name)
        try:
            at = moment(row["ts"])
            if not OLDEST <= at <= newest:
                raise ValueError(f"the time {at:%Y-%m-%d %H:%M} cannot be right")
            for said in reader(row):
                _take(found, said, row.number, at)
        except (ValueError, OverflowError) as fault:
            log.skip(row.number, str(fault))
    for one in found.by_key.values():
        _join_versions(one)
    return found


def _take(found: Devices, said: Said, line: int, at: datetime) -> None:
    ip, mac, claims = said
    key = mac or str(ip)
    device = found.by_key.get(key)
    if device is None:
        if len(found.by_key) >= MOST_DEVICES:
            found.beyond += 1
            return
        device = found.by_key[key] = _Device(at, at, line)
    device.first, device.last = min(device.first, at), max(device.last, at)
    device.ip = ip or device.ip
    for claim in claims:
        if len(device.claims) < MOST_CLAIMS:
            device.claims.setdefault(claim)


def _join_versions(device: _Device) -> None:
    """Draw the versions together that single rows told of one service."""
    joined: dict[tuple[str, SubjectKind, str], set[str]] = {}
    for claim in list(device.claims):
        if isinstance(claim.value, tuple):
            joined.setdefault((claim.key, claim.kind, claim.local_key), set()).update(claim.value)
            del device.claims[claim]
    for (key, kind, local), values in joined.items():
        device.claims[Claim(key, tuple(sorted(values)), kind, local, confidence=CONFIDENCE)] = None


def observations(found: Devices, log: Log, *, scan: str, realm: str, file: str) -> Iterator[Observation]:
    """One observation for each device of a log, in a fixed order."""
    for key, one in sorted(found.by_key.items()):
        own = (Claim("reachable", True), Claim("ip_address", str(one.ip), SubjectKind.INTERFACE, f"ip/{one.ip}"))
        yield Observation(
            id="zeek-" + sha256(f"{realm}\n{log.sha256}\n{log.name}\n{key}".encode()).hexdigest()[:24],
            scan=scan,
            source=SOURCE,
            reader=READER,
            realm=realm,
            target=Address(realm, one.ip) if one.ip is not None else None,
            vantage="import",
            outcome=Outcome.ANSWERED,
            started=one.first,
            ended=one.last,
            exchanges=(),
            claims=(*(own if one.ip is not None else ()), *one.claims),
            record=f"{file}: line {one.line}",
            options={"file": log.sha256},
        )


def _service(row: Row, transport: Transport, told: Mapping[str, Value]) -> Iterator[Claim]:
    key = f"{transport}/{int(row['id.resp_p'])}"
    yield Claim("port_state", PortState.OPEN, SubjectKind.SERVICE, key)
    for name, value in told.items():
        if value not in ("", ()):
            yield Claim(name, value, SubjectKind.SERVICE, key, confidence=CONFIDENCE)


def _claims(told: Mapping[str, Value], confidence: int = CONFIDENCE) -> Iterator[Claim]:
    return (Claim(key, value, confidence=confidence) for key, value in told.items() if value not in ("", ()))


def _dhcp(row: Row) -> Iterator[Said]:
    mac = oui.normal(row["mac"])
    if mac is None:
        raise ValueError("mac: a hardware address is expected")
    given = row["assigned_addr"] or row["client_addr"]
    ip = address(given) if given and given not in ("0.0.0.0", "255.255.255.255") else None  # noqa: S104
    name = row["host_name"] or row["client_fqdn"].partition(".")[0]
    link = Claim("mac_address", mac, SubjectKind.INTERFACE, f"ip/{ip}" if ip else mac, confidence=CONFIDENCE)
    if ip or name:
        yield ip, mac, (link, *_claims({"hostname": name}, NAME_CONFIDENCE))


def _ssh(row: Row) -> Iterator[Said]:
    found = re.match(r"SSH-([0-9]\.[0-9]{1,2})-", row["server"])
    if found:
        told = {"service_name": "ssh", "service_source": "probed", "service_banner": row["server"]}
        told["ssh_protocol_version"] = found[1]
        yield from _of_a_plant(row, told)


def _of_a_plant(row: Row, told: Mapping[str, Value]) -> Iterator[Said]:
    """A server of private address; those of the rest of the world are in nobody's inventory."""
    ip = address(row["id.resp_h"])
    if is_of_a_plant(ip):
        yield ip, "", _service(row, Transport.TCP, told)


_TLS = {"SSLv3": "SSLv3", "TLSv10": "TLSv1.0", "TLSv11": "TLSv1.1", "TLSv12": "TLSv1.2", "TLSv13": "TLSv1.3"}


def _ssl(row: Row) -> Iterator[Said]:
    version = _TLS.get(row["version"])
    if version and row["established"] == "T":
        yield from _of_a_plant(row, {"service_tunnel": "ssl", "tls_versions": (version,)})


_SNMP = {"1": "v1", "2c": "v2c", "3": "v3"}


def _snmp(row: Row) -> Iterator[Said]:
    version = _SNMP.get(row["version"], "")
    if not version or not int(row["get_responses"] or 0):
        return
    told: dict[str, Value] = {"snmp_versions_answered": (version,), "description": row["display_string"]}
    claims = list(_claims(told))
    if row["community"] in ("public", "private") and version != "v3":
        claims.append(Claim("snmp_default_community_accepted", True, confidence=CONFIDENCE))
    service = _service(row, Transport.UDP, {"service_name": "snmp", "service_source": "probed"})
    yield address(row["id.resp_h"]), "", (*service, *claims)


def _answers(name: str, has_answer: Callable[[Row], bool]) -> Callable[[Row], Iterator[Said]]:
    """A server that answered in a protocol, of which the log tells no more."""

    def read(row: Row) -> Iterator[Said]:
        if has_answer(row):
            told = {"service_name": name, "service_source": "probed"}
            yield address(row["id.resp_h"]), "", _service(row, Transport.TCP, told)

    return read


def _speaker(row: Row, port: int) -> IPAddress:
    """Who sent a message. Raises ValueError where the row does not tell."""
    if row["source_h"]:
        return address(row["source_h"])
    if row["is_orig"] in ("T", "F"):
        return address(row["id.orig_h"] if row["is_orig"] == "T" else row["id.resp_h"])
    ends = {side: row[f"id.{side}_p"] == str(port) for side in ("orig", "resp")}
    if ends["orig"] == ends["resp"]:
        raise ValueError("which side said it is not told; a newer version of the parser logs is_orig")
    return address(row["id.orig_h"] if ends["orig"] else row["id.resp_h"])


def _cip_identity(row: Row) -> Iterator[Said]:
    serial = int(row["serial_number"] or "0", 16)
    vendor = int(row["vendor_id"])
    major, _, minor = row["revision"].partition(".")
    revision = f"{int(major)}.{int(minor):0{3 if vendor == 1 else 1}d}" if minor else ""
    told: dict[str, Value] = {
        "manufacturer": _named(row["vendor_name"]),
        "model": row["product_name"].strip(),
        "serial_number": f"{serial:08X}" if serial else "",
        "firmware_software_version": revision if revision.strip("0.") else "",
        "cip_vendor_id": vendor,
        "cip_device_type": int(row["device_type_id"]),
        "cip_product_code": int(row["product_code"]),
    }
    yield _speaker(row, 44818), "", _claims(told)


def _named(text: str) -> str:
    return "" if text.startswith(_NO_NAMES) else text


_PROPERTIES = {
    "vendor-name": "manufacturer",
    "model-name": "model",
    "firmware-revision": "firmware_software_version",
    "application-software-version": "application_software_version",
    "object-name": "hostname",
    "serial-number": "serial_number",
    "description": "description",
    "location": "physical_location_address",
}


def _bacnet_property(row: Row) -> Iterator[Said]:
    prop = row["property"].replace("_", "-")
    is_answer = row["pdu_service"].replace("_", "-").endswith("ack") and row["object_type"] == "device"
    if is_answer and prop in _PROPERTIES and row["value"] and not row["array_index"]:
        instance = int(row["instance_number"])
        told: dict[str, Value] = {"bacnet_device_instance": instance, _PROPERTIES[prop]: row["value"]}
        yield _speaker(row, 47808), "", _claims(told)


def _bacnet_discovery(row: Row) -> Iterator[Said]:
    if row["pdu_service"] != "i-am" or row["object_type"] != "device":
        return
    told: dict[str, Value] = {"bacnet_device_instance": int(row["instance_number"])}
    # an I-Am nobody asked for by its address begins what Zeek takes for a connection: its sender is the originator
    who = address(row["id.orig_h"]) if _is_alone(row) else _speaker(row, 47808)
    yield who, "", (*_claims(told), *_claims({"manufacturer": _named(row["vendor"])}, REGISTRY_CONFIDENCE))


def _is_alone(row: Row) -> bool:
    """Whether a row without a direction went to a broadcast address, which never answers."""
    target = address(row["id.resp_h"])
    return not row["is_orig"] and target.version == 4 and int(target) & 0xFF == 0xFF


READERS: Mapping[str, Callable[[Row], Iterator[Said]]] = {
    "bacnet_discovery": _bacnet_discovery,
    "bacnet_property": _bacnet_property,
    "cip_identity": _cip_identity,
    "dhcp": _dhcp,
    "dnp3": _answers("dnp3", lambda row: bool(row["fc_reply"])),
    "modbus": _answers("modbus", lambda row: row["pdu_type"] in ("", "RESP")),
    "snmp": _snmp,
    "ssh": _ssh,
    "ssl": _ssl,
}
