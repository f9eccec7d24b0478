"""May this TLS unit leave? Only nine ClientHellos may, byte for byte but for their random and the coordinates of one
key: no server name, no session to resume, no early data, no other message. Written without the codec, on purpose."""

from assetctl.errors import Refusal

_SUITES = (  # 21 of TLS 1.2 and before; one compression method: none
    "c02bc02fc02cc030cca9cca8c009c013c00ac014009e009f009c009d003c003d00330039002f0035000a0100"
)
_PLAIN = (
    "000a000a00080017001d00180019"  # groups: secp256r1, x25519, secp384r1, secp521r1
    "000b0002010000170000ff01000100"  # uncompressed points, extended master secret, no renegotiation
)
_SIGNATURES = "000d001a0018040305030603080408050806040105010601020302010807"
_ALSO_1_3 = (
    "002b00090803040303030203010033004700450017004104"  # versions 1.3 to 1.0; one key on secp256r1, uncompressed
)

_RANDOM = slice(11, 43)
_POINT_BYTES = 64
_OLD = "00002a" + _SUITES  # no session id
_HELLOS = {  # record header, handshake header and version; what follows the random; the name
    ("16030100920100008e0303", _OLD + "003b" + _PLAIN + _SIGNATURES): "client-hello-of-version",
    ("1603010074010000700302", _OLD + "001d" + _PLAIN): "client-hello-of-version",
    ("1603010074010000700301", _OLD + "001d" + _PLAIN): "client-hello-of-version",
}
_WEAK = {  # one kind of weak suites each
    "00010002003bc006c010",  # null
    "001700180019001a001b0034003a006c006d00a600a7c015c016c017c018c019",  # anonymous
    "00030006000800110014",  # export
    "00040005c007c011",  # rc4
    "0009000a0012001300150016c008c012",  # des
}
_HELLO = "16030100f0010000ec0303", "000030130113021303" + _SUITES + "0093" + _PLAIN + _SIGNATURES + _ALSO_1_3


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if len(unit) < _RANDOM.stop:
        raise Refusal(f"tls: {len(unit)} bytes are no client hello")
    start, end = unit[: _RANDOM.start].hex(), unit[_RANDOM.stop :].hex()
    if (start, end[: -2 * _POINT_BYTES]) == _HELLO:
        return "client-hello"
    name = _HELLOS.get((start, end)) or _weak(start, end)
    if not name:
        raise Refusal("tls: this client hello is not on the list")
    return name


def _weak(start: str, end: str) -> str:
    """The name of a hello of TLS 1.2 that offers weak suites of one kind, "" for another hello."""
    for suites in _WEAK:
        size = len(suites) // 2
        tail = f"00{size:04x}{suites}0100003b" + _PLAIN + _SIGNATURES
        length = 2 + 32 + len(tail) // 2
        if (start, end) == (f"16030100{length + 4:02x}010000{length:02x}0303", tail):
            return "client-hello-of-weak-suites"
    return ""
