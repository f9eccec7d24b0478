"""The keys that tie sightings together, and which of them are worth nothing."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_address
from itertools import combinations

from assetctl import oui
from assetctl.model import Address, IPAddress, SubjectKind
from assetctl.sightings import PROBE, Sighting
from assetctl.text import folded as alike


class KeyClass(IntEnum):
    """Strongest first. A MAC comes before an engine id: engine ids are cloned with images and change on a reset."""

    SERIAL_NUMBER = 1
    CHASSIS_SLOT = 2
    MAC_ADDRESS = 3
    SNMP_ENGINE_ID = 4
    ADDRESS = 5
    PART = 6


STRONG = (KeyClass.SERIAL_NUMBER, KeyClass.CHASSIS_SLOT, KeyClass.MAC_ADDRESS, KeyClass.SNMP_ENGINE_ID)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One key. mark: what contradicts another mark of the same class.

    For serial numbers that is the number without maker, signs and leading zeros, which protocols spell differently.
    """

    klass: KeyClass
    value: str
    mark: str

    @property
    def spelled_alike(self) -> str:
        """The same for a serial number in every spelling; the value of any other key and of a short number."""
        is_long = self.klass is KeyClass.SERIAL_NUMBER and len(self.mark) >= LEAST_BARE_SERIAL
        return _bare(self.value.upper()) if is_long else self.value

    def __str__(self) -> str:
        return f"{self.klass.name.lower()} {self.value}"


# what makers and users write when there is no number
_NO_SERIAL = frozenset(
    {"0", "n/a", "na", "none", "null", "nil", "unknown", "unspecified", "undefined", "default string", "not available"}
    | {"not specified", "not set", "not present", "not applicable", "serial number", "system serial number", "xxxxxxxx"}
    | {"to be filled by o.e.m.", "to be filled by oem", "123456", "1234567", "12345678", "123456789", "1234567890"}
    | {"0123456789", "012345678", "987654321", "9876543210", "12345", "123456789000", "12345678901234567"}
    | {"nullstring", "unknow", "unspecifiedsystemserial", "default", "eval", "iatpass", "tulipcomputers", "s/n"}
    | {"oemserial", "serialnumber", "systemserialnumber", "systemserialnumb", "serialnumberxxxxxx"}
    | {"00000001", "deadbeef"}
    | {"075bcd15", "499602d2", "00bc614e"}  # 123456789, 1234567890 and 12345678 in the digits of CIP
)
_LABEL = re.compile(r"(?:0X|S/?N|SYS|MB|S ?C)[-:# ]*(?=[0-9])")  # what stands before a number that may say nothing
_VIRTUAL_MACS = (
    "00:00:5E:00:01:",  # VRRP and CARP for IPv4
    "00:00:5E:00:02:",  # VRRP for IPv6
    "00:00:0C:07:AC:",  # HSRP
    "00:00:0C:9F:F",  # HSRP version 2
    "00:05:73:A0:0",  # HSRP for IPv6
    "00:07:B4:00:",  # GLBP
    *("00:09:0F:09:", "E0:23:FF:FC:", "E0:23:FF:FD:", "E0:23:FF:FE:"),  # clusters of FortiGate, by the group's number
    "00:50:56:C0:00:",  # host side of VMware Workstation: the same on every engineering station
)
_NO_MACS = frozenset(
    {"00:11:22:33:44:55", "00:01:02:03:04:05", "00:12:34:56:78:9A"}
    # adapters that software brings along: for dialling in, for tunnels, for modems
    | {"00:53:45:00:00:00", "20:41:53:59:4E:FF", "24:B6:20:52:41:53", "50:50:54:50:30:30", "44:45:53:54:00:00"}
    | {"00:05:9A:3C:78:00", "00:05:9A:3C:7A:00", "00:09:0F:FE:00:01", "00:0B:CA:FE:00:00", "00:A0:C6:00:00:00"}
)
_ONE_SIGN = re.compile(r"(\w)\1{2,}")
_SEPARATORS = re.compile(r"[\s_]+")
PRODUCT = frozenset({"manufacturer", "model", "order_code"})
NAME = frozenset({"hostname"})
_OF_ONE_TALK = (PROBE, "snmp-walk")
Told = dict[tuple[str, str], set[str]]  # texts by reader and key
LEAST_BARE_SERIAL = 6  # characters of a serial number without a maker: shorter ones are counted by everybody


def strong(seen: Iterable[Sighting]) -> Mapping[str, tuple[Key, ...]]:
    """The strong keys of each sighting by its id, strongest first.

    A key that several parts of one observation hold is none of theirs: modules repeat the number of their chassis.
    """
    sightings = tuple(seen)
    held = {sighting.id: tuple(sorted(_keys(sighting))) for sighting in sightings}
    repeats = Counter((one.observation, key) for one in sightings if one.part for key in held[one.id])
    return {
        one.id: tuple(key for key in held[one.id] if not one.part or repeats[one.observation, key] == 1)
        for one in sightings
    }


