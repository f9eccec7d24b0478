"""Which assets an advisory is about: affected, not affected, or possibly affected, each with the texts that say so.

Every vulnerability of an advisory is judged for itself, on the products that name the asset most surely; a name that
only may be the asset's never makes it affected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from assetctl.advisory.codes import Fit, fits
from assetctl.advisory.described import Described, Identity
from assetctl.advisory.families import families
from assetctl.advisory.names import Grade, Sameness, maker_key, same
from assetctl.advisory.records import Advisory, Naming, Product, Status, Vulnerability
from assetctl.advisory.settling import WEIGHT, Said, Settled, Verdict, settle

NO_SUCH_SERIAL = "-"
REMOTE, SEVERE = "AV:N", 9.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One vulnerability of an advisory, judged for one asset. ours, theirs: the texts that were compared."""

    verdict: Verdict
    vulnerability: Vulnerability
    product: Product
    ours: str
    theirs: str
    reason: str

    @property
    def is_fixable(self) -> bool:
        return self.product.id in self.vulnerability.fixes


@dataclass(frozen=True, slots=True)
class Match:
    """One advisory that names an asset. judged: one entry for each vulnerability that speaks of it, worst first."""

    asset: str
    advisory: Advisory
    judged: tuple[Judged, ...]

    @property
    def verdict(self) -> Verdict:
        return self.judged[0].verdict

    @property
    def worst(self) -> Judged:
        return self.judged[0]

    def cves(self, *verdicts: Verdict) -> tuple[str, ...]:
        """Numbers of the vulnerabilities with one of these verdicts; those without a number are left out."""
        found = {one.vulnerability.cve for one in self.judged if one.verdict in verdicts}
        return tuple(sorted(found - {""}))

    @property
    def is_fixable(self) -> bool:
        """Whether the maker offers a fix for something that affects the asset."""
        return any(one.is_fixable for one in self.judged if one.verdict is self.verdict)

    @property
    def lacks_a_fix(self) -> bool:
        """Whether something affects the asset for which the maker offers none."""
        return any(not one.is_fixable for one in self.judged if one.verdict is self.verdict)

    def weaknesses(self, *verdicts: Verdict) -> frozenset[str]:
        """CWE numbers of the vulnerabilities with one of these verdicts; "" among them for one without a number."""
        return frozenset(one.vulnerability.weakness for one in self.judged if one.verdict in verdicts)

    @property
    def is_severe_and_remote(self) -> bool:
        found = (one.vulnerability for one in self.judged if one.verdict is self.verdict)
        return any((v.score or 0) >= SEVERE and REMOTE in v.vector.split("/") for v in found)


