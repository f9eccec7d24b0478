"""Raw bytes: each once, compressed, by SHA-256, and never believed without their digest."""

import zlib
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select, update

from assetctl.errors import IntegrityFault
from assetctl.store.database import Database, decoding
from assetctl.store.records import Pruned
from assetctl.store.statements import Rows, in_chunks, restore, run
from assetctl.store.tables import BLOB, EXCHANGE

LEVEL = 1  # units are short; the higher levels cost time and gain nothing on them
SMALL, SMALL_WINDOW, SMALL_MEMORY = 4096, 12, 5  # what is no longer than a window of 2**12 needs no larger one
TINY = 64
_STORED = b"\x08\x1d\x01"  # deflate with the least window, check bits; the last block, and it is stored


def put_blob(store: Database, data: bytes) -> str:
    """Store bytes and return their SHA-256 in hexadecimal."""
    digest = digest_of(data)
    with store.writing() as connection:
        insert_blobs(connection, {digest: data})
    return digest


def blob(store: Database, digest: str) -> bytes | None:
    """The bytes with this SHA-256; None when they were never stored, or pruned.

    Raises IntegrityFault when what is stored has another digest.
    """
    with store.reading() as connection, decoding(store.where):
        return read_blobs(connection, {digest}, store.where).get(digest)


def prune_blobs(store: Database, scans: Iterable[str], *, cited: Iterable[str] = (), dry_run: bool = False) -> Pruned:
    """Drop the bytes that only these scans' exchanges refer to; digests and sizes stay.

    cited: ids of exchanges whose whole steps are kept, whatever scan they belong to.
    """
    named, wanted = set(scans), set(cited)
    columns = (EXCHANGE.c.scan, EXCHANGE.c.step, EXCHANGE.c.id, EXCHANGE.c.sent, EXCHANGE.c.received)
    with store.writing() as connection, decoding(store.where):
        rows = list(connection.execute(select(*columns)))
        steps = {(row.scan, row.step) for row in rows if row.id in wanted}
        dropped, kept = set[str](), set[str]()
        for row in rows:
            is_old = row.scan in named and (row.scan, row.step) not in steps
            (dropped if is_old else kept).update((row.sent, *row.received))
        return _drop(connection, sorted(dropped - kept), dry_run=dry_run)


def digest_of(data: bytes) -> str:
    return sha256(data).hexdigest()


def insert_blobs(connection: Connection, blobs: Mapping[str, bytes]) -> None:
    """Store bytes by their digests; those already there stay, those that were pruned come back."""
    rows: Rows = [
        {"digest": digest, "size": len(data), "data": _compressed(data)}
        for digest, data in sorted(blobs.items())  # one order for all writers, so that they cannot lock each other out
    ]
    run(connection, restore(BLOB, connection.dialect.name, "data"), rows)


def _compressed(data: bytes) -> bytes:
    """In zlib's form. Making ready a window of the usual size takes longer than compressing a unit.

    What is too short to become shorter is one stored block: length, its complement, the bytes (RFC 1950, 1951).
    """
    if len(data) <= TINY:
        size = len(data)
        head = _STORED + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
        return head + data + zlib.adler32(data).to_bytes(4)
    if len(data) > SMALL:
        return zlib.compress(data, LEVEL)
    deflater = zlib.compressobj(LEVEL, wbits=SMALL_WINDOW, memLevel=SMALL_MEMORY)
    return deflater.compress(data) + deflater.flush()


def read_blobs(connection: Connection, digests: Iterable[str], where: str) -> dict[str, bytes | None]:
    """The bytes by digest, None for pruned ones; digests that were never stored are left out."""
    found: dict[str, bytes | None] = {}
    for chunk in in_chunks(digests):
        chosen = select(BLOB.c.digest, BLOB.c.size, BLOB.c.data).where(BLOB.c.digest.in_(chunk))
        for digest, size, data in connection.execute(chosen):
            found[digest] = None if data is None else unpacked(digest, size, data, where)
    return found


def unpacked(digest: str, size: int, data: bytes, where: str) -> bytes:
    """The bytes of one row. Raises IntegrityFault when they are not those of the digest."""
    try:
        raw = zlib.decompressobj().decompress(data, size + 1)
    except zlib.error:
        raw = None
    if raw is None or digest_of(raw) != digest:
        raise IntegrityFault(f"{where}: stored bytes do not match their digest {digest}: restore it from a backup")
    return raw


def _drop(connection: Connection, digests: list[str], *, dry_run: bool) -> Pruned:
    count = size = 0
    for chunk in in_chunks(digests):
        there = BLOB.c.digest.in_(chunk) & BLOB.c.data.is_not(None)
        sizes: list[Any] = list(connection.execute(select(BLOB.c.size).where(there)).scalars())
        if not dry_run:
            connection.execute(update(BLOB).where(there).values(data=None))
        count, size = count + len(sizes), size + sum(sizes)
    return Pruned(count, size)