def _keys(sighting: Sighting) -> Iterable[Key]:
    texts: dict[str, set[str]] = {}
    for claim in sighting.all_claims:
        wanted = SubjectKind.INTERFACE if claim.key == "mac_address" else SubjectKind.ASSET
        if claim.kind is wanted:
            texts.setdefault(claim.key, set()).add(str(claim.value))
    keys = set(_by_serial(_maker(sighting), texts))
    chassis = {normal for text in texts.get("chassis_serial_number", ()) if (normal := serial_number(text, maker="?"))}
    for place in (f"{one} slot {slot}" for one in chassis for slot in texts.get("slot", ())):
        keys.add(Key(KeyClass.CHASSIS_SLOT, place, place))
    for mac in {normal for text in texts.get("mac_address", ()) if (normal := mac_address(text))}:
        keys.add(Key(KeyClass.MAC_ADDRESS, mac, mac))
    for engine in {normal for text in texts.get("snmp_engine_id", ()) if (normal := engine_id(text))}:
        keys.add(Key(KeyClass.SNMP_ENGINE_ID, engine, engine))
    return keys


def _by_serial(maker: str, texts: Mapping[str, set[str]]) -> Iterator[Key]:
    """Its serial numbers, each with the maker; one that the maker counts anew for each model also with the models."""
    models = texts.get("model", set()) | texts.get("order_code", set())
    for serial in {normal for text in texts.get("serial_number", ()) if (normal := serial_number(text, maker=maker))}:
        mark = _bare(serial).removeprefix("0X").lstrip("0") or serial
        if models and _is_counter(serial):
            yield from (Key(KeyClass.SERIAL_NUMBER, f"{maker} {model} {serial}", mark) for model in models)
        else:
            yield Key(KeyClass.SERIAL_NUMBER, f"{maker or '?'} {serial}", mark)


def _is_counter(serial: str) -> bool:
    """Whether a serial number is so short that a maker counts anew for each model."""
    return serial.isdigit() and len(serial) < LEAST_BARE_SERIAL


def _maker(sighting: Sighting) -> str:
    """The maker that belongs to a serial number: told rather than derived, surer first, "" when nobody says."""
    told = [claim for claim in sighting.claims if claim.key == "manufacturer"]
    derived = [one.claim for one in sighting.derived if one.claim.key == "manufacturer"]
    for claims in (told, derived):
        if claims:
            return str(min(claims, key=lambda claim: (-claim.confidence, str(claim.value))).value)
    return ""


def serial_number(text: str, *, maker: str) -> str | None:
    """A serial number in the form in which two are compared; None for texts that stand for "no number"."""
    folded = _SEPARATORS.sub(" ", text).strip().upper()
    bare = _bare(folded)
    if not {folded.lower(), bare.lower(), _bare(_LABEL.sub("", folded)).lower()}.isdisjoint(_NO_SERIAL):
        return None
    if len(set(bare)) < 2 or _ONE_SIGN.fullmatch(_LABEL.sub("", folded)) or (bare.isdigit() and int(bare) < 2):
        return None
    if len(bare) < 2 or (not maker and (len(bare) < LEAST_BARE_SERIAL or not any(char.isdigit() for char in bare))):
        return None
    return folded


def _bare(serial: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", serial)


def ip_in(text: str) -> IPAddress | None:
    """The address that a text is, None for any other text."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def mac_address(text: str) -> str | None:
    """A MAC address that belongs to one device; None for local, group, redundancy and sample addresses."""
    mac = oui.normal(text)
    if mac is None or not oui.is_universal(mac) or mac.startswith(_VIRTUAL_MACS) or mac in _NO_MACS:
        return None
    return mac


def engine_id(text: str) -> str | None:
    """An snmpEngineID that can identify a device; None for the forms of RFC 3411 that hold only an IP address.

    The form before RFC 3411 (first bit 0) is left out too: its content is the maker's and often an address.
    """
    digits = re.sub(r"[\s:.-]|^0x", "", text.strip().lower())
    if len(digits) % 2 or not 10 <= len(digits) <= 64 or re.fullmatch("[0-9a-f]+", digits) is None:
        return None
    raw = bytes.fromhex(digits)
    form, rest = raw[4], raw[5:]
    if not raw[0] & 0x80 or form in (1, 2) or len(set(rest)) <= 1:
        return None
    if form == 3 and mac_address(rest.hex()) is None:
        return None
    return digits


def told(one: Sighting, wanted: frozenset[str]) -> Told:
    """What a device told in one protocol. Other imports are left out: they read several services at once."""
    found: Told = {}
    if one.source in _OF_ONE_TALK and not one.part:
        for claim in one.claims:
            if claim.key in wanted and claim.value:
                found.setdefault((one.reader, claim.key), set()).add(alike(str(claim.value)))
    return found


def contradict(group: Iterable[Sighting], wanted: frozenset[str]) -> bool:
    """Whether two addresses have told different things in one protocol."""
    by_address: dict[tuple[str, str], dict[Address | None, set[str]]] = {}
    for one in group:
        for asked, texts in told(one, wanted).items():
            by_address.setdefault(asked, {}).setdefault(one.address, set()).update(texts)
    distinct = ({frozenset(texts) for texts in said.values()} for said in by_address.values())
    return any(one.isdisjoint(other) for said in distinct for one, other in combinations(said, 2))
