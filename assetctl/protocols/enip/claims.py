"""What the answers of a device claim: identities, interfaces, and the modules of its rack."""

from collections.abc import Iterator, Mapping

from assetctl.errors import WireError
from assetctl.model import Claim, SubjectKind, Value
from assetctl.protocols.enip import codec, names
from assetctl.protocols.enip.asker import Heard
from assetctl.protocols.enip.codec import Attribute, Identity
from assetctl.protocols.enip.names import ROCKWELL

INTERFACE = (codec.HOST_NAME, codec.CONFIGURATION, codec.PHYSICAL_ADDRESS)
KEY_SWITCH_CONFIDENCE = 80

_OWNED, _CONFIGURED = 0x0001, 0x0004
_FAULTS = {
    0x0100: "minor recoverable",
    0x0200: "minor unrecoverable",
    0x0400: "major recoverable",
    0x0800: "major unrecoverable",
}
_OWNED_OR_MINOR_FAULT = 0x0101
# status words of Logix controllers as pycomm3 1.2.16 reads them (cip/status_info.py)
_KEY_SWITCH = {0x1060: "RUN", 0x3060: "REMOTE RUN", 0x2070: "PROG", 0x3070: "REMOTE PROG"}


def of(heard: Heard) -> tuple[Claim, ...]:
    """Everything that a talk brought."""
    claims: list[Claim] = []
    for service in heard.services:
        claims.append(Claim("service_name", "enip", SubjectKind.SERVICE, service))
        claims.append(Claim("service_source", "probed", SubjectKind.SERVICE, service))
    for number, identity in enumerate(heard.identities, start=1):
        part = "" if is_same(identity, heard.identities[0]) else f"item/{number}"
        claims += _identity_claims(identity, part)
    claims += _interface_claims(heard.attributes)
    claims += _rack_claims(heard)
    return tuple(dict.fromkeys(claims))


def is_same(one: Identity, other: Identity) -> bool:
    """Whether two identities are of one device."""
    return one is other or (
        one.serial_number != 0 and (one.vendor_id, one.serial_number) == (other.vendor_id, other.serial_number)
    )


def _identity_claims(identity: Identity, part: str) -> list[Claim]:
    told: dict[str, Value | None] = {
        "manufacturer": names.vendor(identity.vendor_id),
        "model": identity.product_name or None,
        "serial_number": _hexadecimal(identity.serial_number),
        "firmware_software_version": _revision(identity),
        "cip_vendor_id": identity.vendor_id,
        "cip_device_type": identity.device_type,
        "cip_device_type_name": names.device_type(identity.device_type, vendor_id=identity.vendor_id),
        "cip_product_code": identity.product_code,
        "cip_state": identity.state,
        "cip_socket_address": identity.socket_address or None,
        **_status(identity.status),
    }
    claims = [Claim(key, value, part=part) for key, value in told.items() if value is not None]
    if key_switch := _key_switch(identity):
        claims.append(Claim("cip_key_switch", key_switch, part=part, confidence=KEY_SWITCH_CONFIDENCE))
    return claims


def _hexadecimal(serial_number: int) -> str | None:
    """A serial number as Rockwell and ODVA print it; None for 0, which stands for none."""
    return f"{serial_number:08X}" if serial_number else None


def _status(status: int) -> Mapping[str, Value | None]:
    """The status word by its fields: CIP Volume 1, 5-2.2.1.5."""
    return {
        "cip_status": status,
        "cip_owned": bool(status & _OWNED),
        "cip_configured": bool(status & _CONFIGURED),
        "cip_extended_device_status": names.extended_device_status(status >> 4 & 0x0F),
        "cip_faults": tuple(name for bit, name in _FAULTS.items() if status & bit) or None,
    }


def _key_switch(identity: Identity) -> str | None:
    """Position of the key switch of a Logix controller; None where the status word has another meaning."""
    is_logix = identity.vendor_id == ROCKWELL and identity.device_type == names.PROGRAMMABLE_LOGIC_CONTROLLER
    return _KEY_SWITCH.get(identity.status & ~_OWNED_OR_MINOR_FAULT) if is_logix else None


def _revision(identity: Identity) -> str | None:
    """Major and minor revision, the minor with three digits where the maker prints it so; None for 0.0."""
    if not identity.major and not identity.minor:
        return None
    return f"{identity.major}.{identity.minor:0{3 if identity.vendor_id == ROCKWELL else 1}d}"


def _interface_claims(attributes: dict[Attribute, bytes]) -> list[Claim]:
    told: dict[Attribute, str] = {}
    for attribute, decode in _DECODERS.items():
        try:
            told[attribute] = decode(attributes[attribute]) if attribute in attributes else ""
        except WireError:
            told[attribute] = ""
    name, ip, mac = (told[attribute] for attribute in INTERFACE)
    interface = SubjectKind.INTERFACE, mac or ip
    claims = [
        Claim("hostname", name),
        Claim("ip_address", ip, *interface),
        Claim("mac_address", mac, *interface),
    ]
    return [claim for claim in claims if claim.value]


def _rack_claims(heard: Heard) -> Iterator[Claim]:
    """The chassis, and each module as a part; the module that was asked is the device itself."""
    chassis = heard.chassis
    serial = _hexadecimal(chassis.serial_number) if chassis else None
    others = {
        slot: told for slot, told in heard.slots.items() if not any(is_same(told, own) for own in heard.identities)
    }
    own = {chassis.slot} if chassis else heard.slots.keys() - others
    if len(own) == 1:  # some devices answer for every slot themselves
        yield from (Claim("slot", slot) for slot in own)
    if chassis:
        yield Claim("cip_chassis_size", chassis.size)
    if serial:
        yield Claim("chassis_serial_number", serial)
    for slot, identity in others.items():
        part = f"slot/{slot}"
        yield from _identity_claims(identity, part)
        yield Claim("slot", slot, part=part)
        if serial:
            yield Claim("chassis_serial_number", serial, part=part)


_DECODERS = {
    codec.HOST_NAME: codec.decode_host_name,
    codec.CONFIGURATION: codec.decode_ip_address,
    codec.PHYSICAL_ADDRESS: codec.decode_mac_address,
}
