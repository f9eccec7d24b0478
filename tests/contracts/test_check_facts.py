"""The law of facts: whatever fact a check reads, something can fill it, or the check's limits say that nothing does."""

import ast
from importlib.resources import files

import pytest

from assetctl.facts import vocabulary
from assetctl.fingerprint import shipped
from assetctl.model import SubjectKind
from assetctl.policy.check import Check
from assetctl.policy.load import checks_folder, load_checks
from assetctl.protocols import registry

CHECKS = load_checks([checks_folder()])
WRITERS = (("assetctl.advisory", "derive.py"), ("assetctl.work", "port_states.py"))
"""What makes facts besides probes and patterns: advisories and life cycles, and the connects of the port finder."""


def _named_in(package: str, module: str) -> frozenset[str]:
    """The fact keys that a module spells out."""
    tree = ast.parse(files(package).joinpath(module).read_text("utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return frozenset(texts & vocabulary().keys())


def _patterned() -> frozenset[str]:
    prints = [one for several in shipped().by_field.values() for one in several]
    return frozenset(key for one in prints for key in (*one.gives, *one.pattern.groupindex))


def _declared() -> frozenset[str]:
    """What the register may state and nothing else tells: the vocabulary says so of each."""
    keys = vocabulary().values()
    return frozenset(key.name for key in keys if key.kind is SubjectKind.ASSET and "declared" in key.meaning)


PROBED = frozenset(key for protocol in registry().values() for key in protocol.claims)
FILLED = PROBED | _patterned() | _declared() | frozenset().union(*(_named_in(*writer) for writer in WRITERS))


@pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])
def test_something_fills_every_fact_that_a_check_reads(check: Check) -> None:
    missing = check.keys - FILLED
    assert all(key in check.limits for key in missing), sorted(missing)


def test_every_way_of_knowing_is_needed_by_some_check() -> None:
    read = frozenset(key for check in CHECKS for key in check.keys)
    assert read & PROBED
    assert read - PROBED & _declared()
    assert read & frozenset().union(*(_named_in(*writer) for writer in WRITERS)) - PROBED
    assert "asset_role_type" in read & _patterned() - PROBED
