"""What the system status lists say: records to claims.

Source: Siemens "System Software for S7-300/400 System and Standard Functions", chapter System Status Lists:
0x0011 module identification, 0x001C component identification, 0x0131 index 1 communication, 0x0132 and 0x0232 index 4
protection level, 0x0037 Ethernet interfaces, 0x0424 mode transition. Texts are cut at the first NUL. The modules of
0x0D91 are read in `rack`.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from assetctl.errors import WireError
from assetctl.model import Claim, SubjectKind
from assetctl.protocols.s7.codec import StatusList
from assetctl.wire import Reader, decode_text

MODULE, BASIC_HARDWARE, FIRMWARE, MEMORY_CARD, BOOT_LOADER = 1, 6, 7, 0x80, 0x81
_SIEMENS_ORDER_CODE = re.compile(r"6[A-Z]{2}\d")
_MANUFACTURERS = {"002a": "Siemens", "022b": "VIPA"}  # manufacturer ids of PROFIBUS and PROFINET International

_COMPONENTS = {  # index of 0x001C: fact, longest text
    1: ("application_name", 24),
    2: ("description", 24),
    3: ("plant_identification", 32),
    4: ("copyright", 26),
    5: ("serial_number", 24),
    7: ("module_type", 32),
    8: ("memory_card_serial_number", 32),
    11: ("physical_location_address", 32),
}
_PROFILE, _OEM, _CARD = 9, 10, 8
_NO_CARD = ("MMC", "MC", "SD", "SMC", "0")  # the kind of card alone: none is plugged

_SWITCH = {1: "RUN", 2: "RUN-P", 3: "STOP", 4: "MRES"}
_STATES = {
    **dict.fromkeys((1, 2, 3, 4), "STOP"),
    **dict.fromkeys((5, 6, 7), "STARTUP"),
    8: "RUN",
    10: "HOLD",
    13: "DEFECT",
}


def claims(lists: tuple[StatusList, ...]) -> tuple[Claim, ...]:
    """Everything that the lists say about the CPU. A record that is too short says nothing."""
    found = [claim for found in lists for claim in _of_list(found)]
    if maker := _maker({claim.key: str(claim.value) for claim in found}):
        found.append(Claim("manufacturer", maker))
    return tuple(dict.fromkeys(found))


def _maker(texts: Mapping[str, str]) -> str:
    """Who made it, "" when what it tells does not agree: others build such CPUs and copy texts of the original."""
    code, told = texts.get("order_code", ""), _MANUFACTURERS.get(texts.get("s7_profile", "")[:4])
    if any("vipa" in texts.get(key, "").lower() for key in ("order_code", "module_type", "copyright")):
        return "VIPA"
    if _SIEMENS_ORDER_CODE.match(code):
        return told or "Siemens"
    return "Siemens" if not code and "siemens" in texts.get("copyright", "").lower() else ""


def _of_list(found: StatusList) -> Iterator[Claim]:
    if found.id == 0x0011:
        yield from _modules(found.records)
        return
    for record in found.records if found.id in _READERS else ():
        try:
            yield from _READERS[found.id](Reader(record))
        except WireError:
            continue


def _modules(records: tuple[bytes, ...]) -> Iterator[Claim]:
    """0x0011. The module's own record stands before that of the basic hardware, in whatever order they come."""
    by_index = {int.from_bytes(record[:2]): record for record in reversed(records) if len(record) >= 22}
    texts = {index: _text(record[2:22]) for index, record in by_index.items()}
    if code := texts.get(MODULE) or texts.get(BASIC_HARDWARE):
        yield Claim("order_code", code)
    if hardware := texts.get(BASIC_HARDWARE):
        yield Claim("s7_basic_hardware", hardware)
    if _SIEMENS_ORDER_CODE.match(card := texts.get(MEMORY_CARD, "")):
        yield Claim("s7_memory_card_order_code", card)
    words = {index: record[24:28] for index, record in by_index.items() if len(record) >= 28}
    if release := _release(words.get(MODULE, b"")) or _release(words.get(BASIC_HARDWARE, b"")):
        yield Claim("hardware_version", release)
    if version := _version(words.get(FIRMWARE, b"")):
        yield Claim("firmware_software_version", version)
    if version := _version(words.get(BOOT_LOADER, b"")):
        yield Claim("s7_boot_loader_version", version)


