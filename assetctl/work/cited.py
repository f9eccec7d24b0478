"""The stored exchanges that the values and findings of a report rest on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from assetctl.model import Asset, Exchange, Finding
from assetctl.packing import packed_findings
from assetctl.report.inputs import Evidence
from assetctl.store.records import StoredExchange
from assetctl.store.repo import Store

EXCERPT_BYTES = 48


def cited(assets: Iterable[Asset], findings: Sequence[Finding]) -> Iterator[str]:
    """Ids of the exchanges that values and findings rest on."""
    for asset in assets:
        for fact in asset.facts:
            yield fact.source.evidence
    yield from packed_findings(findings).cited()


def evidence_of(store: Store, wanted: frozenset[str], vantages: Mapping[str, str]) -> Iterator[Evidence]:
    for stored in store.exchanges():
        if stored.exchange.id in wanted:
            yield _evidence_row(stored, vantages.get(stored.scan, ""))


def _evidence_row(stored: StoredExchange, vantage: str) -> Evidence:
    exchange: Exchange = stored.exchange
    received = exchange.received[0] if exchange.received else b""
    target = stored.step.partition("@")[2]
    return Evidence(
        exchange.id,
        "exchange",
        exchange.request,
        target,
        exchange.at,
        vantage,
        stored.received[0] if stored.received else stored.sent,
        received[:EXCERPT_BYTES].hex(),
        exchange.detail or exchange.outcome,
        stored.sent,
        stored.received,
    )
