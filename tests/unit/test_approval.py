"""Laws of plans and approvals: what was approved may be asked, and nothing that goes beyond it in any respect."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assetctl.approval import Approval, draft, objections, read
from assetctl.errors import InputError
from assetctl.model import NetworkKind
from assetctl.plan import NEVER_CONNECTED, Plan
from assetctl.planning import make
from assetctl.protocols import registry
from assetctl.scope import Vantage
from assetctl.work.plan_text import MOST_LINES, lines
from tests.unit.plants import NOW, address, plan_of, scope, target

SCOPE = scope(target("10.20.1.1", "10.20.1.9"), probes=("modbus", "s7"), sweep=True)


def text_of(plan: Plan, names: str = '["A. Example, shift lead"]') -> str:
    return draft(plan, now=NOW, until=NOW + timedelta(days=7), realm="plant").replace(
        "approved_by = []", f"approved_by = {names}"
    )


def approval(text: str) -> Approval:
    return read(tomllib.loads(text), text.encode(), "approval.toml")


def said(plan: Plan, signed: Approval, **changed: Any) -> tuple[str, ...]:
    given: dict[str, Any] = {"now": NOW, "runs_used": 0, "realm": "plant"} | changed
    return objections(plan, signed, **given)


def test_a_signed_draft_allows_exactly_its_plan() -> None:
    plan = plan_of(SCOPE)
    assert plan.rows
    assert said(plan, approval(text_of(plan))) == ()


def test_a_draft_that_nobody_signed_allows_nothing() -> None:
    plan = plan_of(SCOPE)
    assert said(plan, approval(text_of(plan, "[]"))) != ()
    assert said(plan, approval(text_of(plan, '[" "]'))) != ()


@pytest.mark.parametrize(
    "wider",
    [
        {"targets": (target("10.20.1.1", "10.20.1.10"),)},
        {"targets": (target("10.20.1.11", "10.20.1.12"),)},
        {"probes": ("modbus", "s7", "enip")},
        {"depth": frozenset({"s7.details"})},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_plan_that_asks_more_is_refused(wider: Mapping[str, Any]) -> None:
    signed = approval(text_of(plan_of(SCOPE)))
    assert said(plan_of(replace(SCOPE, **wider)), signed) != ()


def test_a_sweep_needs_its_own_consent() -> None:
    known = frozenset(address(f"10.20.1.{last}") for last in range(1, 10))
    asked = make(SCOPE, registry(), known=known)
    signed = approval(text_of(asked))
    assert not asked.sweeps
    assert said(asked, signed) == ()
    assert any("sweep" in reason for reason in said(plan_of(SCOPE), signed))


@pytest.mark.parametrize("name", ["modbus", "s7"])
def test_a_changed_request_list_is_refused_under_an_old_approval(name: str) -> None:
    plan = plan_of(SCOPE)
    signed = approval(text_of(plan))
    later = replace(plan, digests={**plan.digests, name: "0" * 64})
    assert said(later, signed) == (f"the request list of {name} is not the approved one",)


def test_time_runs_persons_and_realm_are_kept() -> None:
    plan = plan_of(SCOPE)
    signed = approval(text_of(plan))
    assert said(plan, signed, now=NOW + timedelta(days=8)) != ()
    assert said(plan, signed, now=NOW - timedelta(minutes=1)) != ()
    assert said(plan, signed, runs_used=1) != ()
    assert said(plan, signed, realm="other") != ()
    two = plan_of(replace(SCOPE, persons=2))
    assert said(two, signed) != ()
    assert said(two, approval(text_of(two, '["A. Example", "a. example "]'))) != ()
    assert said(two, approval(text_of(two, '["A. Example", "B. Other"]'))) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("schema = 1", "schema = 1\napproved = true"),
        ("[envelope]", "[envelope]\neverything = true"),
        ('realm = "plant"', ""),
        ("most_units", "most_unit"),
        ('valid_until = "', 'valid_until = "soon '),
    ],
)
def test_an_approval_that_is_not_understood_is_refused_in_one_line(before: str, after: str) -> None:
    text = text_of(plan_of(SCOPE))
    assert before in text
    with pytest.raises(InputError) as refused:
        approval(text.replace(before, after, 1))
    assert str(refused.value).startswith("approval.toml")
    assert "\n" not in str(refused.value)


def test_a_plan_is_read_in_forty_lines_whatever_its_size() -> None:
    targets = tuple(target(f"10.{net}.1.1", f"10.{net}.1.254") for net in range(60))
    plan = plan_of(scope(*targets, probes=("modbus", "s7", "enip")))
    shown = lines(plan, vantage=Vantage("plant"))
    assert len(shown) <= MOST_LINES
    assert str(plan.devices) in shown[0]
    assert str(plan.units) in shown[0]


@pytest.mark.parametrize("kind", list(NetworkKind))
def test_no_plan_holds_a_port_that_is_never_connected_to(kind: NetworkKind) -> None:
    ports = {"ports": (*sorted(NEVER_CONNECTED)[:8], 22)}
    plan = make(scope(target("10.20.1.1", "10.20.1.9"), kind=kind, probes=(), ports=ports), registry(), nmap=True)
    assert plan.rows
    assert not {port for row in plan.rows for port in row.ports} & NEVER_CONNECTED


def test_a_substation_is_asked_no_s7_and_the_plan_says_so() -> None:
    usual = plan_of(SCOPE)
    careful = replace(SCOPE, networks=tuple(replace(network, substation=True) for network in SCOPE.networks))
    assert "s7" in {row.protocol for row in usual.rows}
    plan = plan_of(careful)
    assert "s7" not in {row.protocol for row in plan.rows}
    assert any("s7" in what + why for what, why in plan.left_out)


@pytest.mark.parametrize("protocol", sorted(registry()))
def test_any_change_of_a_request_list_changes_its_digest(protocol: str) -> None:
    record = registry()[protocol]
    for request in record.requests:
        without = replace(record, requests=tuple(r for r in record.requests if r is not request))
        assert without.digest != record.digest
        for name, values in request.arguments.items():
            if len(values) < 2 or not isinstance(values, tuple):
                continue
            fewer = replace(request, arguments={**request.arguments, name: values[:-1]})
            changed = tuple(fewer if r is request else r for r in record.requests)
            assert replace(record, requests=changed).digest != record.digest, f"{request.name}: {name}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('approved_by = ["A. Smith"]', 'approved_by = "AB"'),
        ("schema = 1", "schema = 2"),
        ("runs = 1", 'runs = "1"'),
        ("sweep = true", 'sweep = "true"'),
        ("[envelope]", "[[envelope]]"),
    ],
)
def test_a_value_of_another_form_is_one_line_and_no_approval(old: str, new: str) -> None:
    """A text in place of a list would count as one person for each of its letters."""
    text = text_of(plan_of(SCOPE), '["A. Smith"]')
    assert old in text
    with pytest.raises(InputError, match=r"^approval\.toml.*expected") as fault:
        approval(text.replace(old, new, 1))
    assert "\n" not in str(fault.value)


SPARED = replace(SCOPE, excluded=(target("10.20.1.3"), target("10.20.1.6", "10.20.1.7"), target("10.99.0.1")))


def test_a_draft_names_what_the_plan_excludes_and_only_that() -> None:
    assert tomllib.loads(text_of(plan_of(SPARED)))["envelope"]["exclude"] == ["10.20.1.3/32", "10.20.1.6/31"]
    assert tomllib.loads(text_of(plan_of(SCOPE)))["envelope"]["exclude"] == []


def test_what_the_signed_plan_excluded_stays_excluded() -> None:
    signed = approval(text_of(plan_of(SPARED)))
    assert said(plan_of(SPARED), signed) == ()
    fewer = replace(SCOPE, targets=(target("10.20.1.3"),), excluded=())
    assert said(plan_of(fewer), signed) == ("10.20.1.3/32 is excluded by the approval, not by this plan",)
    half = replace(SPARED, excluded=(target("10.20.1.3"), target("10.20.1.6")))
    assert "10.20.1.6/31 is excluded by the approval, not by this plan" in said(plan_of(half), signed)
    elsewhere = replace(SCOPE, targets=(target("10.20.1.8"),), excluded=())
    assert said(plan_of(elsewhere), signed) == ()


def test_who_only_waits_for_the_next_run_is_not_excluded_for_good() -> None:
    """A partner in a redundancy group that another run under the same approval asks."""
    partner = target("10.20.1.3")
    first = replace(plan_of(replace(SCOPE, excluded=(partner,))), resting=frozenset({partner}))
    assert said(plan_of(replace(SCOPE, excluded=(target("10.20.1.4"),))), approval(text_of(first))) == ()


def test_an_approval_without_the_key_excludes_nothing() -> None:
    text = text_of(plan_of(SCOPE)).replace("exclude = []\n", "")
    assert said(plan_of(SCOPE), approval(text)) == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('valid_until = "tomorrow"', ("valid_until", '"tomorrow"')),
        ('valid_until = "2026-03-01T06:00:00"', ("valid_until", "zone")),
        ('networks = ["10.20.1.3/28"]', ("networks", "write 10.20.1.0/28")),
        ('classes = ["identiy"]', ("classes", 'did you mean "identity"')),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_its_key(line: str, words: tuple[str, ...]) -> None:
    key = line.partition(" =")[0]
    text = re.sub(rf"^{key} = .*", line, text_of(plan_of(SCOPE)), flags=re.MULTILINE)
    with pytest.raises(InputError) as told:
        approval(text)
    assert all(word in str(told.value) for word in ("approval.toml", *words))


def test_the_longest_part_tells_its_time_which_is_that_of_a_plan_with_one_part() -> None:
    shown = lines(plan_of(SCOPE), vantage=Vantage("plant"))
    longest = next(line for line in shown if line.startswith("Longest part: "))
    assert shown[0].rpartition(", ")[2] == longest.rpartition(", ")[2]
    assert "about " in longest
