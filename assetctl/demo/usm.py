"""The agent's side of SNMPv3: discovery, and questions that are signed with SHA-256 and encrypted with AES-128.

It does not hold the asker to its clock (RFC 3414, 3.2 step 7), which a real agent does; everything else that it is not
told correctly it meets with silence. Sources: RFC 3412 section 6, RFC 3414, RFC 3826, RFC 7860.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from assetctl.demo import ber
from assetctl.demo.responder import Said, latin
from assetctl.errors import WireError
from assetctl.wire import Reader

REPORT = 0xA8
COUNTER = 0x41
_UNKNOWN_ENGINE_IDS = (1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0)
_V2C, _V3, _USER_BASED = 1, 3, 3
_AUTH_PRIV = 0x03
_BOOTS, _TIME_S = 7, 86_400
_DIGEST_BYTES = 24
_SALT = bytes.fromhex("64656d6f706c6e74")
_PASSWORD_BYTES = 1 << 20  # a password is repeated up to this length before it is hashed, RFC 3414 A.2


@dataclass(frozen=True, slots=True)
class Keys:
    """What the agent knows of its one user, localized to its engine id."""

    engine_id: bytes
    user: bytes
    auth: bytes
    priv: bytes


@dataclass(frozen=True, slots=True)
class _Message:
    identifier: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    digest: bytes
    salt: bytes
    tag: int
    data: bytes


def in_community(message: bytes) -> tuple[bytes, bytes] | None:
    """Community and PDU of a v2c message; None for a message of another version."""
    r = Reader(ber.take(Reader(message), ber.SEQUENCE, "message"))
    if ber.take_integer(r, "version") != _V2C:
        return None
    return ber.take(r, ber.OCTETS, "community"), r.rest()


def from_table(table: Mapping[str, Any]) -> "Callable[[bytes, Callable[[bytes], bytes]], Said]":
    """The envelope of an agent with one user, as plant.toml describes it: engine_id, user, auth, priv."""
    engine_id = bytes.fromhex(table["engine_id"])
    keys = Keys(
        engine_id, latin(table["user"]), localized(table["auth"], engine_id), localized(table["priv"], engine_id)[:16]
    )

    def open_message(message: bytes, answer: Callable[[bytes], bytes]) -> Said:
        if (plain := in_community(message)) is not None:
            return Said(plain[1])
        found = _read(message)
        if not found.engine_id:
            return Said(b"", (_discovered(found, keys),))
        if (found.engine_id, found.user, found.flags & _AUTH_PRIV) != (keys.engine_id, keys.user, _AUTH_PRIV):
            return Said(b"")
        if not hmac.compare_digest(_digest(message.replace(found.digest, bytes(_DIGEST_BYTES), 1), keys), found.digest):
            return Said(b"")
        scoped = Reader(ber.take(Reader(_decrypted(found, keys)), ber.SEQUENCE, "scoped PDU"))
        ber.take(scoped, ber.OCTETS, "context engine id")
        ber.take(scoped, ber.OCTETS, "context name")
        pdu = scoped.rest()
        return Said(pdu, (_sealed(found, answer(pdu), keys),))

    return open_message


def localized(password: str, engine_id: bytes) -> bytes:
    """A password as the key of one engine, RFC 3414 A.2 with SHA-256."""
    raw = latin(password)
    whole = hashlib.sha256((raw * (_PASSWORD_BYTES // len(raw) + 1))[:_PASSWORD_BYTES]).digest()
    return hashlib.sha256(whole + engine_id + whole).digest()


def cfb(key: bytes, vector: bytes, data: bytes, *, decrypt: bool) -> bytes:
    """AES-128 in cipher feedback mode with whole blocks, RFC 3826 section 3.1.3."""
    block_cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  the block under CFB, not a mode
    out, previous = b"", vector
    for at in range(0, len(data), 16):
        piece = data[at : at + 16]
        made = bytes(a ^ b for a, b in zip(piece, block_cipher.update(previous), strict=False))
        out += made
        previous = (piece if decrypt else made).ljust(16, b"\0")
    return out


def _read(message: bytes) -> _Message:
    r = Reader(ber.take(Reader(message), ber.SEQUENCE, "message"))
    if ber.take_integer(r, "version") != _V3:
        raise WireError("version: 3 expected")
    head = Reader(ber.take(r, ber.SEQUENCE, "header"))
    identifier = ber.take_integer(head, "message id")
    ber.take_integer(head, "largest message")
    flags = ber.take(head, ber.OCTETS, "flags")
    p = Reader(ber.take(Reader(ber.take(r, ber.OCTETS, "security parameters")), ber.SEQUENCE, "security parameters"))
    engine_id = ber.take(p, ber.OCTETS, "engine id")
    boots, time_s = ber.take_integer(p, "boots"), ber.take_integer(p, "time")
    user, digest, salt = (ber.take(p, ber.OCTETS, what) for what in ("user", "digest", "salt"))
    tag, data = ber.take_any(r, "data")
    return _Message(identifier, flags[0] if flags else 0, engine_id, boots, time_s, user, digest, salt, tag, data)


def _discovered(question: _Message, keys: Keys) -> bytes:
    """The report that tells engine id and clock."""
    varbind = ber.tlv(ber.SEQUENCE, ber.object_id(_UNKNOWN_ENGINE_IDS) + ber.integer(1, COUNTER))
    pdu = ber.tlv(REPORT, ber.integer(0) * 3 + ber.tlv(ber.SEQUENCE, varbind))
    return _message(question.identifier, 0, (keys.engine_id, b"", b"", b""), _scoped(pdu, keys))


def _sealed(question: _Message, pdu: bytes, keys: Keys) -> bytes:
    encrypted = cfb(keys.priv, _vector(_BOOTS, _TIME_S, _SALT), _scoped(pdu, keys), decrypt=False)
    data = ber.tlv(ber.OCTETS, encrypted)
    unsigned = _message(question.identifier, _AUTH_PRIV, (keys.engine_id, keys.user, bytes(_DIGEST_BYTES), _SALT), data)
    return unsigned.replace(bytes(_DIGEST_BYTES), _digest(unsigned, keys), 1)


def _message(identifier: int, flags: int, parameters: tuple[bytes, bytes, bytes, bytes], data: bytes) -> bytes:
    engine_id, user, digest, salt = parameters
    head = (
        ber.integer(identifier) + ber.integer(65507) + ber.tlv(ber.OCTETS, bytes((flags,))) + ber.integer(_USER_BASED)
    )
    security = ber.tlv(ber.OCTETS, engine_id) + ber.integer(_BOOTS) + ber.integer(_TIME_S)
    security += b"".join(ber.tlv(ber.OCTETS, text) for text in (user, digest, salt))
    body = ber.integer(_V3) + ber.tlv(ber.SEQUENCE, head)
    return ber.tlv(ber.SEQUENCE, body + ber.tlv(ber.OCTETS, ber.tlv(ber.SEQUENCE, security)) + data)


def _scoped(pdu: bytes, keys: Keys) -> bytes:
    return ber.tlv(ber.SEQUENCE, ber.tlv(ber.OCTETS, keys.engine_id) + ber.tlv(ber.OCTETS, b"") + pdu)


def _decrypted(found: _Message, keys: Keys) -> bytes:
    if found.tag != ber.OCTETS or len(found.salt) != 8 or not (0 <= found.boots < 1 << 31 > found.time_s >= 0):
        raise WireError("data: encrypted contents, a salt of 8 bytes and a clock expected")
    return cfb(keys.priv, _vector(found.boots, found.time_s, found.salt), found.data, decrypt=True)


def _vector(boots: int, time_s: int, salt: bytes) -> bytes:
    return boots.to_bytes(4) + time_s.to_bytes(4) + salt


def _digest(message: bytes, keys: Keys) -> bytes:
    return hmac.digest(keys.auth, message, "sha256")[:_DIGEST_BYTES]
