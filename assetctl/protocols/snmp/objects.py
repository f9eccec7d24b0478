"""The objects that may be asked for, by their MIB names: the lists that PROTOCOL publishes and the probe reads by.

Sources: SNMPv2-MIB (RFC 3418), ENTITY-MIB (RFC 6933), IF-MIB (RFC 2863), IP-MIB (RFC 4293), SNMP-FRAMEWORK-MIB
(RFC 3411).
"""

from collections.abc import Iterable, Sequence
from typing import overload

Oid = tuple[int, ...]

MIB_2: Oid = (1, 3, 6, 1, 2, 1)
_SYSTEM: Oid = (*MIB_2, 1)
_ENTITY: Oid = (*MIB_2, 47, 1, 1, 1, 1)  # entPhysicalEntry
_IF: Oid = (*MIB_2, 2, 2, 1)  # ifEntry
_IF_X: Oid = (*MIB_2, 31, 1, 1, 1)  # ifXEntry
_IP_ADDRESS: Oid = (*MIB_2, 4, 34, 1)  # ipAddressEntry

SYS_DESCR: Oid = (*_SYSTEM, 1, 0)
SYS_OBJECT_ID: Oid = (*_SYSTEM, 2, 0)
SYS_UP_TIME: Oid = (*_SYSTEM, 3, 0)
SYS_CONTACT: Oid = (*_SYSTEM, 4, 0)
SYS_NAME: Oid = (*_SYSTEM, 5, 0)
SYS_LOCATION: Oid = (*_SYSTEM, 6, 0)
SYS_SERVICES: Oid = (*_SYSTEM, 7, 0)
IF_NUMBER: Oid = (*MIB_2, 2, 1, 0)  # not asked for
ENGINE_ID: Oid = (1, 3, 6, 1, 6, 3, 10, 2, 1, 1, 0)
ENGINE_BOOTS: Oid = (1, 3, 6, 1, 6, 3, 10, 2, 1, 2, 0)
ENGINE_TIME: Oid = (1, 3, 6, 1, 6, 3, 10, 2, 1, 3, 0)

SYSTEM = (
    SYS_DESCR,
    SYS_OBJECT_ID,
    SYS_UP_TIME,
    SYS_CONTACT,
    SYS_NAME,
    SYS_LOCATION,
    SYS_SERVICES,
)
SCALARS = (*SYSTEM, ENGINE_ID, ENGINE_BOOTS, ENGINE_TIME)

ENT_DESCR: Oid = (*_ENTITY, 2)
ENT_CONTAINED_IN: Oid = (*_ENTITY, 4)
ENT_CLASS: Oid = (*_ENTITY, 5)
ENT_PARENT_REL_POS: Oid = (*_ENTITY, 6)
ENT_NAME: Oid = (*_ENTITY, 7)
ENT_HARDWARE_REV: Oid = (*_ENTITY, 8)
ENT_FIRMWARE_REV: Oid = (*_ENTITY, 9)
ENT_SOFTWARE_REV: Oid = (*_ENTITY, 10)
ENT_SERIAL_NUM: Oid = (*_ENTITY, 11)
ENT_MFG_NAME: Oid = (*_ENTITY, 12)
ENT_MODEL_NAME: Oid = (*_ENTITY, 13)
ENT_ALIAS: Oid = (*_ENTITY, 14)
ENT_ASSET_ID: Oid = (*_ENTITY, 15)
ENT_IS_FRU: Oid = (*_ENTITY, 16)
ENT_MFG_DATE: Oid = (*_ENTITY, 17)

ENTITY = (
    ENT_DESCR,
    ENT_CONTAINED_IN,
    ENT_CLASS,
    ENT_PARENT_REL_POS,
    ENT_HARDWARE_REV,
    ENT_FIRMWARE_REV,
    ENT_SOFTWARE_REV,
    ENT_SERIAL_NUM,
    ENT_MFG_NAME,
    ENT_MODEL_NAME,
)
ENTITY_MORE = (ENT_NAME, ENT_ALIAS, ENT_ASSET_ID, ENT_IS_FRU, ENT_MFG_DATE)

IF_DESCR: Oid = (*_IF, 2)
IF_TYPE: Oid = (*_IF, 3)
IF_SPEED: Oid = (*_IF, 5)
IF_PHYS_ADDRESS: Oid = (*_IF, 6)
IF_ADMIN_STATUS: Oid = (*_IF, 7)
IF_OPER_STATUS: Oid = (*_IF, 8)
IF_NAME: Oid = (*_IF_X, 1)
IF_HIGH_SPEED: Oid = (*_IF_X, 15)
IF_ALIAS: Oid = (*_IF_X, 18)

FIRST_INTERFACES = (IF_DESCR, IF_TYPE, IF_PHYS_ADDRESS)
INTERFACES = (
    *FIRST_INTERFACES,
    IF_SPEED,
    IF_ADMIN_STATUS,
    IF_OPER_STATUS,
    IF_NAME,
    IF_HIGH_SPEED,
    IF_ALIAS,
)
PORT_NAMES = (IF_DESCR, IF_PHYS_ADDRESS, IF_NAME, IF_ALIAS)  # what tells which port another table means

IP_IF_INDEX: Oid = (*_IP_ADDRESS, 3)
IP_TYPE: Oid = (*_IP_ADDRESS, 4)
ADDRESSES = (IP_IF_INDEX, IP_TYPE)  # index: address type, length, address
IPV4_IF_INDEX: Oid = (*MIB_2, 4, 20, 1, 2)
IPV4_ADDRESSES = (IPV4_IF_INDEX,)  # index: the four octets; deprecated by ADDRESSES, alone in older agents


class Subsets(Sequence[tuple[Oid, ...]]):
    """Every non-empty selection of a published list, in the list's order, the whole list first.

    An agent may refuse single objects (noSuchName, genErr) or long lists (tooBig); then a part of the list is asked.
    """

    def __init__(self, objects: Iterable[Oid]) -> None:
        self._objects = tuple(objects)

    def __len__(self) -> int:
        return (1 << len(self._objects)) - 1

    @overload
    def __getitem__(self, index: int) -> tuple[Oid, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[Oid, ...]]: ...
    def __getitem__(self, index: int | slice) -> tuple[Oid, ...] | Sequence[tuple[Oid, ...]]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        chosen = len(self) - index % len(self)
        return tuple(oid for bit, oid in enumerate(self._objects) if chosen >> bit & 1)

    def __repr__(self) -> str:
        names = ", ".join(".".join(map(str, oid)) for oid in self._objects)
        return f"selections of ({names})"
