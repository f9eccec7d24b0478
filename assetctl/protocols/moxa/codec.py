"""Moxa's device search: bytes to values and back, nothing else.

A message has a header of 8 bytes: command (with 0x80 in an answer), status, length of the whole in network order, four
zero bytes. All but the search carry the id of the device, 12 bytes: product, model code, MAC address. What the device
tells is little-endian. The maker publishes no description; three independent ones agree on what is read here.
"""

from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Datagram, Reader, decode_text

FRAMING = Datagram(most=512)

_SEARCH, _NAME, _DETAILS = 0x01, 0x10, 0x16
_ANSWER = 0x80
_NAME_BYTES = 40


@dataclass(frozen=True, slots=True)
class Device:
    """What a search brings. product: 32 bits that the device wants to hear again. ip: dotted, as the device has it."""

    product: int
    model_code: int
    mac: bytes
    ip: str


@dataclass(frozen=True, slots=True)
class Details:
    """firmware: such as 3.10. serial: the number on the label, 0 for none."""

    firmware: str
    serial: int


def encode_search() -> bytes:
    """The search, to one device."""
    return _message(_SEARCH, b"")


def encode_read_name(*, product: int, model_code: int, mac: bytes) -> bytes:
    """The question for the server name, with the device id out of the search."""
    return _message(_NAME, _device_id(product, model_code, mac))


def encode_read_details(*, product: int, model_code: int, mac: bytes) -> bytes:
    """The question for firmware and serial number."""
    return _message(_DETAILS, _device_id(product, model_code, mac))


def _message(command: int, body: bytes) -> bytes:
    return bytes((command, 0)) + (8 + len(body)).to_bytes(2) + bytes(4) + body


def _device_id(product: int, model_code: int, mac: bytes) -> bytes:
    return product.to_bytes(4, "little") + model_code.to_bytes(2, "little") + mac


def is_answer(unit: bytes, *, question: bytes) -> bool:
    """Whether a unit answers a question of ours, and for the same device."""
    return unit[:1] == bytes((question[0] | _ANSWER,)) and unit[8:].startswith(question[8:])


def decode_search(unit: bytes) -> Device:
    """Read the answer to a search. Raises WireError, as all readers here, for anything else."""
    r = _opened(unit, _SEARCH)
    product, model_code = r.u32("product", "little"), r.u16("model code", "little")
    mac = r.take(6, "MAC address")
    return Device(product, model_code, mac, ".".join(map(str, r.take(4, "IP address"))))


def decode_name(unit: bytes) -> str:
    """The server name, "" for none."""
    r = _opened(unit, _NAME)
    r.take(12, "device id")
    return decode_text(r.take(_NAME_BYTES, "server name").split(b"\0", 1)[0])


def decode_details(unit: bytes) -> Details:
    """Firmware version and serial number."""
    r = _opened(unit, _DETAILS)
    r.take(14, "device id and two bytes of unknown meaning")
    minor, major = r.u8("minor version"), r.u8("major version")
    r.take(4, "four bytes of unknown meaning")
    return Details(f"{major:X}.{minor:X}", r.u16("serial number", "little"))


def _opened(unit: bytes, command: int) -> Reader:
    r = Reader(unit)
    r.expect(bytes((command | _ANSWER,)), "command")
    if status := r.u8("status"):
        raise WireError(f"status: 0 expected, {status} found")
    if (length := r.u16("length")) != len(unit):
        raise WireError(f"length: {len(unit)} expected, {length} found")
    r.take(4, "four bytes of unknown meaning")
    return r
