"""An EtherNet/IP server: ListIdentity, a session, the Identity object and three attributes of the interfaces.

Layouts as in protocols/enip/codec.py, which reads them.
"""

from collections.abc import Mapping
from typing import Any

from assetctl.demo.responder import Answers, Responder, latin, plain

LIST_IDENTITY = 0x63
_SESSION = 0x11223344
_GET_ALL, _GET_SINGLE = 0x01, 0x0E
_NO_PATH = 0x05
_IDENTITY_PATH = b"\x20\x01\x24\x01"


def from_table(table: Mapping[str, Any]) -> Responder:
    """A device as plant.toml describes it: vendor_id, device_type, product_code, revision, serial, product_name.

    broken: its ListIdentity answer states more bytes than follow.
    """
    identity = _identity(table)
    attributes = _attributes(table)
    cut = 7 if table.get("broken") else 0
    return plain(lambda frame: _answer(frame, identity, attributes, cut))


def _identity(table: Mapping[str, Any]) -> bytes:
    """The Identity object's attributes 1 to 7 and the state."""
    name = latin(table["product_name"])
    status: bytes = table.get("status", 0).to_bytes(2, "little")
    words = (table["vendor_id"], table["device_type"], table["product_code"])
    return (
        b"".join(int(word).to_bytes(2, "little") for word in words)
        + bytes(table.get("revision", (1, 1)))
        + status
        + bytes.fromhex(table.get("serial", "00000000"))[::-1]
        + bytes((len(name),))
        + name
        + bytes((table.get("state", 3),))
    )


def _attributes(table: Mapping[str, Any]) -> dict[bytes, bytes]:
    """Attribute values by path: host name and address of the TCP/IP interface, MAC address of the Ethernet link."""
    found: dict[bytes, bytes] = {}
    if name := latin(table.get("hostname", "")):
        found[b"\x20\xf5\x24\x01\x30\x06"] = len(name).to_bytes(2, "little") + name + b"\0" * (len(name) % 2)
    if ip := table.get("ip", ""):
        found[b"\x20\xf5\x24\x01\x30\x05"] = bytes(map(int, ip.split(".")))[::-1] + bytes(18)
    if mac := table.get("mac", ""):
        found[b"\x20\xf6\x24\x01\x30\x03"] = bytes.fromhex(mac.replace(":", ""))
    return found


def _answer(frame: bytes, identity: bytes, attributes: Mapping[bytes, bytes], cut: int) -> Answers | None:
    if len(frame) < 24:
        return None
    match int.from_bytes(frame[:2], "little"):
        case 0x63:  # ListIdentity
            item = b"\x01\x00" + b"\x00\x02" + bytes(14) + identity
            item = b"\x0c\x00" + len(item).to_bytes(2, "little") + item
            whole = _unit(frame, b"\x01\x00" + item, session=0)
            return (whole[: len(whole) - cut],)
        case 0x65:  # RegisterSession
            return (_unit(frame, b"\x01\x00\x00\x00", session=_SESSION),)
        case 0x66:  # UnRegisterSession
            return ()
        case 0x6F:  # SendRRData
            return (_unit(frame, _unconnected(frame, identity, attributes), session=_SESSION),)
    return None


def _unconnected(frame: bytes, identity: bytes, attributes: Mapping[bytes, bytes]) -> bytes:
    request = frame[40:]
    service, path = request[0] if request else 0, request[2:]
    value = identity if (service, path) == (_GET_ALL, _IDENTITY_PATH) else attributes.get(path)
    if value is None or service not in (_GET_ALL, _GET_SINGLE):
        answer = bytes((service | 0x80, 0, _NO_PATH, 0))
    else:
        answer = bytes((service | 0x80, 0, 0, 0)) + value
    items = b"\x02\x00" + bytes(4) + b"\xb2\x00" + len(answer).to_bytes(2, "little") + answer
    return bytes(6) + items


def _unit(question: bytes, body: bytes, *, session: int) -> bytes:
    head = question[:2] + len(body).to_bytes(2, "little") + session.to_bytes(4, "little")
    return head + bytes(4) + question[12:20] + bytes(4) + body
