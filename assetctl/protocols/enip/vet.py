"""May this EtherNet/IP unit leave? Only ListIdentity, a session, and reads of five objects in it may.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal

_READS = {
    b"\x01\x02\x20\x01\x24\x01": "get-attributes-all",  # Get_Attributes_All, class 1 instance 1
    b"\x0e\x03\x20\xf5\x24\x01\x30\x05": "get-attribute-single",  # class 0xF5 instance 1 attribute 5
    b"\x0e\x03\x20\xf5\x24\x01\x30\x06": "get-attribute-single",
    b"\x0e\x03\x20\xf6\x24\x01\x30\x03": "get-attribute-single",
    b"\x01\x02\x20\x66\x24\x01": "get-chassis-attributes-all",  # class 0x66 instance 1
}
# Unconnected_Send of the connection manager, 1.5 s, with 6 bytes: Get_Attributes_All of class 1 instance 1,
# over one word of path that begins with port 1
_SLOT = b"\x52\x02\x20\x06\x24\x01\x05\x2f\x06\x00\x01\x02\x20\x01\x24\x01\x01\x00\x01"
_LAST_SLOT = 16


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if not 24 <= len(unit) <= 60 or unit[2:4] != bytes((len(unit) - 24, 0)):
        raise Refusal("enip: a request is one encapsulation header with its stated 0 to 36 bytes")
    if any(unit[8:12]) or any(unit[16:24]):
        raise Refusal("enip: status, the end of the sender context, and options are 0 in a request")
    delay, has_session, body = unit[12:14], any(unit[4:8]), unit[24:]
    if unit[:2] == b"\x63\x00" and delay == b"\xf4\x01" and not has_session and not body:
        return "list-identity"
    if any(delay):
        raise Refusal("enip: only ListIdentity states a delay")
    if unit[:2] == b"\x65\x00" and not has_session and body == b"\x01\x00\x00\x00":
        return "register-session"
    if unit[:2] == b"\x66\x00" and not body:
        return "unregister-session"
    if unit[:2] == b"\x6f\x00":
        return _unconnected(body)
    raise Refusal(f"enip: command 0x{unit[1]:02x}{unit[0]:02x} in this form is not on the list")


def _unconnected(body: bytes) -> str:
    if body[:14] != b"\x00\x00\x00\x00\x05\x00\x02\x00\x00\x00\x00\x00\xb2\x00":
        raise Refusal("enip: SendRRData with other than one unconnected CIP request")
    request = body[16:]
    if body[14:16] != bytes((len(request), 0)):
        raise Refusal("enip: the unconnected CIP request has not its stated length")
    if request in _READS:
        return _READS[request]
    if request[:-1] == _SLOT and request[-1] <= _LAST_SLOT:
        return "unconnected-send"
    raise Refusal(f"enip: CIP request {request.hex()} is not on the list")
