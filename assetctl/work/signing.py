"""Writes the manifest of a report, and its signature: 64 bytes in a file of their own, named by the key."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from assetctl.enrolled import EnrolledKey
from assetctl.errors import EnvironmentFault
from assetctl.report import judged_files, result
from assetctl.report.inputs import ReportInputs
from assetctl.report.manifest import NAME, Manifest, encoded, listed
from assetctl.report.table import final
from assetctl.report.view import ReportView
from assetctl.signing import SigningKey
from assetctl.work import outfile

Signer = tuple[SigningKey, EnrolledKey]
SHOWN = 16
"""Digits of a fingerprint in a file name."""


def write_result(folder: Path, view: ReportView, trace: Mapping[str, Any], signer: Signer | None) -> ReportView:
    """Write the result for machines; the view whose cover names its digest, and the key. Raises EnvironmentFault."""
    with outfile.binary(folder / result.NAME) as stream:
        digest = result.write(view, trace, stream)
    more = [("Result file SHA-256", digest)]
    if signer:
        more.append(("Signing key", final(f"{signer[1].owner}, fingerprint {signer[1].fingerprint}")))
    cover = (*view.cover, *more)
    front = (
        replace(one, rows=lambda: iter(cover), count=len(cover)) if one.id == "cover" else one for one in view.front
    )
    return replace(view, cover=cover, front=tuple(front))


def about(inputs: ReportInputs, view: ReportView) -> Manifest:
    """What a manifest says of a report besides its files."""
    cover = {
        "report id": view.report_id,
        "title": view.title,
        "project": view.project,
        "site": view.site,
        "classification": view.classification,
        "tool": inputs.tool,
    }
    made_from = {
        **judged_files.made_from(inputs),
        **{f"golden {one.file}": one.sha256 for one in inputs.golden},
        "pack": inputs.pack_hash,
    }
    return Manifest(inputs.generated_at, cover, (), made_from)


def write_manifest(folder: Path, names: Iterable[str], manifest: Manifest, signer: Signer | None) -> Path:
    """Write the manifest of files in a folder, signed when there is a key; older signatures there are void and go.

    Raises EnvironmentFault.
    """
    try:
        files = tuple(listed(folder / name) for name in names)
    except OSError as fault:
        raise EnvironmentFault(f"{fault.filename}: cannot be read back ({fault.strerror})") from None
    whole = replace(manifest, files=files)
    if signer:
        whole = replace(whole, signer=signer[1].fingerprint, owner=signer[1].owner)
    path = folder / NAME
    with outfile.binary(path) as stream:
        stream.write(encoded(whole))
    for old in signatures(folder):
        old.unlink()
    if signer:
        sign(path, signer[0])
    return path


def sign(path: Path, key: SigningKey) -> Path:
    """Sign a manifest as it lies there; further signatures stay. Where the signature is."""
    place = path.parent / f"manifest.{key.fingerprint[:SHOWN]}.sig"
    with outfile.binary(place) as stream:
        stream.write(key.sign(path.read_bytes()))
    return place


def signatures(folder: Path) -> tuple[Path, ...]:
    """The files of signatures beside a manifest."""
    names = sorted(path.name for path in folder.iterdir())
    return tuple(folder / name for name in names if name.startswith("manifest.") and name.endswith(".sig"))
