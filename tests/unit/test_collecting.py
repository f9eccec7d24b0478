"""Laws of jobs: a collector does what its centre signed for it, in time, and no more."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assetctl.enrolled import Ended, EnrolledKey
from assetctl.errors import AssetctlError, InputError, IntegrityFault
from assetctl.signing import SigningKey, make_key
from assetctl.store.collectors import Centre
from assetctl.work.collecting_centre import Times
from assetctl.work.collecting_job import Job, Term, opened, outside, sealed
from assetctl.work.ordering import Wish
from tests.unit.plants import NOW, plan_of, scope, target

SCOPE = scope(target("10.20.1.1", "10.20.1.9"), probes=("modbus", "s7"), sweep=True)
WISH = Wish("plant", ("10.20.1.1-10.20.1.9",), only=("modbus", "s7"), sweep=True)
TERM = Term(NOW, NOW + timedelta(hours=12))


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return make_key(tmp_path / "centre.pem", "correct horse battery")


@pytest.fixture
def owner(key: SigningKey) -> EnrolledKey:
    return EnrolledKey(key.fingerprint, "Centre", key.public, date(2020, 1, 1), "B")


def carried(key: SigningKey, owner: EnrolledKey) -> dict[str, str]:
    return sealed("north", "plant", plan_of(SCOPE), WISH, TERM, (key, owner))


def read(carried: dict[str, Any], owner: EnrolledKey, **changed: Any) -> Job:
    given: dict[str, Any] = {"site": "north", "centre": owner.fingerprint[:12], "now": NOW} | changed
    return opened(carried, (owner,), **given)


def test_a_job_says_what_was_asked_for_and_is_named_by_its_text(key: SigningKey, owner: EnrolledKey) -> None:
    first, again = read(carried(key, owner), owner), read(carried(key, owner), owner)
    assert (first.wish, first.plan, first.realm) == (WISH, plan_of(SCOPE).hash, "plant")
    assert first.scan == again.scan
    assert outside(plan_of(SCOPE), first, realm="plant", now=NOW) == ()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"site": "south"}, IntegrityFault),
        ({"centre": "0" * 12}, IntegrityFault),
        ({"centre": ""}, IntegrityFault),
    ],
)
def test_a_job_of_another_site_or_key_is_refused(
    key: SigningKey, owner: EnrolledKey, change: dict[str, Any], fault: type[AssetctlError]
) -> None:
    with pytest.raises(fault):
        read(carried(key, owner), owner, **change)


def test_a_job_whose_time_is_over_is_refused_and_one_that_comes_early_waits(
    key: SigningKey, owner: EnrolledKey
) -> None:
    job = read(carried(key, owner), owner)
    assert job.early(TERM.begins - timedelta(seconds=7)) == timedelta(seconds=7)
    assert job.early(TERM.begins) == job.early(TERM.ends) == timedelta()
    with pytest.raises(InputError, match="ask again"):
        job.early(TERM.ends + timedelta(seconds=1))


def test_what_is_not_as_it_was_signed_is_refused(key: SigningKey, owner: EnrolledKey) -> None:
    whole = carried(key, owner)
    text = json.loads(whole["text"])
    for name in text:
        changed = json.dumps({**text, name: "x"}, sort_keys=True, separators=(",", ":"))
        with pytest.raises(IntegrityFault):
            read(whole | {"text": changed}, owner)
    for name in whole:
        for value in ("", "zz", None, [], "\ud800"):
            with pytest.raises(IntegrityFault):
                read(whole | {name: value}, owner)


def test_a_signed_text_that_is_no_job_is_refused_in_words(key: SigningKey, owner: EnrolledKey) -> None:
    for text in ("", "[]", "{", "{}", '{"schema":"assetctl/job/2"}', "[" * 100_000):
        whole = {"text": text, "key": key.fingerprint, "signature": key.sign(text.encode()).hex()}
        with pytest.raises(InputError):
            read(whole, owner)


def test_a_key_that_was_revoked_asks_for_nothing(key: SigningKey, owner: EnrolledKey) -> None:
    ended = replace(owner, ended=Ended(date(2020, 2, 1), "B", "lost", is_lost=True))
    with pytest.raises(IntegrityFault, match="revoked"):
        read(carried(key, owner), ended)


@pytest.mark.parametrize(
    "wider",
    [{"targets": (target("10.20.1.1", "10.20.1.10"),)}, {"probes": ("modbus", "s7", "enip")}],
    ids=("targets", "probes"),
)
def test_a_plan_beyond_the_job_is_outside(key: SigningKey, owner: EnrolledKey, wider: dict[str, Any]) -> None:
    job = read(carried(key, owner), owner)
    assert outside(plan_of(replace(SCOPE, **wider)), job, realm="plant", now=NOW)
    assert outside(plan_of(SCOPE), job, realm="other", now=NOW)


def test_a_job_needs_one_signer_even_where_the_approval_needs_two(key: SigningKey, owner: EnrolledKey) -> None:
    job = read(carried(key, owner), owner)
    assert outside(plan_of(replace(SCOPE, persons=2)), job, realm="plant", now=NOW) == ()


def test_repeated_jobs_have_a_first_time_and_an_end() -> None:
    week = timedelta(days=7)
    assert tuple(Times().each()) == (None,)
    assert tuple(Times(NOW, week, 3).each()) == (NOW, NOW + week, NOW + 2 * week)
    for wrong in (Times(None, week, 2), Times(NOW, None, 2), Times(NOW, week, 0), Times(NOW, week, 401)):
        with pytest.raises(InputError):
            tuple(wrong.each())


def test_an_sqlite_store_has_no_collectors() -> None:
    with pytest.raises(InputError, match="PostgreSQL"):
        Centre("sqlite:///plant.db")