def _release(words: bytes) -> str:
    """Hardware release: a plain number, or "V" and a number, in the first word."""
    return str(words[1]) if words[:1] in (b"\0", b" ", b"V") and words[1] not in b"\0 " else ""


def _version(words: bytes) -> str:
    """A letter and up to three numbers, blanks for those that are not there. V says no more than "version"."""
    letter, first, rest = words[:1].decode("latin-1"), words[1:2], words[2:]
    numbers = first.strip(b" ") + (rest if rest != b"  " else b"")
    if not ("A" <= letter <= "Z") or not any(numbers):
        return ""
    return letter.removeprefix("V") + ".".join(map(str, numbers))


def _component(r: Reader) -> Iterator[Claim]:
    index = r.u16("component")
    if index >> 12 == 0xF:  # an H CPU names its rack in the first byte
        index &= 0xFF
    if index == _PROFILE:
        words = [r.take(2, "profile").hex() for _ in range(3)]
        if any(word != "0000" for word in words):
            yield Claim("s7_profile", "/".join(words))
    elif index == _OEM:
        text, number, more = _text(r.take(26, "OEM text")), r.u16("OEM id"), r.u32("OEM additional id")
        if text or number or more:
            yield Claim("s7_oem_id", f"{text} {number:04x}/{more:08x}".strip())
    elif index in _COMPONENTS:
        key, most = _COMPONENTS[index]
        text = _text(r.take(min(most, r.left()), key))
        if text and not (index == _CARD and text in _NO_CARD):
            yield Claim(key, text)
            if key == "module_type":
                yield Claim("model", text)


def _communication(r: Reader) -> Iterator[Claim]:
    if r.u16("index") != 1:
        return
    yield Claim("s7_largest_pdu", r.u16("PDU size"))
    yield Claim("s7_most_connections", r.u16("connections"))


def _protection(r: Reader) -> Iterator[Claim]:
    """0x0132 and 0x0232, index 4. The second byte of the record tells the index; the first is the rack of an H CPU."""
    if r.u16("index") & 0xFF != 4:
        return
    r.take(4, "levels set by switch and by parameter")
    level, switch = r.u16("valid protection level"), r.u16("mode selector")
    if level in (1, 2, 3):
        yield Claim("s7_protection_level", level)
    if switch in _SWITCH:
        yield Claim("s7_key_switch", _SWITCH[switch])


def _interface(r: Reader) -> Iterator[Claim]:
    r.u16("logical address")
    ip = r.take(4, "IP address")
    r.take(8, "mask and router")
    mac = r.take(6, "MAC address")
    if not any(mac):
        return
    key = mac.hex(":").upper()
    yield Claim("mac_address", key, SubjectKind.INTERFACE, key)
    if any(ip):
        yield Claim("ip_address", ".".join(map(str, ip)), SubjectKind.INTERFACE, key)


def _state(r: Reader) -> Iterator[Claim]:
    r.take(3, "event")
    mode = r.u8("mode transition") & 0x0F  # the requested mode; the high half is the mode before
    if mode in _STATES:
        yield Claim("s7_operating_state", _STATES[mode])


_READERS: dict[int, Callable[[Reader], Iterator[Claim]]] = {
    0x001C: _component,
    0x0131: _communication,
    0x0132: _protection,
    0x0232: _protection,
    0x0037: _interface,
    0x0424: _state,
}


def _text(raw: bytes) -> str:
    return decode_text(raw.split(b"\0", 1)[0])
