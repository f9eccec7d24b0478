"""What stands in a rack: records of SZL 0x0D91 to parts of the device.

The list names slot, type identifier and state of every module that the CPU knows, no order codes: those an S7 CPU does
not tell of its neighbours. The type identifier is kept as the CPU gives it, since its meaning is the engineering
tool's. The CPU's own slot is the device itself and no part of it: where one module of rack 0 has the type identifier
of the CPU's own identification, that is it, and else the slot to which the connection was made.
Source: Siemens "System Software for S7-300/400 System and Standard Functions", SSL-ID W#16#xy91; the same list in the
VIPA SPEED7 operation list, 17.16; the list of a CPU 315-2 PN/DP that the snap7 server gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.model import Claim
from assetctl.protocols.s7.codec import StatusList
from assetctl.wire import Reader

SZL = 0x0D91
_FAULTY, _PRESENT, _ABSENT = 1, 2, 4
_MOST_RACKS = _MOST_SLOTS = 31


@dataclass(frozen=True, slots=True)
class _Module:
    rack: int
    slot: int
    type_id: int
    is_faulty: bool


def claims(lists: tuple[StatusList, ...], *, own_slot: int | None) -> Iterator[Claim]:
    """The modules of all racks that were read. own_slot: to which the connection was made, None for no slot."""
    found = [module for one in lists if one.id == SZL for record in one.records if (module := _read(record))]
    own_type = _own_type(lists)
    alike = [module for module in found if module.rack == 0 and module.type_id == own_type]
    own = alike[0].slot if own_type and len(alike) == 1 else own_slot
    for module in dict.fromkeys(found):
        if (module.rack, module.slot) != (0, own):
            yield from _claims(module)


def _own_type(lists: tuple[StatusList, ...]) -> int:
    """Type identifier in the CPU's own record of SZL 0x0011, 0 where there is none."""
    own = [record for one in lists if one.id == 0x0011 for record in one.records if record[:2] == b"\0\x01"]
    return int.from_bytes(own[0][22:24]) if own else 0


def _read(record: bytes) -> _Module | None:
    """A module in a rack of the CPU's own; None for stations of a bus, submodules, empty slots and broken records."""
    try:
        r = Reader(record)
        place = r.u16("rack, or station of a bus")
        slot, submodule = r.u8("slot"), r.u8("submodule slot")
        r.take(4, "address and expected type")
        kind = r.u16("actual type")
        r.take(2, "reserved")
        state = r.u16("state")
    except WireError:
        return None
    is_here = bool(state & _PRESENT) and not state & _ABSENT
    if place > _MOST_RACKS or not 1 <= slot <= _MOST_SLOTS or submodule or not is_here:
        return None
    return _Module(place, slot, kind, bool(state & _FAULTY))


def _claims(module: _Module) -> Iterator[Claim]:
    part = f"rack/{module.rack}/slot/{module.slot}"
    yield Claim("s7_rack", module.rack, part=part)
    yield Claim("slot", module.slot, part=part)
    if module.type_id not in (0, 0xFFFF):
        yield Claim("s7_module_type_id", f"0x{module.type_id:04x}", part=part)
    yield Claim("s7_module_state", "faulty" if module.is_faulty else "present", part=part)
