"""A job: the plan of the centre by its hash and its bounds, signed by the centre's key, valid for a time.

The queue is not trusted with more than carrying it. A collector makes its own plan from its own settings and does
nothing that lies outside these bounds, or outside the approval that lies beside it.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from assetctl import approval as approvals
from assetctl.documents import Document
from assetctl.enrolled import EnrolledKey
from assetctl.errors import InputError, IntegrityFault
from assetctl.forms import Form, fill
from assetctl.plan import Plan
from assetctl.signing import canonical, is_signed
from assetctl.values import Realm
from assetctl.work.ordering import Wish
from assetctl.work.signing import Signer

SCHEMA = "assetctl/job/1"
MOST_BYTES = 1024 * 1024
WHERE = Path("job of the centre")
UNCOUNTED = 1_000_000_000  # runs: a job is done once, whatever its bounds say


@dataclass(frozen=True, slots=True)
class Job:
    """id: of the signed text. plan: hash of the centre's plan. bounds: as an approval file holds them."""

    id: str
    site: str
    realm: str
    plan: str
    valid_from: datetime
    valid_until: datetime
    wish: Wish
    bounds: Mapping[str, Any]

    @property
    def scan(self) -> str:
        """Id of the run that does it, the same however often it is taken up."""
        return f"job-{self.id[:20]}"

    def early(self, now: datetime) -> timedelta:
        """How long until it may begin, nothing when it may. Raises InputError when its time is over."""
        if now > self.valid_until:
            raise InputError(
                f"valid from {self.valid_from:%Y-%m-%d %H:%M} to {self.valid_until:%Y-%m-%d %H:%M} UTC; ask again"
            )
        return max(timedelta(), self.valid_from - now)


Texts = Annotated[tuple[str, ...], Field(max_length=10_000)]


class _Wish(Form):
    realm: Realm | None
    targets: Texts
    exclude: Texts
    profile: str | None
    only: Texts
    depth: Texts
    sweep: Annotated[bool, Field(strict=True)]


class _Job(Form):
    schema_name: Literal["assetctl/job/1"] = Field(alias="schema")
    site: Annotated[str, Field(min_length=1, max_length=100)]
    realm: Realm
    plan: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    wish: _Wish
    bounds: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Term:
    """When a job may be done."""

    begins: datetime
    ends: datetime


def sealed(site: str, realm: str, plan: Plan, wish: Wish, term: Term, signer: Signer) -> dict[str, str]:
    """A job as the queue carries it: its text, the key's fingerprint and the signature."""
    bounds = tomllib.loads(approvals.draft(plan, now=term.begins, until=term.ends, realm=realm))
    bounds |= {"approved_by": [signer[1].owner], "runs": UNCOUNTED}
    content = {
        "schema": SCHEMA,
        "site": site,
        "realm": realm,
        "plan": plan.hash,
        "valid_from": term.begins.astimezone(UTC).isoformat(timespec="seconds"),
        "valid_until": term.ends.astimezone(UTC).isoformat(timespec="seconds"),
        "wish": {
            name: list(value) if isinstance(value := getattr(wish, name), tuple) else value for name in wish.__slots__
        },
        "bounds": bounds,
    }
    whole = canonical(content)
    return {"text": whole.decode(), "key": signer[1].fingerprint, "signature": signer[0].sign(whole).hex()}


def opened(carried: Mapping[str, Any], keys: Iterable[EnrolledKey], *, site: str, centre: str, now: datetime) -> Job:
    """A job of the centre for this site. centre: fingerprint of its key, or how it begins.

    Raises IntegrityFault for what the centre did not sign for this site, InputError for what is no job.
    """
    import hashlib

    whole, key, signature = (str(carried.get(name, "")) for name in ("text", "key", "signature"))
    raw = whole.encode("utf-8", "replace")
    enrolled = next((one for one in keys if one.fingerprint == key and key.startswith(centre)), None)
    if enrolled is None or not centre:
        raise IntegrityFault(f"signed by the key {key[:16]!r}, which is not the centre's")
    if objection := enrolled.objection(now.date()):
        raise IntegrityFault(f"signed by {enrolled.owner}, but {objection}")
    if len(raw) > MOST_BYTES or not is_signed(raw, _bytes(signature), enrolled.public):
        raise IntegrityFault(f"not as {enrolled.owner} signed it")
    form = fill(_Job, _document(whole))
    if form.site != site:
        raise IntegrityFault(f"for the site {form.site[:60]}, not for {site}")
    wish = Wish(**form.wish.model_dump())
    digest = hashlib.sha256(raw).hexdigest()
    return Job(digest, site, form.realm, form.plan, form.valid_from, form.valid_until, wish, form.bounds)


def outside(plan: Plan, job: Job, *, realm: str, now: datetime) -> tuple[str, ...]:
    """In which respects a plan made here goes beyond the job; who must have approved is the local approval's matter."""
    bounds = approvals.read(job.bounds, b"", str(WHERE))
    alone = replace(plan, scope=replace(plan.scope, persons=1))
    return approvals.objections(alone, bounds, now=now, runs_used=0, realm=realm)


def _document(whole: str) -> Document:
    try:
        return Document(WHERE, json.loads(whole), "")
    except (ValueError, RecursionError):
        raise InputError(
            "no job that this version understands; the centre and the site need the same assetctl"
        ) from None


def _bytes(written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError:
        return b""
