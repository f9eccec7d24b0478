"""Tables about how assets are connected, and about the certificates that their services show."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from assetctl.model import Fact, SubjectKind
from assetctl.report.index import Entry
from assetctl.report.inputs import ReportInputs
from assetctl.report.table import Column, Kind, Ref, Row, Table, moment, table
from assetctl.settle import as_text

_TOPOLOGY = (
    Column("Device", Kind.LINKS, 26),
    Column("Local port", Kind.CODE, 16),
    Column("Remote device", Kind.LINKS, 26),
    Column("Remote port", Kind.CODE, 16),
    Column("Method", width=14),
    Column("Shared port", Kind.MARK, 12),
    Column("Last seen", Kind.TIME, 20),
)
_CERTIFICATES = (
    Column("Asset", Kind.LINKS, 26),
    Column("Port", Kind.CODE, 10),
    Column("Subject", width=36),
    Column("Issuer", width=36),
    Column("Self-signed", Kind.MARK, 11),
    Column("Not before", width=22, page=False),
    Column("Not after", width=22),
    Column("Days left", Kind.NUMBER, 10, is_relative=True),
    Column("Key", width=12),
    Column("Signature", width=22),
    Column("Fingerprint", Kind.CODE, 66, page=False),
    Column("Shared with", Kind.LINKS, 26),
    Column("Last seen", Kind.TIME, 20, page=False),
)
MOST_LINKS = 6


def topology(inputs: ReportInputs, entries: Sequence[Entry]) -> Table:
    """Who is connected to whom."""
    known = {entry.asset.id: entry for entry in entries}

    def rows() -> Iterator[Row]:
        for link in inputs.topology.links:
            ends = [known.get(end.asset) for end in (link.one, link.other)]
            seen = min((end.asset.last_seen for end in ends if end), default=None)
            yield (
                _device(known, link.one.asset), link.one.port, _device(known, link.other.asset), link.other.port,
                ", ".join(link.how), "yes" if link.shared else "", moment(seen),
            )  # fmt: skip

    return table(
        "topology",
        "Topology",
        "Connections that LLDP, CDP and forwarding tables tell of. Shared: something else hangs on the same port.",
        _TOPOLOGY,
        rows,
        empty="No switch or neighbour told of a connection.",
        folded=True,
        most=3_000,
    )


def certificates(inputs: ReportInputs, entries: Sequence[Entry]) -> Table:
    """What services prove themselves with, the first to end on top."""
    holders: dict[str, dict[str, Entry]] = {}
    held = [(entry, *one) for entry in entries for one in _certificates(entry)]
    for entry, _, facts, _ in held:
        holders.setdefault(_text(facts, "certificate_fingerprint"), {})[entry.asset.id] = entry
    held.sort(key=lambda one: (_text(one[2], "certificate_not_after") or "~", one[0].asset.id, one[1]))

    def row(entry: Entry, port: str, facts: Mapping[str, Fact], digest: str) -> Row:
        others = [e for id, e in sorted(holders.get(digest, {}).items()) if digest and id != entry.asset.id]
        return (
            entry.link,
            port,
            _text(facts, "certificate_subject"),
            _text(facts, "certificate_issuer"),
            _text(facts, "certificate_self_signed"),
            _text(facts, "certificate_not_before"),
            _text(facts, "certificate_not_after"),
            _days_left(_text(facts, "certificate_not_after"), inputs),
            " ".join(filter(None, (_text(facts, "certificate_key_type"), _text(facts, "certificate_key_bits")))),
            _text(facts, "certificate_signature_algorithm"),
            digest,
            tuple(one.link[0] for one in others[:MOST_LINKS]),
            moment(max((fact.last_seen for fact in facts.values()), default=None)),
        )

    return table(
        "certificates",
        "Certificates",
        "Certificates that services showed; those that end first stand first.",
        _CERTIFICATES,
        lambda: (row(*one) for one in held),
        empty="No service showed a certificate.",
        folded=True,
        most=3_000,
    )


def _device(known: Mapping[str, Entry], id: str) -> tuple[Ref, ...]:
    entry = known.get(id)
    return entry.link if entry else (Ref("", id),)


def _certificates(entry: Entry) -> Iterator[tuple[str, dict[str, Fact], str]]:
    """Port, facts and fingerprint of each certificate; the newest word of each key counts."""
    found: dict[str, dict[str, Fact]] = {}
    for fact in entry.asset.facts:
        if fact.subject.kind is SubjectKind.CERTIFICATE:
            held = found.setdefault(fact.subject.local_key, {})
            if fact.key not in held or fact.last_seen > held[fact.key].last_seen:
                held[fact.key] = fact
    for local_key, facts in sorted(found.items()):
        port = "/".join(local_key.split("/")[:2])
        yield port, facts, _text(facts, "certificate_fingerprint")


def _text(facts: Mapping[str, Fact], key: str) -> str:
    fact = facts.get(key)
    return as_text(fact.value) if fact else ""


def _days_left(until: str, inputs: ReportInputs) -> int | str:
    try:
        return (date.fromisoformat(until[:10]) - inputs.generated_at.date()).days
    except ValueError:
        return ""
