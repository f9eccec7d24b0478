"""A device that nobody wholly looked for is not missing: what counts as having looked at an address."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from assetctl.baseline import entry_of
from assetctl.model import Fact, Outcome, Scan, SubjectKind
from assetctl.settle import addresses
from assetctl.work.golden_evidence import looked_at
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk
from tests.unit.scanned import desk, scan_of, scanned_once, servers, store_of

__all__ = ["desk", "scanned_once", "servers"]

THIRD = f"{NETWORK}.3"


def covered(desk: Desk, scan: Scan, text: str, *, max_age: timedelta | None = None) -> bool:
    """Whether a scan counts as a look at an address of which nothing more is known."""
    assert scan.ended is not None
    with store_of(desk) as store:
        entry = replace(entry_of(next(iter(store.assets())), {}), match={"ip_address": text}, evidence=())
        look = looked_at(store, [scan], "plant", now=scan.ended + timedelta(hours=2), max_age=max_age)
        return look(entry, None) is not None


def test_an_address_of_the_plan_was_looked_at_and_no_other(desk: Desk) -> None:
    scan = scan_of(desk)
    assert covered(desk, scan, THIRD)
    assert not covered(desk, scan, f"{NETWORK}.4")
    assert not covered(desk, replace(scan, excluded=(f"plant/{THIRD}",)), THIRD)


def test_a_look_that_is_too_old_does_not_count(desk: Desk) -> None:
    assert not covered(desk, scan_of(desk), THIRD, max_age=timedelta(hours=1))


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [(Outcome.DENIED, False), (Outcome.ABORTED, False), (Outcome.SILENT, True), (Outcome.REFUSED, True)],
)
def test_an_address_of_which_a_question_was_denied_was_not_wholly_looked_at(
    desk: Desk, outcome: Outcome, counts: bool
) -> None:
    with store_of(desk) as store:
        one = next(o for o in store.observations() if o.target is not None and str(o.target.ip) == THIRD)
        store.put_observations([replace(one, id=f"{one.id}/more", exchanges=(), claims=(), outcome=outcome)])
    assert covered(desk, scan_of(desk), THIRD) is counts
    assert covered(desk, scan_of(desk), f"{NETWORK}.1"), "the others were"


def begun(desk: Desk, change: Callable[[Scan], Scan] = lambda scan: scan, **more: object) -> datetime | None:
    """When the newest look at the device at THIRD began. more: of that device, changed."""
    with store_of(desk) as store:
        asset = next(one for one in store.assets() if f"{NETWORK}.3" in addresses(one))
        asset = replace(asset, **more)  # type: ignore[arg-type]
        entry, scan = entry_of(asset, {}), change(scan_of(desk))
        return looked_at(store, [scan], "plant", now=scan.started + timedelta(hours=2), max_age=None)(entry, asset)


def of_source(asset_facts: tuple[Fact, ...], name: str) -> tuple[Fact, ...]:
    return tuple(replace(one, source=replace(one.source, name=name)) for one in asset_facts)


def test_only_a_look_that_asks_what_a_device_answers_shows_that_it_is_gone(desk: Desk) -> None:
    with store_of(desk) as store:
        facts = next(one for one in store.assets() if f"{NETWORK}.3" in addresses(one)).facts
    spoken = tuple(one for one in facts if one.subject.kind is not SubjectKind.SERVICE)
    assert begun(desk) == scan_of(desk).started
    assert begun(desk, facts=of_source(spoken, "modbus")) == scan_of(desk).started
    assert begun(desk, facts=of_source(spoken, "s7")) is None, "the scan asked Modbus alone"
    imported = tuple(replace(one, source=replace(one.source, kind="import")) for one in facts)
    assert begun(desk, facts=imported) is None, "no question is known that it answers"
    excluded = begun(desk, lambda scan: replace(scan, excluded=(f"plant/{THIRD}",)))
    assert excluded is None
