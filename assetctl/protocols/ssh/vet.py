"""May this SSH unit leave? One identification line may, byte for byte, and the beginning of a key exchange.

That is fixed lists, of which only the wanted kind of host key differs, and one public value behind them. No packet
after it may, so neither the end of an exchange nor a login. Written without the codec, on purpose.
"""

from assetctl.errors import Refusal

_BEFORE = (
    b"\x00\x00\x00\x96curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
    b"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"
)
_CIPHERS = (
    b"\x00\x00\x00\x69aes128-ctr,aes256-ctr,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,"
    b"aes128-cbc,aes256-cbc,3des-cbc"
)
_MACS = b"\x00\x00\x00\x59hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha1,hmac-sha1-96,hmac-md5"
_AFTER = _CIPHERS * 2 + _MACS * 2 + b"\x00\x00\x00\x04none" * 2 + bytes(8) + bytes(5)  # no language, no guess
_KINDS = (
    b"\x00\x00\x00\x0bssh-ed25519",
    b"\x00\x00\x00\x3becdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521",
    b"\x00\x00\x00\x21rsa-sha2-512,rsa-sha2-256,ssh-rsa",
    b"\x00\x00\x00\x07ssh-dss",
)
_VALUES = range(100, 258)  # bytes of an integer of group1 or group14; curves have 32 and 65


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit == b"SSH-2.0-assetctl\r\n":
        return "identification"
    lists, rest = _payload(unit)
    if lists[:1] != b"\x14" or lists[17:] not in {_BEFORE + kind + _AFTER for kind in _KINDS}:
        raise Refusal("ssh: these algorithm lists are not on the list")
    value, rest = _payload(rest)
    if value[:1] != b"\x1e" or int.from_bytes(value[1:5]) != len(value) - 5 or not _is_public(value[5:]):
        raise Refusal("ssh: behind the lists one public value is expected")
    if rest:
        raise Refusal(f"ssh: {len(rest)} bytes too many behind the public value")
    return "key-exchange-start"


def _payload(unit: bytes) -> tuple[bytes, bytes]:
    """The payload of the first packet and what follows it. Its padding must be zero."""
    size = int.from_bytes(unit[:4])
    packet, rest = unit[4 : 4 + size], unit[4 + size :]
    if len(unit) < 4 or size % 8 != 4 or len(packet) != size or not 4 <= packet[0] <= 11:
        raise Refusal(f"ssh: these {len(unit)} bytes are no packet on the list")
    end = size - packet[0]
    if end < 1 or any(packet[end:]):
        raise Refusal("ssh: a packet's padding is zero")
    return packet[1:end], rest


def _is_public(value: bytes) -> bool:
    """A point of a curve, or a positive integer without more zeros before it than its sign needs."""
    if len(value) in (32, 65):
        return len(value) == 32 or value[0] == 4
    return len(value) in _VALUES and (0 < value[0] < 0x80 or (value[0] == 0 and value[1] > 0x7F))