@dataclass(slots=True)
class Matcher:
    """Advisories by maker. What was found for an identity is kept, since plants hold many devices of a kind."""

    advisories: tuple[Advisory, ...]
    _by_maker: dict[str, list[Advisory]] = field(default_factory=dict)
    _serials: set[str] = field(default_factory=set)
    _namings: dict[Naming, int] = field(default_factory=dict)
    _products: dict[str, tuple[tuple[Product, int], ...]] = field(default_factory=dict)
    _grades: dict[Identity, dict[int, Sameness]] = field(default_factory=dict)
    _found: dict[tuple[Identity, ...], tuple[tuple[Advisory, tuple[Judged, ...]], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for advisory in sorted(self.advisories, key=lambda one: one.id):
            self._products[advisory.id] = tuple(
                (product, self._namings.setdefault(product.naming, len(self._namings))) for product in advisory.products
            )
            self._serials |= {serial for product in advisory.products for serial in product.naming.serials}
            for maker in {maker_key(product.naming.maker) for product in advisory.products}:
                self._by_maker.setdefault(maker, []).append(advisory)

    def matches(self, asset: Described) -> tuple[Match, ...]:
        """The advisories that name an asset, by id."""
        identities = tuple(map(self._of_its_kind, asset.identities))
        found = self._found.get(identities)
        if found is None:
            found = self._found[identities] = tuple(
                (advisory, judged)
                for advisory in self._of_makers(identities)
                if (judged := self._judge(advisory, identities))
            )
        return tuple(Match(asset.asset, *row) for row in found)

    def _of_its_kind(self, identity: Identity) -> Identity:
        """An identity without serial numbers that no advisory speaks of, so that like devices are the same."""
        if not identity.serials:
            return identity
        fitting = tuple(s for s in identity.serials if any(fits(p, s) is Fit.WHOLE for p in self._serials))
        return replace(identity, serials=fitting or (NO_SUCH_SERIAL,))

    def speaking_of(self, makers: Iterable[str]) -> tuple[Advisory, ...]:
        """The advisories that name any product of one of these makers."""
        keys = {maker_key(name) for maker in makers for name in (maker, *families().houses.get(maker, ()))}
        found = {advisory.id: advisory for key in keys for advisory in self._by_maker.get(key, ())}
        return tuple(found[id] for id in sorted(found))

    def _of_makers(self, identities: tuple[Identity, ...]) -> tuple[Advisory, ...]:
        """An identity without a maker, such as a program, may be anybody's."""
        if any(not identity.makers for identity in identities):
            return tuple(sorted(self.advisories, key=lambda one: one.id))
        return self.speaking_of(maker for identity in identities for maker in identity.makers)

    def _judge(self, advisory: Advisory, identities: tuple[Identity, ...]) -> tuple[Judged, ...]:
        found: list[Judged] = []
        for identity in identities:
            graded = self._graded(advisory, identity)
            if graded:
                judged = (_judge(flaw, graded, identity) for flaw in advisory.vulnerabilities)
                found += (one for one in judged if one is not None)
        return tuple(sorted(found, key=lambda one: (-WEIGHT[one.verdict], one.vulnerability.cve)))

    def _graded(self, advisory: Advisory, own: Identity) -> dict[str, tuple[Product, Sameness]]:
        """The products that may be the asset, by id."""
        kind = replace(own, versions=(), hardware=())
        grades = self._grades.setdefault(kind, {})
        found = {}
        for product, number in self._products[advisory.id]:
            sameness = grades.get(number)
            if sameness is None:
                sameness = grades[number] = same(product.naming, kind)
            if sameness.grade is not Grade.NONE:
                found[product.id] = (product, sameness)
        return found


def _judge(flaw: Vulnerability, graded: Mapping[str, tuple[Product, Sameness]], own: Identity) -> Judged | None:
    """One vulnerability for one identity, on the products that name it most surely; None when none does."""
    named = {id for ids in flaw.status.values() for id in ids if id in graded}
    best = max((graded[id][1].grade for id in named), default=Grade.NONE)
    if best is Grade.NONE:
        return None
    verdict, product, reason = _settle_groups(
        flaw, {id: graded[id] for id in named if graded[id][1].grade is best}, own
    )
    vague = {id: graded[id] for id in named if graded[id][1].is_vague and graded[id][1].grade is not best}
    if verdict is Verdict.NOT_AFFECTED and vague:
        verdict, product, reason = max(
            (_settle_groups(flaw, vague, own), (verdict, product, reason)), key=lambda one: WEIGHT[one[0]]
        )
    sameness = graded[product.id][1]
    if verdict is Verdict.AFFECTED and sameness.reason:
        verdict, reason = Verdict.POSSIBLE, sameness.reason
    return Judged(verdict, flaw, product, _ours(sameness, own), _theirs(sameness, product), reason or sameness.reason)


def _settle_groups(flaw: Vulnerability, chosen: Mapping[str, tuple[Product, Sameness]], own: Identity) -> Settled:
    """The worst over the products of different names: what is said of one does not excuse another."""
    groups: dict[tuple[str, ...], dict[Status, list[Product]]] = {}
    for status, ids in flaw.status.items():
        for product in (chosen[id][0] for id in ids if id in chosen):
            groups.setdefault(product.naming.names, {}).setdefault(status, []).append(product)
    return max((settle(Said(group), own) for group in groups.values()), key=lambda one: WEIGHT[one[0]])


def _ours(sameness: Sameness, own: Identity) -> str:
    return " ".join(filter(None, (sameness.ours, " or ".join(own.versions) or "(version not known)")))


def _theirs(sameness: Sameness, product: Product) -> str:
    return " ".join(filter(None, (sameness.theirs, product.versions if product.versions is not None else product.name)))
