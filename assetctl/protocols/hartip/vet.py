"""May this HART-IP message leave? Only opening and closing a session and commands 0, 13, 20, 74 and 84 may.

Written without the codec, on purpose: it reads header, frame and check byte by itself. Nothing is passed on to a
sub-device (command 77), and no direct PDU (message 4), which could hold several commands, is let through.
"""

from assetctl.errors import Refusal

_COMMANDS = {
    0x0D: ("read-tag-descriptor-date", 0),
    0x14: ("read-long-tag", 0),
    0x4A: ("read-io-system-capabilities", 0),
    0x54: ("read-sub-device-identity-summary", 2),
}


def vet(unit: bytes) -> str:
    """Name of the request that a message is; raises Refusal for any other."""
    if unit[:2] != b"\x01\x00" or unit[3:4] != b"\x00" or len(unit) < 8:
        raise Refusal("hartip: a request of version 1 expected")
    if int.from_bytes(unit[6:8]) != len(unit):
        raise Refusal("hartip: the length does not match the message")
    body = unit[8:]
    if unit[2] == 0x00 and body == b"\x01\x00\x00\x75\x30":
        return "session-initiate"
    if unit[2] == 0x01 and not body:
        return "session-close"
    if unit[2] == 0x03:
        return _frame(body)
    raise Refusal(f"hartip: message {unit[2]} in this form is not on the list")


def _frame(frame: bytes) -> str:
    check = 0
    for byte in frame:
        check ^= byte
    if check:
        raise Refusal("hartip: the check byte does not match the frame")
    if frame == b"\x02\x80\x00\x00\x82":
        return "read-unique-identifier"
    if len(frame) < 9 or frame[0] != 0x82 or frame[1] & 0xC0 != 0x80:
        raise Refusal("hartip: a long frame from the primary master expected")
    name, size = _COMMANDS.get(frame[6], ("", -1))
    if not name or frame[7] != size or len(frame) != 9 + size:
        raise Refusal(f"hartip: command {frame[6]} with {frame[7]} bytes is not on the list")
    if size and not 1 <= frame[8] * 256 + frame[9] <= 250:
        raise Refusal("hartip: sub-devices 1 to 250 may be asked for")
    return name
