"""Whether a report is what was written: every file against its manifest, and the manifest against who signed it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assetctl.enrolled import EnrolledKey
from assetctl.errors import InputError, IntegrityFault
from assetctl.report.manifest import NAME, Manifest, listed, read_manifest
from assetctl.signing import SIGNATURE_BYTES, is_signed
from assetctl.text import counted, visible
from assetctl.work.signing import SHOWN, signatures


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was compared. state: one word. is_fault: it is not what it should be."""

    what: str
    state: str
    detail: str = ""
    is_fault: bool = False


def manifest_of(path: Path) -> Path:
    """The manifest that belongs to a page, a workbook, a result, a folder or itself. Raises InputError."""
    if not path.exists():
        raise InputError(f"{path}: no such file; name a report, its folder or its manifest")
    found = path if path.name == NAME else (path if path.is_dir() else path.parent) / NAME
    if not found.is_file():
        raise InputError(f"{found}: no manifest is there, so nothing can be compared; see: assetctl report all")
    return found


def verify(path: Path, keys: Sequence[EnrolledKey], today: Mapping[str, str] | None = None) -> tuple[Proof, ...]:
    """Compare a report with its manifest. today: name of an input -> SHA-256 as it stands now, to tell what moved on.

    Raises InputError when there is nothing to compare with, IntegrityFault when the manifest cannot be read.
    """
    place = manifest_of(path)
    try:
        manifest = read_manifest(place)
    except InputError as error:
        raise IntegrityFault(f"the manifest is not as it was written: {error}") from None
    return (
        *_named(path, place, manifest),
        *_files(place.parent, manifest),
        *_signatures(place, manifest, keys),
        *_inputs(manifest, today or {}),
    )


def _named(path: Path, place: Path, manifest: Manifest) -> Iterator[Proof]:
    """The file that was asked about must be one that the manifest names."""
    if path.is_file() and path != place and path.name not in {one.name for one in manifest.files}:
        yield Proof(path.name, "not listed", f"{place} does not name this file; was it renamed?", True)


def _files(folder: Path, manifest: Manifest) -> Iterator[Proof]:
    for one in manifest.files:
        path = folder / one.name
        if not path.is_file() or path.is_symlink():
            yield Proof(one.name, "missing", "the manifest names it, but no such file is there", True)
        elif (found := listed(path)).sha256 == one.sha256:
            yield Proof(one.name, "unchanged", f"SHA-256 {one.sha256}")
        else:
            size = "" if found.size == one.size else f", {counted(found.size, 'byte')} in place of {one.size}"
            yield Proof(one.name, "changed", f"SHA-256 {found.sha256} in place of {one.sha256}{size}", True)


def _signatures(place: Path, manifest: Manifest, keys: Sequence[EnrolledKey]) -> Iterator[Proof]:
    data, found = place.read_bytes(), signatures(place.parent)
    proofs = [_signature(path, data, manifest, keys) for path in found]
    yield from proofs
    owed = f"signature {manifest.signer[:SHOWN]}"
    if manifest.signer and not any(one.what == owed for one in proofs):
        yield Proof(owed, "missing", f"the manifest was made to be signed by {visible(manifest.owner)}", True)
    if not found and not manifest.signer:
        yield Proof("signature", "none", "whoever can write these files could have written all of them anew")


def _signature(path: Path, data: bytes, manifest: Manifest, keys: Iterable[EnrolledKey]) -> Proof:
    name = path.name.removeprefix("manifest.").removesuffix(".sig")
    what = f"signature {visible(name, most=SHOWN)}"
    key = next((one for one in keys if one.fingerprint[:SHOWN] == name), None)
    if key is None:
        return Proof(what, "not enrolled", "no enrolled key has this fingerprint, so nobody knows who signed", True)
    with path.open("rb") as stream:
        signature = stream.read(SIGNATURE_BYTES + 1)
    whose = f"{key.owner}, key {key.fingerprint}"
    if not is_signed(data, signature, key.public):
        return Proof(what, "wrong", f"not what {whose} signed", True)
    if objection := key.objection(manifest.made_at.date()):
        return Proof(what, "void", f"{whose}; {objection}", True)
    return Proof(what, "valid", f"{whose}, enrolled on {key.enrolled} by {key.by}")


def _inputs(manifest: Manifest, today: Mapping[str, str]) -> Iterator[Proof]:
    for name, digest in sorted(manifest.made_from.items()):
        if name in today:
            state = "as then" if today[name] == digest else "moved on"
            yield Proof(f"made from {visible(name, most=60)}", state, f"SHA-256 {digest}")
