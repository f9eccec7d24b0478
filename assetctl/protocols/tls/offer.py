"""ClientHello, the one message that we send: bytes from a version and a seed.

Source: RFC 5246, section 7.4.1.2, and RFC 8446, section 4.1.2; extensions of RFC 8422, 5746, 7627 and 8446.
The random is derived from the seed, so that a replay is the same: no handshake is completed, so nothing rests on it.
The message stays below 256 bytes, since some old load balancers hang on one of 256 to 511 (RFC 7685, 1).
"""

import hashlib

from assetctl.protocols.tls import keys

TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = 0x0301, 0x0302, 0x0303, 0x0304
SECP256R1 = 0x0017

RANDOM_OFFSETS = tuple(range(11, 43))
POINT_OFFSETS = tuple(range(181, 245))  # of the hello with TLS 1.3: the coordinates of our point stand at its end

_SUITES = (  # ordinary ones from RFC 5289, 7905, 8422, 5288, 5246; the last three are for servers of long ago
    *(0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8),
    *(0xC009, 0xC013, 0xC00A, 0xC014, 0x009E, 0x009F),
    *(0x009C, 0x009D, 0x003C, 0x003D, 0x0033, 0x0039),
    *(0x002F, 0x0035, 0x000A),
)
WEAK = {  # suites of a kind that no service should take, each kind offered alone
    "null": (0x0001, 0x0002, 0x003B, 0xC006, 0xC010),
    "anonymous": (
        0x0017,
        0x0018,
        0x0019,
        0x001A,
        0x001B,
        0x0034,
        0x003A,
        0x006C,
        0x006D,
        0x00A6,
        0x00A7,
        0xC015,
        0xC016,
        0xC017,
        0xC018,
        0xC019,
    ),
    "export": (0x0003, 0x0006, 0x0008, 0x0011, 0x0014),
    "rc4": (0x0004, 0x0005, 0xC007, 0xC011),
    "des": (0x0009, 0x000A, 0x0012, 0x0013, 0x0015, 0x0016, 0xC008, 0xC012),
}
_SUITES_1_3 = (0x1301, 0x1302, 0x1303)
_GROUPS = (SECP256R1, 0x001D, 0x0018, 0x0019)  # secp256r1, which every TLS 1.3 has; x25519, secp384r1, secp521r1
_SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0807)

_GROUPS_EXT, _POINTS_EXT, _SIGNATURES_EXT = 0x000A, 0x000B, 0x000D
_MASTER_SECRET_EXT, _RENEGOTIATION_EXT = 0x0017, 0xFF01
_VERSIONS_EXT, _KEY_SHARE_EXT = 0x002B, 0x0033


def encode(*, version: int, seed: int) -> bytes:
    """One ClientHello in one record, offering this version at most and the older ones down to TLS 1.0.

    version: TLS_1_0 to TLS_1_3. seed: 0 to 65535.
    """
    return _hello(version, seed, _SUITES_1_3 + _SUITES if version == TLS_1_3 else _SUITES)


def encode_weak(*, kind: str, seed: int) -> bytes:
    """One ClientHello of TLS 1.2 at most that offers weak suites of one kind and no others. kind: of WEAK."""
    return _hello(TLS_1_2, seed, WEAK[kind])


def _hello(version: int, seed: int, suites: tuple[int, ...]) -> bytes:
    body = b"".join(
        (
            min(version, TLS_1_2).to_bytes(2),
            hashlib.sha256(b"assetctl client hello" + seed.to_bytes(2)).digest(),
            b"\0",  # no session id
            _vector(_words(suites), 2),
            b"\x01\x00",  # no compression
            _vector(_extensions(version, seed), 2),
        )
    )
    return b"\x16\x03\x01" + _vector(b"\x01" + _vector(body, 3), 2)


def _extensions(version: int, seed: int) -> bytes:
    found = [
        _extension(_GROUPS_EXT, _vector(_words(_GROUPS), 2)),
        _extension(_POINTS_EXT, _vector(b"\0", 1)),
        _extension(_MASTER_SECRET_EXT, b""),
        _extension(_RENEGOTIATION_EXT, b"\0"),
    ]
    if version >= TLS_1_2:
        found.append(_extension(_SIGNATURES_EXT, _vector(_words(_SIGNATURES), 2)))
    if version == TLS_1_3:
        share = _words((SECP256R1,)) + _vector(keys.share(seed), 2)
        found.append(_extension(_VERSIONS_EXT, _vector(_words((TLS_1_3, TLS_1_2, TLS_1_1, TLS_1_0)), 1)))
        found.append(_extension(_KEY_SHARE_EXT, _vector(share, 2)))
    return b"".join(found)


def _extension(number: int, data: bytes) -> bytes:
    return number.to_bytes(2) + _vector(data, 2)


def _words(numbers: tuple[int, ...]) -> bytes:
    return b"".join(number.to_bytes(2) for number in numbers)


def _vector(data: bytes, width: int) -> bytes:
    return len(data).to_bytes(width) + data
