"""The beginning of a key exchange, as far as the server's host key: bytes to values and back.

Source: RFC 4253, sections 6 (binary packet), 7.1 (SSH_MSG_KEXINIT), 8 (Diffie-Hellman); RFC 5656, section 4 and RFC
8731 (elliptic curves). Cookie and secret are derived from the seed: no exchange is completed, so nothing rests on them.
"""

import base64
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assetctl.errors import WireError
from assetctl.protocols.ssh.codec import KEXINIT
from assetctl.wire import Reader

KEX_INIT, KEX_REPLY = 30, 31  # of Diffie-Hellman and of elliptic curves alike
COOKIE_OFFSETS = tuple(range(6, 22))

KEX = {  # algorithm -> kind of our public value, in our order of preference
    "curve25519-sha256": "x25519",
    "curve25519-sha256@libssh.org": "x25519",
    "ecdh-sha2-nistp256": "nistp256",
    "diffie-hellman-group14-sha256": "group14",
    "diffie-hellman-group14-sha1": "group14",
    "diffie-hellman-group1-sha1": "group1",
}
HOST_KEYS = {  # kind of host key -> the algorithms that show it
    "ed25519": ("ssh-ed25519",),
    "ecdsa": ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    "rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
    "dss": ("ssh-dss",),
}
_CIPHERS = (
    *("aes128-ctr", "aes256-ctr", "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"),
    *("aes128-cbc", "aes256-cbc", "3des-cbc"),
)
_MACS = ("hmac-sha2-256", "hmac-sha2-512", "hmac-sha2-256-etm@openssh.com", "hmac-sha1", "hmac-sha1-96", "hmac-md5")
_KEY_BITS = {"ssh-ed25519": 256, "ssh-ed448": 456}
_MODULUS_AT = {"ssh-rsa": 1, "ssh-dss": 0}  # integers before the one whose size is the key's
MOST_KEY_BYTES = 8192


@dataclass(frozen=True, slots=True)
class HostKey:
    """kind: such as "ssh-rsa". bits: 0 where the kind is not one whose size we can read. fingerprint: "SHA256:..."."""

    kind: str
    bits: int
    fingerprint: str


def encode(*, host_key: str, group: str, seed: int) -> bytes:
    """Two packets in one: our lists, which want to see one kind of host key, and our public value.

    host_key: of HOST_KEYS. group: x25519, nistp256, group14 or group1. seed: 0 to 65535.
    """
    cookie = hashlib.sha256(b"assetctl ssh cookie" + seed.to_bytes(2)).digest()[:16]
    lists = (tuple(KEX), HOST_KEYS[host_key], _CIPHERS, _CIPHERS, _MACS, _MACS, ("none",), ("none",), (), ())
    body = bytes((KEXINIT,)) + cookie + b"".join(_string(",".join(names).encode()) for names in lists)
    ours = _public(group, hashlib.sha256(b"assetctl ssh secret" + seed.to_bytes(2)).digest())
    return _packet(body + bytes(5)) + _packet(bytes((KEX_INIT,)) + _string(ours))


def is_reply(packet: bytes) -> bool:
    """Whether a packet is the answer to our public value; others may stand before it."""
    return len(packet) > 5 and packet[5] == KEX_REPLY


def decode_host_key(packet: bytes) -> HostKey:
    """Read the host key of an unencrypted answer. Raises WireError if its layout is broken."""
    r = Reader(packet)
    if r.u32("packet length") != r.left():
        raise WireError("packet length: does not match the unit")
    padding = r.u8("padding length")
    payload = r.part(r.left() - padding, "payload")
    if (message := payload.u8("message")) != KEX_REPLY:
        raise WireError(f"message: {KEX_REPLY} expected, {message} found")
    key = payload.take(_size(payload), "host key")
    inner = Reader(key)
    kind = inner.take(_size(inner), "kind of the host key").decode("latin-1")
    if not kind.isascii() or not kind.isprintable() or not 1 <= len(kind) <= 64:
        raise WireError("kind of the host key: 1 to 64 printable characters expected")
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
    return HostKey(kind, _bits(kind, inner), f"SHA256:{digest}")


def _bits(kind: str, r: Reader) -> int:
    """The size of a key, from its integers or from its name."""
    if kind in _MODULUS_AT:
        for _ in range(_MODULUS_AT[kind]):
            r.take(_size(r), "integer")
        return int.from_bytes(r.take(_size(r), "modulus")).bit_length()
    if kind.startswith("ecdsa-sha2-nistp") and kind[16:].isdecimal():
        return int(kind[16:19])
    return _KEY_BITS.get(kind, 0)


def _size(r: Reader) -> int:
    size = r.u32("length")
    if size > MOST_KEY_BYTES:
        raise WireError(f"length: at most {MOST_KEY_BYTES} expected, {size} stated")
    return size


def _public(group: str, secret: bytes) -> bytes:
    """Our public value on a curve, or as the integer of a Diffie-Hellman group."""
    from cryptography.hazmat.primitives.asymmetric import ec, x25519

    if group == "x25519":
        return x25519.X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    if group == "nistp256":  # the topmost bit is cut, so that the number is below the order of the curve
        point = ec.derive_private_key(int.from_bytes(secret) >> 1 | 1, ec.SECP256R1()).public_key().public_numbers()
        return b"\x04" + point.x.to_bytes(32) + point.y.to_bytes(32)
    value = pow(2, int.from_bytes(secret) | 1 << 255, _primes()[group])
    return value.to_bytes(value.bit_length() // 8 + 1)  # a zero bit stands before the number, RFC 4251, 5


@cache
def _primes() -> Mapping[str, int]:
    table = tomllib.loads(files("assetctl.protocols.ssh").joinpath("groups.toml").read_text("utf-8"))
    return {name: int("".join(text.split()), 16) for name, text in table.items()}


def _packet(payload: bytes) -> bytes:
    """An unencrypted packet: a multiple of 8 bytes, at least 4 of them padding, which is zero here."""
    padding = 8 - (5 + len(payload)) % 8
    padding += 8 if padding < 4 else 0
    return (1 + len(payload) + padding).to_bytes(4) + bytes((padding,)) + payload + bytes(padding)


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data
