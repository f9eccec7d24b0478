"""May this TLS unit leave? Only four ClientHellos may, byte for byte but for their random: no server name, no key
share, no session to resume, no early data, no other message. Written without the codec, on purpose."""

from assetctl.errors import Refusal

_SUITES = (  # session id of no bytes, 42 bytes of suites, one compression method: none
    "00002ac02bc02fc02cc030cca9cca8c009c013c00ac014009e009f009c009d003c003d00330039002f0035000a0100"
)
_GROUPS = "000a000a0008001d001700180019"  # x25519, secp256r1, secp384r1, secp521r1
_PLAIN = "000b0002010000170000ff01000100"  # uncompressed points, extended master secret, no renegotiation
_SIGNATURES = "000d001a0018040305030603080408050806040105010601020302010807"
_ONLY_1_3 = "002b0003020304003300020000"  # supported versions: TLS 1.3; key share: of no group

_RANDOM = slice(11, 43)
_HELLOS = {  # record header, handshake header and version; what follows the random; the name
    ("16030100920100008e0303", _SUITES + "003b" + _GROUPS + _PLAIN + _SIGNATURES): "client-hello",
    ("1603010074010000700302", _SUITES + "001d" + _GROUPS + _PLAIN): "client-hello-of-version",
    ("1603010074010000700301", _SUITES + "001d" + _GROUPS + _PLAIN): "client-hello-of-version",
    (
        "160301006c010000680303",
        "00000613011302130301000039" + _GROUPS + _SIGNATURES + _ONLY_1_3,  # three suites of TLS 1.3
    ): "client-hello-of-version",
}


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if len(unit) < _RANDOM.stop:
        raise Refusal(f"tls: {len(unit)} bytes are no client hello")
    name = _HELLOS.get((unit[: _RANDOM.start].hex(), unit[_RANDOM.stop :].hex()))
    if name is None:
        raise Refusal("tls: this client hello is not on the list")
    return name
