"""What the logs of Zeek and of the ICSNPP parsers say of devices -> claims, in the keys and forms of a scan.

Read are only logs whose fields are documented, and of those only what a device said of itself.
Source: Zeek's script reference (dhcp, ssh, ssl, x509, snmp, modbus, dnp3, mqtt_connect, ntp, rdp); for the logs of the
ICSNPP parsers see `zeek_industrial`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from assetctl import oui
from assetctl.exchange.flow_rows import OLDEST, address, moment
from assetctl.exchange.zeek_certificates import X509, Facts, shown, told_of
from assetctl.exchange.zeek_industrial import INDUSTRIAL, ORDERS, own_unit
from assetctl.exchange.zeek_process import PROCESS, own_hart
from assetctl.exchange.zeek_rows import Log, Row
from assetctl.exchange.zeek_said import CONFIDENCE, NAME_CONFIDENCE, Said, answers, claims, of_a_plant, service
from assetctl.model import Address, Claim, IPAddress, Observation, Outcome, SubjectKind, Transport, Value

SOURCE = "zeek"
READER = "zeek/1"
MOST_DEVICES = 50_000
MOST_CLAIMS = 256  # of one device in one log


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


def read_devices(log: Log, *, newest: datetime, certificates: Mapping[str, Facts] = MappingProxyType({})) -> Devices:
    """All devices of a log. certificates: what x509.log says of those that servers show.

    Raises InputError when it is no log of Zeek, and ValueError when it is one that is not read here.
    """
    found = Devices()
    for row in log.rows():
        reader = READERS.get(log.name.replace("-", "_"))
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
        one.claims.update(dict.fromkeys(told_of(one.claims, certificates)))
        _settle(one)
    return found


def _take(found: Devices, said: Said, line: int, at: datetime) -> None:
    ip, mac, told = said
    key = mac or str(ip)
    device = found.by_key.get(key)
    if device is None:
        if len(found.by_key) >= MOST_DEVICES:
            found.beyond += 1
            return
        device = found.by_key[key] = _Device(at, at, line)
    device.first, device.last = min(device.first, at), max(device.last, at)
    device.ip = ip or device.ip
    for claim in told:
        if len(device.claims) < MOST_CLAIMS:
            device.claims.setdefault(claim)


def _settle(device: _Device) -> None:
    """Draw together what single rows told: texts of one fact, and units behind a device that are the device itself."""
    told = own_hart(own_unit(device.claims))
    joined: dict[tuple[str, SubjectKind, str, str], set[str]] = {}
    device.claims = {}
    for claim in told:
        if isinstance(claim.value, tuple):
            joined.setdefault((claim.key, claim.kind, claim.local_key, claim.part), set()).update(claim.value)
        else:
            device.claims[claim] = None
    for (key, kind, local, part), values in joined.items():
        ordered = tuple(text for text in ORDERS.get(key, ()) if text in values)
        texts = (*ordered, *sorted(values.difference(ordered)))
        device.claims[Claim(key, texts, kind, local, part, CONFIDENCE)] = None


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


def _dhcp(row: Row) -> Iterator[Said]:
    mac = oui.normal(row["mac"])
    if mac is None:
        raise ValueError("mac: a hardware address is expected")
    given = row["assigned_addr"] or row["client_addr"]
    ip = address(given) if given and given not in ("0.0.0.0", "255.255.255.255") else None  # noqa: S104
    name = row["host_name"] or row["client_fqdn"].partition(".")[0]
    link = Claim("mac_address", mac, SubjectKind.INTERFACE, f"ip/{ip}" if ip else mac, confidence=CONFIDENCE)
    if ip or name:
        yield ip, mac, (link, *claims({"hostname": name}, NAME_CONFIDENCE))


def _ssh(row: Row) -> Iterator[Said]:
    found = re.match(r"SSH-([0-9]\.[0-9]{1,2})-", row["server"])
    if found:
        told = {"service_name": "ssh", "service_source": "probed", "service_banner": row["server"]}
        told["ssh_protocol_version"] = found[1]
        yield from of_a_plant(row, told)


_TLS = {"SSLv3": "SSLv3", "TLSv10": "TLSv1.0", "TLSv11": "TLSv1.1", "TLSv12": "TLSv1.2", "TLSv13": "TLSv1.3"}


def _ssl(row: Row) -> Iterator[Said]:
    version = _TLS.get(row["version"])
    if version and row["established"] == "T":
        for ip, mac, told in of_a_plant(row, {"service_tunnel": "ssl", "tls_versions": (version,)}):
            yield ip, mac, (*told, *_certificate(row))


def _certificate(row: Row) -> Iterator[Claim]:
    if leaf := shown(row):
        where = SubjectKind.CERTIFICATE, f"tcp/{int(row['id.resp_p'])}/{leaf}"
        yield Claim("certificate_fingerprint", leaf, *where, confidence=CONFIDENCE)


_SNMP = {"1": "v1", "2c": "v2c", "3": "v3"}


def _snmp(row: Row) -> Iterator[Said]:
    version = _SNMP.get(row["version"], "")
    if not version or not int(row["get_responses"] or 0):
        return
    told: dict[str, Value] = {"snmp_versions_answered": (version,), "description": row["display_string"]}
    found = list(claims(told))
    if row["community"] in ("public", "private") and version != "v3":
        found.append(Claim("snmp_default_community_accepted", True, confidence=CONFIDENCE))
    spoken = service(row, Transport.UDP, {"service_name": "snmp", "service_source": "probed"})
    yield address(row["id.resp_h"]), "", (*spoken, *found)


READERS: Mapping[str, Callable[[Row], Iterator[Said]]] = {
    **INDUSTRIAL,
    **PROCESS,
    "dhcp": _dhcp,
    "dnp3": answers("dnp3", lambda row: bool(row["fc_reply"])),
    "modbus": answers("modbus", lambda row: row["pdu_type"] in ("", "RESP")),
    "mqtt_connect": answers("mqtt", lambda row: bool(row["connect_status"])),
    "ntp": answers("ntp", lambda row: row["mode"] == "4", Transport.UDP),
    "rdp": answers("rdp", lambda row: bool(row["security_protocol"])),
    "snmp": _snmp,
    "ssh": _ssh,
    "ssl": _ssl,
    X509: lambda _: iter(()),
}
