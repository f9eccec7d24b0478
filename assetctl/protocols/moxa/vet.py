"""May this datagram to a Moxa device leave? Only search (0x01), name (0x10) and details (0x16) may: no setting is
changed, nothing is unlocked or restarted, no credential is read. Written without the codec, on purpose."""

from assetctl.errors import Refusal

_NAMES = {0x01: ("search", 8), 0x10: ("read-name", 20), 0x16: ("read-details", 20)}


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    name, size = _NAMES.get(unit[0], ("", 0)) if unit else ("", 0)
    if not name:
        raise Refusal(f"moxa: command 0x{unit[:1].hex()} is not on the list")
    if len(unit) != size or unit[1:8] != bytes((0, 0, size, 0, 0, 0, 0)):
        raise Refusal(f"moxa: {name} has {size} bytes and says so")
    return name
