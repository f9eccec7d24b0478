"""The file of a bundle: a plain stored zip, and behind its last byte, as the zip's own comment, who signed all before.

The signature is checked before anything else is read, so what nobody enrolled reaches no parser. Members are stored,
never packed, so nothing swells; what they may be called is a closed set.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any, BinaryIO, Literal

from pydantic import Field

from assetctl.documents import Document
from assetctl.enrolled import EnrolledKey
from assetctl.errors import InputError, IntegrityFault
from assetctl.forms import Form, fill
from assetctl.signing import SIGNATURE_BYTES, SigningKey, canonical, is_signed
from assetctl.values import Realm

MOST_BYTES = 4 * 1024**3 - 1  # what a zip without its extension can hold
MOST_MEMBERS = 2_000
MOST_MANIFEST = 1024 * 1024
MANIFEST = "manifest.json"
ROWS, FILES, LEDGERS = "rows.jsonl", "files/", "ledgers/"
_MAGIC = b"assetctl-bundle/1 "
_ANY_MAGIC = re.compile(rb"assetctl-bundle/\d{1,3} \Z")
_SEAL = len(_MAGIC) + 64 + 1 + 2 * SIGNATURE_BYTES
_NAME = re.compile(r"(files|ledgers)/[A-Za-z0-9][A-Za-z0-9._-]{0,120}", re.ASCII)
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.ASCII)
_ALL_READ = 0o644 << 16


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle whose signature holds. digest: of its signed bytes, by which others name it."""

    path: Path
    digest: str
    key: EnrolledKey
    sequence: int
    previous: str
    made_at: datetime
    site: str
    realms: tuple[str, ...]
    members: tuple[str, ...]


Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Manifest(Form):
    schema_name: Literal["assetctl/bundle/1"] = Field(alias="schema")
    sequence: Annotated[int, Field(strict=True, ge=1, lt=1 << 53)]
    previous: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    made_at: datetime
    sender: Hex
    site: Annotated[str, Field(max_length=300)]
    realms: Annotated[tuple[Realm, ...], Field(max_length=1000)]


def write(
    out: BinaryIO, manifest: Mapping[str, Any], rows: Iterable[str], files: Mapping[str, Path], key: SigningKey
) -> str:
    """Write a bundle to an empty file that can be read again and return its digest. files: member -> what is put in."""
    try:
        _fill(out, manifest, rows, files)
    except (zipfile.LargeZipFile, RuntimeError) as fault:  # a member beyond what a plain zip can hold
        raise InputError(
            f"too much for one bundle ({fault}); write it in parts: assetctl bundle write --scan ID"
        ) from None
    digest = _digest(out)
    out.seek(-_SEAL, 2)
    signature = key.sign(_MAGIC + digest.encode())
    out.write(_MAGIC + key.fingerprint.encode() + b" " + signature.hex().encode())
    return digest


