"""The manifest of a report: SHA-256 of each of its files and of what it was made from. It is what gets signed.

A workbook is edited by auditors and a page prints itself anew, so nobody signs them: a signature covers the bytes of
the manifest, which hold the digest of everything else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from assetctl.documents import read_json
from assetctl.errors import InputError
from assetctl.forms import Form, fill
from assetctl.report.table import MOST_LABEL, final
from assetctl.signing import canonical

NAME = "manifest.json"
SCHEMA = "assetctl/manifest/1"
MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    """One file beside the manifest, by its plain name. size: in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """about: what stands on the cover, by name. made_from: name of an input -> SHA-256.

    signer, owner: of the key it was made to be signed with, "" for none.
    """

    made_at: datetime
    about: Mapping[str, str]
    files: tuple[Listed, ...]
    made_from: Mapping[str, str] = field(default_factory=dict)
    signer: str = ""
    owner: str = ""


def listed(path: Path) -> Listed:
    """A file as it lies there. Raises OSError."""
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
        return Listed(path.name, stream.tell(), digest)


def encoded(manifest: Manifest) -> bytes:
    """The manifest as canonical JSON: equal content, equal bytes."""
    signer = {"fingerprint": manifest.signer, "owner": final(manifest.owner, MOST_LABEL)} if manifest.signer else None
    return canonical(
        {
            "schema": SCHEMA,
            "made_at": manifest.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "about": {name: final(value, MOST_LABEL) for name, value in manifest.about.items() if value},
            "files": [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in _sorted(manifest.files)],
            "made_from": {name: digest for name, digest in manifest.made_from.items() if digest},
            **({"signer": signer} if signer else {}),
        }
    )


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Label = Annotated[str, Field(max_length=1000)]


class _Listed(Form):
    name: Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f]{1,255}$")]
    size: Annotated[int, Field(strict=True, ge=0)]
    sha256: Sha256


class _Signer(Form):
    fingerprint: Sha256
    owner: Label


class _Manifest(Form):
    schema_name: Literal["assetctl/manifest/1"] = Field(alias="schema")
    made_at: datetime
    about: Mapping[Label, Label]
    files: Annotated[tuple[_Listed, ...], Field(max_length=MOST_FILES)]
    made_from: Mapping[Label, Sha256]
    signer: _Signer | None = None


def read_manifest(path: Path) -> Manifest:
    """The manifest of a file. Raises InputError with one line per mistake."""
    form = fill(_Manifest, read_json(path))
    files = tuple(Listed(one.name, one.size, one.sha256) for one in form.files)
    if len({one.name for one in files}) != len(files) or any(one.name in (".", "..") for one in files):
        raise InputError(f"{path}: a name stands there twice, or is none; get the report again")
    signer = form.signer
    return Manifest(
        form.made_at,
        form.about,
        files,
        form.made_from,
        signer.fingerprint if signer else "",
        signer.owner if signer else "",
    )


def _sorted(files: Iterable[Listed]) -> list[Listed]:
    return sorted(files, key=lambda one: one.name)
