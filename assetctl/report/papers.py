"""The chapters about what people put their names to: waivers, attestations, the sign-off page."""

from collections.abc import Iterable

from assetctl.policy.attestations import Answer, Standing
from assetctl.policy.waivers import State, Use
from assetctl.report.index import Links
from assetctl.report.inputs import ReportInputs
from assetctl.report.section import Figure, Section
from assetctl.report.table import Column, Kind, Ref, Row, ref, table

MOST_LINKS = 6
COUNTS, STANDS, EXPIRED, VOID = "counts", "stands against", "expired", "does not count"
_WAIVER_ORDER = (State.EXPIRED, State.EXPIRING, State.LIVE, State.REVOKED)
_ATTESTATION_ORDER = (EXPIRED, VOID, STANDS, COUNTS)
_ROLES = ("Assessor", "Owner of the plant", "Operator of the scan", "Reviewer")

_WAIVERS = (
    Column("State", Kind.MARK, 12),
    Column("Days left", Kind.NUMBER, 10, is_relative=True),
    Column("Waiver", Kind.KEY, 18),
    Column("Type", width=22),
    Column("Check", Kind.LINKS, 12),
    Column("Scope", width=36),
    Column("Reason", width=44),
    Column("Measure", width=44),
    Column("Owner", width=20),
    Column("Approved by", width=22),
    Column("Approved on", width=12),
    Column("Expires", width=12),
    Column("Ticket", width=14, page=False),
    Column("Findings", Kind.LINKS, 24),
    Column("Revoked", width=36, page=False),
    Column("Counts for SL", Kind.MARK, 12, page=False),
)
_ATTESTATIONS = (
    Column("State", Kind.MARK, 16),
    Column("Days left", Kind.NUMBER, 10, is_relative=True),
    Column("Attestation", Kind.KEY, 18),
    Column("Requirement", width=16),
    Column("Zone", Kind.LINKS, 20),
    Column("Answer", Kind.MARK, 14),
    Column("Statement", width=50),
    Column("Document", width=30),
    Column("SHA-256 of the document", Kind.CODE, 66, page=False),
    Column("Given by", width=24),
    Column("Organisation", width=22, page=False),
    Column("Given on", width=12),
    Column("Valid until", width=12),
    Column("Reviewed by", width=24),
    Column("Reviewer's organisation", width=22, page=False),
    Column("Independent", Kind.MARK, 12, page=False),
    Column("Despite unknowns of", width=22, page=False),
    Column("Why it does not count", width=44),
)
_SIGN_OFF = (
    Column("Role", width=24),
    Column("Name", width=28, by_auditor=True),
    Column("Organisation", width=28, by_auditor=True),
    Column("Decision", width=22, by_auditor=True),
    Column("Remarks", width=44, by_auditor=True),
    Column("Date", width=14, by_auditor=True),
    Column("Signature", width=32, by_auditor=True),
)


def waivers(inputs: ReportInputs) -> Section:
    """Accepted deviations, those that ran out first."""
    today = inputs.generated_at.date()
    held = sorted(inputs.waivers, key=lambda use: (_WAIVER_ORDER.index(use.state), use.waiver.expires, use.waiver.id))
    late = sum(use.state is State.EXPIRED for use in held)
    soon = sum(use.state is State.EXPIRING for use in held)
    known = frozenset(check.id for check in inputs.checks)
    failing = _registered(inputs)
    rows = table(
        "waivers",
        "Waivers",
        "Accepted deviations with their measure and end; those that ran out stand first. None changes a result.",
        _WAIVERS,
        lambda: ((use.state.value, use.waiver.days_left(today), *_waiver(use, known, failing)) for use in held),
        empty="No waiver concerns a check that was run.",
        most=1_000_000,
    )
    figures = (
        Figure(str(late), "expired", "bad" if late else "good"),
        Figure(str(soon), "end within 30 days", "warn" if soon else "quiet"),
        Figure(str(sum(use.state is State.LIVE for use in held)), "in force"),
        Figure(str(sum(not use.findings for use in held)), "cover nothing that fails", "quiet"),
    )
    lead = ("A waiver is an accepted risk. It leaves the row contradicted: no level rises by it.",)
    return Section("waivers", "Waivers and compensations", lead, figures=figures, tables=(rows,))


def attestations(inputs: ReportInputs, links: Links) -> Section:
    """What people answer for, and whether it counts."""
    held = sorted(
        inputs.attestations, key=lambda one: (_ATTESTATION_ORDER.index(_state(one)), one.days_left, one.attestation.id)
    )
    rows = table(
        "attestations",
        "Attestations",
        "What people answer for a row in a zone or conduit, on which document, reviewed by whom, and until when.",
        _ATTESTATIONS,
        lambda: (_attestation(one, links) for one in held),
        empty="Nobody has attested anything, so no row is met.",
        most=1_000_000,
    )
    lead = ("An answer counts with a document, its hash, and a reviewer who is not its author.",)
    return Section("attestations", "Attestations", lead, tables=(rows,))


def sign_off() -> Section:
    """Lines for names. Auditors edit the workbook, so what is signed is the manifest, not the file."""
    rows: Iterable[Row] = tuple((role, "", "", "", "", "", "") for role in _ROLES)
    lead = ("A signature here is for the content with the report id on the cover.",)
    signed = table("signoff", "Sign-off", "Who takes responsibility for what.", _SIGN_OFF, lambda: rows, empty="")
    return Section("signoff", "Sign-off", lead, tables=(signed,))


def _registered(inputs: ReportInputs) -> dict[str, str]:
    """Findings that a waiver covers and that have a row in the register -> their check."""
    covered = {id for use in inputs.waivers for id in use.findings}
    lives = {life.id: life.check for life in inputs.lives if life.id in covered}
    return lives | {one.id: one.check for one in (inputs.findings if covered else ()) if one.id in covered}


def _waiver(use: Use, known: frozenset[str], registered: dict[str, str]) -> Row:
    one = use.waiver
    covered = tuple(ref("findings", id, registered[id]) for id in use.findings if id in registered)
    more = (Ref("", f"and {len(covered) - MOST_LINKS} more"),) if len(covered) > MOST_LINKS else ()
    return (
        ref("waivers", one.id),
        "compensating measure" if one.measure else "risk accepted",
        (ref("checks", one.check) if one.check in known else Ref("", one.check),),
        ", ".join((*sorted(one.places), *([one.part] if one.part else []))),
        one.reason,
        one.measure,
        one.owner,
        one.approver,
        str(one.began),
        str(one.expires),
        one.ticket,
        (*covered[:MOST_LINKS], *more),
        one.revoked,
        "no",
    )


def _state(one: Standing) -> str:
    if one.attestation.answer in (Answer.NO, Answer.PARTLY):
        return STANDS
    if one.is_expired:
        return EXPIRED
    return COUNTS if one.counts else VOID


def _attestation(one: Standing, links: Links) -> Row:
    told = one.attestation
    return (
        _state(one),
        one.days_left,
        ref("attestations", told.id),
        told.requirement,
        links.places((told.place,)),
        told.answer.value,
        told.statement,
        told.document,
        told.sha256,
        told.author,
        told.organisation,
        str(told.given),
        str(told.valid_until),
        told.reviewer,
        told.reviewer_organisation,
        "yes" if told.is_independent else "no",
        ", ".join(told.despite),
        one.fault,
    )