def _fill(out: BinaryIO, manifest: Mapping[str, Any], rows: Iterable[str], files: Mapping[str, Path]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        archive.comment = b"-" * _SEAL
        archive.writestr(_info(MANIFEST), canonical(manifest))
        with archive.open(_info(ROWS), "w") as member:
            for row in rows:
                member.write(row.encode("ascii") + b"\n")
        for name, path in sorted(files.items()):
            archive.writestr(_info(name), path.read_bytes())


def member_name(folder: str, path: Path) -> str:
    """What a file is called in a bundle. Raises InputError for a name that not every system can hold."""
    name = folder + path.name
    if not _NAME.fullmatch(name) or _RESERVED.fullmatch(path.name.lower()) or path.name.endswith("."):
        raise InputError(
            f"{path}: letters, digits, ., _ and - are expected in the name of a file of a bundle; rename it"
        )
    return name


def open_bundle(path: Path, keys: Iterable[EnrolledKey]) -> Opened:
    """A bundle, once its signature and its form were checked.

    Raises InputError for what is no bundle of this version, IntegrityFault for what was changed or a stranger signed.
    """
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            if size > MOST_BYTES:
                raise InputError(f"{path}: larger than 4 GB; write it in parts: assetctl bundle write --scan ID")
            digest, key = _signed(path, stream, tuple(keys))
            manifest, members = _contents(path, stream)
    except OSError as fault:
        raise InputError(f"{path}: cannot be read ({fault.strerror}); check the path") from None
    form = fill(_Manifest, Document(path, manifest, ""))
    if form.sender != key.fingerprint:
        raise IntegrityFault(f"{path}: written for another key than it is signed by; nothing was taken in")
    if objection := key.objection(form.made_at.date()):
        raise IntegrityFault(f"{path}: signed by {key.owner}, but {objection}; nothing was taken in")
    return Opened(path, digest, key, form.sequence, form.previous, form.made_at, form.site, form.realms, members)


def rows_of(opened: Opened) -> Iterator[tuple[int, Any]]:
    """The rows as JSON values with their line numbers. Raises InputError."""
    with zipfile.ZipFile(opened.path) as archive, archive.open(ROWS) as member:
        for number, line in enumerate(_lines(opened.path, member), 1):
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                raise InputError(f"{opened.path}: {ROWS}:{number}: JSON is expected; get the bundle again") from None


def bytes_of(opened: Opened, member: str) -> bytes:
    """The bytes of one member."""
    with zipfile.ZipFile(opened.path) as archive:
        return archive.read(member)


MOST_LINE = 256 * 1024 * 1024


def _lines(path: Path, member: IO[bytes]) -> Iterator[bytes]:
    while line := member.readline(MOST_LINE):
        if not line.endswith(b"\n"):
            raise InputError(f"{path}: {ROWS}: a line is too long or not finished; get the bundle again")
        yield line


def _info(name: str) -> zipfile.ZipInfo:
    """The same head for the same member at any time, on any system."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, _ALL_READ
    return info


def _digest(stream: BinaryIO) -> str:
    """SHA-256 over all but the seal."""
    left = stream.seek(0, 2) - _SEAL
    stream.seek(0)
    whole = hashlib.sha256()
    while left > 0 and (piece := stream.read(min(left, 1 << 20))):
        whole.update(piece)
        left -= len(piece)
    return whole.hexdigest()


def _signed(path: Path, stream: BinaryIO, keys: tuple[EnrolledKey, ...]) -> tuple[str, EnrolledKey]:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _SEAL))
    seal = stream.read(_SEAL)
    if not seal.startswith(_MAGIC):
        if _ANY_MAGIC.match(seal[: len(_MAGIC)]):
            raise InputError(f"{path}: a bundle of a newer form, written by a newer assetctl; install that")
        raise IntegrityFault(f"{path}: no bundle, or its end is missing; get it again")
    name, _, signature = seal[len(_MAGIC) :].partition(b" ")
    key = next((one for one in keys if one.fingerprint.encode() == name), None)
    if key is None:
        shown = name[:16].decode("ascii", "replace")
        raise IntegrityFault(f"{path}: signed by the key {shown}, which is not enrolled; see: assetctl keys list")
    digest = _digest(stream)
    if not re.fullmatch(rb"[0-9a-f]{128}", signature) or not is_signed(
        _MAGIC + digest.encode(), bytes.fromhex(signature.decode()), key.public
    ):
        raise IntegrityFault(f"{path}: changed since {key.owner} signed it, or cut; get it again")
    return digest, key


def _contents(path: Path, stream: BinaryIO) -> tuple[Any, tuple[str, ...]]:
    """The manifest and the names of the members, all as `write` makes them."""
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = archive.infolist()
            if odd := _odd(infos, stream.seek(0, 2)):
                raise InputError(f"{path}: {odd}; such a bundle is not taken in")
            return json.loads(archive.read(MANIFEST)), tuple(info.filename for info in infos)
    except (zipfile.BadZipFile, ValueError, RecursionError, NotImplementedError, RuntimeError) as fault:
        raise InputError(f"{path}: signed, but no bundle ({type(fault).__name__}); get it again") from None


def _odd(infos: list[zipfile.ZipInfo], size: int) -> str:
    """What a bundle may not hold, "" when there is nothing."""
    names = [info.filename for info in infos]
    if names[:2] != [MANIFEST, ROWS] or len(names) > MOST_MEMBERS or infos[0].file_size > MOST_MANIFEST:
        return f"{MANIFEST} and {ROWS} are expected first, and at most {MOST_MEMBERS} members"
    for info in infos[2:]:
        base = info.filename.partition("/")[2].lower()
        if not _NAME.fullmatch(info.orig_filename) or _RESERVED.fullmatch(base) or base.endswith("."):
            return f"a member is called {info.orig_filename[:80]!r}, which leads out of its folder or fits no system"
    if len({name.lower() for name in names}) != len(names):
        return "two members have one name"
    if any(info.compress_type or info.flag_bits & 1 or info.external_attr != _ALL_READ for info in infos):
        return "a member is packed, encrypted, a link or a device"
    return "the members are larger than the file" if sum(info.file_size for info in infos) > size else ""
