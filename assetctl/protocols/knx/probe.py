"""The KNXnet/IP conversation: describe yourself."""

from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.knx import codec
from assetctl.talk import Ask, Open, Talk, answer_to

_MEDIA = {0x01: "TP0", 0x02: "TP1", 0x04: "PL110", 0x08: "PL132", 0x10: "RF", 0x20: "KNX IP"}
_SERVICES = {
    2: "core",
    3: "device management",
    4: "tunnelling",
    5: "routing",
    6: "remote logging",
    7: "remote configuration and diagnosis",
    8: "object server",
    9: "security",
}


def probe(context: Context) -> Talk:
    """Ask for the description."""
    reply = yield Open(Transport.UDP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    question = Ask(codec.encode(), codec.FRAMING, wait_s=context.answer_s, accepts=codec.is_answer)
    found = yield from answer_to(question, codec.decode)
    return _claims(found, context.port) if found is not None else ()


def _claims(found: codec.Description, port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"udp/{port}"
    device = found.device
    told: dict[str, Value] = {
        "description": device.name,
        "serial_number": device.serial.hex().upper() if _is_set(device.serial) else "",
        "knx_manufacturer_id": int.from_bytes(device.serial[:2]) if _is_set(device.serial) else 0,
        "knx_individual_address": address(device.address),
        "knx_medium": _MEDIA.get(device.medium, ""),
        "knx_installation": f"{device.installation >> 4}/{device.installation & 0xF}" if device.installation else "",
        "knx_services": tuple(f"{_SERVICES.get(family, family)} {version}" for family, version in found.services),
        "knx_additional_addresses": tuple(map(address, found.more_addresses)),
        "knx_programming_mode": device.in_programming_mode,
    }
    claims = [Claim("service_name", "knxnet-ip", *service), Claim("service_source", "probed", *service)]
    claims += [Claim(key, value) for key, value in told.items() if value or value is False]
    if _is_set(device.mac):
        mac = device.mac.hex(":").upper()
        claims.append(Claim("mac_address", mac, SubjectKind.INTERFACE, mac))
    return tuple(claims)


def address(number: int) -> str:
    """An individual address as people write it: area, line, device."""
    return f"{number >> 12}.{number >> 8 & 0xF}.{number & 0xFF}"


def _is_set(raw: bytes) -> bool:
    return any(raw) and raw != b"\xff" * len(raw)
