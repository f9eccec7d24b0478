"""The verdict on one vulnerability for one asset, from what an advisory says about the products that name it.

Theory.
- a version that lies in what is affected is affected, unless exactly this version is listed as fixed or not affected;
- it is not affected when it lies outside every affected range, or is listed, or is not below any version listed as
  fixed. Single affected versions say nothing about the versions between and beside them;
- everything else is possible: no version, one that cannot be compared, a contradiction, an inquiry that still goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from assetctl.advisory import ranges
from assetctl.advisory.described import Identity
from assetctl.advisory.ranges import Answer
from assetctl.advisory.records import Product, Status
from assetctl.advisory.versions import Order


class Verdict(StrEnum):
    AFFECTED = "affected"
    POSSIBLE = "possibly affected"
    NOT_AFFECTED = "not affected"


WEIGHT = {Verdict.AFFECTED: 2, Verdict.POSSIBLE: 1, Verdict.NOT_AFFECTED: 0}


@dataclass(frozen=True, slots=True)
class Said:
    """The products that name the asset, by what is said about them."""

    by_status: Mapping[Status, list[Product]]

    def of(self, *statuses: Status) -> list[Product]:
        return [product for status in statuses for product in self.by_status.get(status, ())]


Settled = tuple[Verdict, Product, str]


def settle(said: Said, own: Identity) -> Settled:
    """The verdict over all versions that sources give; where they differ, it is possible."""
    found = [_settle_version(said, own, version) for version in own.versions or ("",)]
    if len({verdict for verdict, _, _ in found}) > 1:
        worst = max(found, key=lambda one: WEIGHT[one[0]])
        return Verdict.POSSIBLE, worst[1], "sources disagree about its version"
    return found[0]


def _settle_version(said: Said, own: Identity, have: str) -> Settled:
    good, bad = said.of(Status.NOT_AFFECTED, Status.FIXED, Status.FIRST_FIXED), said.of(Status.AFFECTED)
    bad += said.of(Status.FIRST_AFFECTED, Status.LAST_AFFECTED)
    in_good = {product.id: _lies_in(product, own, have) for product in good}
    in_good |= {p.id: Answer(True) for p in said.of(Status.NOT_AFFECTED) if p.is_whole and p.versions is None}
    in_bad = {product.id: _lies_in(product, own, have) for product in bad}
    hit = next((product for product in bad if in_bad[product.id].holds), None)
    cleared = next((product for product in good if in_good[product.id].holds), None)
    if hit and cleared:
        if _is_single(cleared) and not _is_single(hit):
            return Verdict.NOT_AFFECTED, cleared, "exactly this version is listed as fixed or not affected"
        if not (_is_single(hit) and not _is_single(cleared)):
            return Verdict.POSSIBLE, hit, "the advisory says both affected and not affected"
    if hit:
        return Verdict.AFFECTED, hit, ""
    if cleared:
        return Verdict.NOT_AFFECTED, cleared, ""
    return _settle_open(said, own, have, {**in_good, **in_bad})


def _settle_open(said: Said, own: Identity, have: str, lies: Mapping[str, Answer]) -> Settled:
    """Nothing that is listed holds the version for certain."""
    bad = said.of(Status.AFFECTED, Status.FIRST_AFFECTED, Status.LAST_AFFECTED)
    doubtful = next((product for product in bad if lies[product.id].holds is None), None)
    if doubtful:
        return Verdict.POSSIBLE, doubtful, lies[doubtful.id].reason
    if waiting := said.of(Status.INVESTIGATED):
        return Verdict.POSSIBLE, waiting[0], "the maker still investigates"
    ranged = bad and not any(map(_is_single, bad)) and not said.of(Status.FIRST_AFFECTED, Status.LAST_AFFECTED)
    if ranged:
        return Verdict.NOT_AFFECTED, bad[0], "outside every affected range"
    fixed = said.of(Status.FIXED, Status.FIRST_FIXED)
    answer = _reaches(fixed, own, have)
    if answer.holds and not any(_may_be_above(product, have) for product in bad):
        return Verdict.NOT_AFFECTED, fixed[0], "not below any version that is listed as fixed"
    shown = (bad or fixed or said.of(*Status))[0]
    silent = "single versions are listed, and this is another" if bad else "nothing is said about this version"
    return Verdict.POSSIBLE, shown, silent if have else "its version is not known"


def _lies_in(product: Product, own: Identity, have: str) -> Answer:
    """Whether the asset is this product in a version that it stands for."""
    if product.versions is None:
        answer = Answer(None, "the advisory names no version")
    else:
        answer = ranges.holds(ranges.parse(product.versions), have, maker=product.naming.maker)
    if answer.holds is False or not product.hardware or ranges.parse(product.hardware).every:
        return answer
    if any(_alike(product.hardware, revision) for revision in own.hardware):
        return answer
    return Answer(None, f'only hardware "{product.hardware[:60]}" is meant')


def _alike(wanted: str, ours: str) -> bool:
    return wanted.casefold().split()[-1:] == ours.casefold().split()[-1:]


def _is_single(product: Product) -> bool:
    return product.versions is not None and ranges.parse(product.versions).is_single


def _limits(product: Product) -> list[str]:
    return [limit.version for limit in ranges.parse(product.versions or "").constraints]


def _reaches(fixed: list[Product], own: Identity, have: str) -> Answer:
    """Whether a version is not below any of those listed as fixed: with several branches the highest counts."""
    limits = [(limit, product.naming.maker) for product in fixed for limit in _limits(product)]
    if not have or not limits or any(product.hardware and not own.hardware for product in fixed):
        return Answer(None, "")
    orders = [ranges.ordering(have, limit, maker=maker).possible for limit, maker in limits]
    return Answer(all(Order.LOWER not in possible for possible in orders))


def _may_be_above(product: Product, have: str) -> bool:
    """Whether an affected version may be higher than ours, so that a fixed one below says nothing."""
    orders = [ranges.ordering(have, limit, maker=product.naming.maker).order for limit in _limits(product)]
    return not orders or any(order is not Order.HIGHER for order in orders)
