"""The law of schemas of files: what the reader takes, the schema takes; a wrong shape both refuse."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from assetctl import approval, baseline_text
from assetctl.advisory import eol
from assetctl.documents import Document, parse_yaml
from assetctl.errors import InputError
from assetctl.forms import fill
from assetctl.policy.attestations import Known, attestations_of
from assetctl.policy.load import checks_folder, load_check
from assetctl.policy.waivers import waivers_of
from assetctl.settings import Settings
from assetctl.work.form_schemas import NAMES
from assetctl.work.schemas import names, schema_of
from assetctl.zones import parse_zones, register_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TODAY = date(2026, 3, 1)
PATH = Path("file")
APPROVAL = {"by": "B. Example", "date": "2026-01-01", "document": "plan.pdf", "sha256": "ab" * 32}
EXAMPLES: dict[str, Any] = {
    "zones.yaml": {
        "schema": "2",
        "suc": {"id": "press hall", "approvals": [APPROVAL]},
        "zones": [
            {
                **{"id": "cell-1", "networks": ["10.20.1.0/24"], "level": "3.5", "sl_t": "2", "vlans": ["20"]},
                **{"trust": "trusted", "criticality": "high", "designations": ["safety"], "approvals": [APPROVAL]},
            },
            {"id": "cell-2", "networks": ["10.20.2.0/24"], "sl_t": {"IAC": "3"}},
        ],
        "conduits": [
            {
                **{"id": "c1", "from": "cell-1", "to": "cell-2", "opens": "from", "standby": "false"},
                "allow": [{"proto": "modbus"}, {"proto": "x", "port": "5000-5010", "transport": "udp"}],
            }
        ],
    },
    "register.yaml": {
        "schema": "1",
        "positions": [
            {
                **{"id": "PRESS-1", "match": {"ip_address": "10.20.1.7"}, "declared": {"asset_criticality": "high"}},
                "retired": {"by": "A. Example", "on": "2026-02-01", "reason": "line taken out"},
            },
            {"id": "PRESS-2", "match": {"mac_address": "00:1B:1B:00:00:01", "hostname": "plc"}},
        ],
    },
    "waivers.yaml": {
        "schema": "1",
        "waivers": [
            {
                **{"id": "W-1", "check": "SVC-001", "scope": {"positions": ["PRESS-1"]}, "reason": "old"},
                **{"owner": "A. Example", "approver": "B. Example", "measure": "fence", "ticket": "CHG-1"},
                **{"created": "2026-01-01", "expires": "2026-06-01"},
                "renewals": [{"on": "2026-02-01", "approver": "C. Example"}],
            }
        ],
    },
    "attestations.yaml": {
        "schema": "1",
        "attestations": [
            {
                **{"id": "A-1", "requirement": "SR 1.3", "zone": "cell-1", "answer": "yes", "author": "A. Example"},
                **{"date": "2026-01-01", "valid_until": "2026-06-01", "despite": ["SVC-001"]},
            }
        ],
    },
    "assetctl.toml": {
        "schema": 1,
        "project": {"name": "Brewhouse"},
        "networks": [{"range": "10.20.0.0/16", "kind": "it", "fragile": True}],
        "windows": [{"start": "22:00", "end": "05:00", "days": ["mon"]}],
        "limits": {"packets_per_second": 20, "answer_s": 3.0},
        "probes": {"only": ["modbus"], "depth": ["snmp.tables"]},
        "credentials": [{"name": "core", "kind": "snmp-v2c", "community": {"env": "SNMP"}}],
        "modbus": {"units": {"10.20.1.9": [1, 2]}},
        "report": {"language": "de"},
    },
}

MAP = {"framework": "iec62443-3-3", "edition": "2013", "requirement": "SR 1.1", "strength": "R"}
SAID = {"title": "Kein Telnet", "fail": "{asset.name}", "unknown": "{reason}", "fix": "SSH.", "limits": "x"}
CAPS = {"most_devices": 9, "most_units": 90, "most_packets": 900, "packets_per_second": 50}
EXAMPLES |= {
    "golden.yaml": {
        **{"golden": "1", "zone": "cell-1", "realm": "plant", "decoders": {"modbus": "3"}, "data": {"oui": "7"}},
        "rules": {"hostname": "ignore", "firmware_software_version": "at_least", "default": "exact"},
        "approvals": [
            {
                "on": "2026-01-01",
                "by": "A. Example",
                "reason": "exchanged",
                "ticket": "CHG-1",
                "changes": ["PLC-1 model"],
            }
        ],
        "entries": {
            "PLC-1": {
                **{"asset": "as-1", "match": {"ip_address": "10.20.1.7"}, "ports": {"tcp/502": "open"}},
                **{"facts": {"model": "M340", "os_version": ["1", "2"]}, "evidence": ["sc-1:7"]},
                "rules": {"model": "one_of"},
            },
            "PLC-1/3": {"parent": "PLC-1", "match": {"part": "3"}},
        },
    },
    "rules.yaml": {
        "golden_rules": "1",
        "rules": {"hostname": "ignore", "firmware_software_version": "at_least"},
        "zones": {"cell-1": {"ports": "ignore"}},
    },
    "check.yaml": {
        **{"id": "XYZ-001", "version": "1", "title": "No Telnet", "severity": "high", "own": "P", "for_each": "asset"},
        **{"assert": "asset.hostname in params.names", "max_age": "30d", "params": {"names": ["a", "b"], "most": "3"}},
        **{"maps": [MAP, {**MAP, "duty": "should"}], "fail": "{asset.name}", "unknown": "{reason}", "fix": "Use SSH."},
        **{"limits": "x", "applies_to": "asset.os_version == 'x'", "permission": "login", "de": SAID},
        "tests": [
            {
                **{"name": "a", "expect": "pass", "facts": {"hostname": "a", "tcp/23 port_state": "open"}},
                **{"zones": [{"id": "z", "networks": ["10.0.0.0/24"]}], "age_days": "3", "others": [{"position": "P"}]},
                **{"conduits": [{"id": "c", "from": "z", "to": "y", "opens": "both", "allow": [{"proto": "modbus"}]}]},
                **{"flows": ["10.0.0.1 > 10.0.1.1 tcp/502 modbus"], "captures": [{"covers": ["10.0.0.0/24"]}]},
                **{"scans": [{"coverage": ["10.0.0.0/24"], "days": "2", "counts": {"answered": "3"}}]},
                **{"register": [{"id": "P", "tags": ["x"]}], "approved": [{"id": "P", "changed": ["model"]}]},
                **{
                    "permitted": ["login"],
                    "links": ["subject - other-1"],
                    "switches": "other-1",
                    "params": {"most": "4"},
                },
            },
            {"name": "b", "expect": "not applicable", "register": ["P-1"], "vantages": {"hostname": "10.0.0.9"}},
        ],
    },
    "approval.toml": {
        **{"schema": 1, "approved_by": ["A. Example, plant"], "ticket": "CHG-1", "runs": 2},
        **{"valid_from": "2026-01-01T00:00:00+00:00", "valid_until": "2026-02-01T00:00:00+00:00"},
        "envelope": {
            **{"realm": "plant", "networks": ["10.20.0.0/16"], "classes": ["identity"], "probes": ["modbus"]},
            **{"segments": [], "depth": ["snmp.tables"], "sweep": True, **CAPS},
        },
        "requests": {"modbus": "ab" * 32},
    },
    "ends-of-life.yaml": [
        {"maker": "Siemens", "product": "6ES7 3??-*", "end_of_sale": "2023-10-01", "source": "letter of 2022"},
        {"maker": "Moxa", "product": "NPort", "end_of_support": "2030-10-01", "source": "its page"},
    ],
}


def _yaml(root: object) -> Document:
    return parse_yaml(json.dumps(root), PATH)


def _from_file(read: Callable[[Path], object], root: object) -> object:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.yaml"
        path.write_text(json.dumps(root), "utf-8")
        return read(path)


READERS: dict[str, Callable[[Any], object]] = {
    "zones.yaml": lambda root: parse_zones(json.dumps(root), PATH, now=NOW),
    "register.yaml": lambda root: register_of(_yaml(root), now=NOW),
    "waivers.yaml": lambda root: waivers_of(_yaml(root), today=TODAY),
    "attestations.yaml": lambda root: attestations_of(_yaml(root), today=TODAY, known=Known(("SR 1.3",), ("cell-1",))),
    "assetctl.toml": lambda root: fill(Settings, Document(PATH, root, "")),
    "golden.yaml": lambda root: baseline_text.read(_yaml(root).root, file="file"),
    "rules.yaml": lambda root: baseline_text.read_rules(_yaml(root).root, zone="cell-1", file="file"),
    "approval.toml": lambda root: approval.read(root, b"", "file"),
    "check.yaml": lambda root: _from_file(load_check, root),
    "ends-of-life.yaml": lambda root: _from_file(eol.read_file, root),
}
VALIDATORS = {name: Draft202012Validator(schema_of(name)) for name in EXAMPLES}
Way = tuple[str | int, ...]
FREE = {
    "register.yaml": ("declared",),
    "assetctl.toml": ("units",),
    "golden.yaml": ("decoders", "data", "entries"),
    "rules.yaml": ("zones",),
    "check.yaml": ("params", "counts", "vantages"),
    "approval.toml": ("requests",),
}
"""Tables of which the names are the user's own."""


def _is_free(name: str, way: Way) -> bool:
    return bool(way) and way[-1] in FREE.get(name, ())


def _reads(name: str, root: dict[str, Any]) -> bool:
    try:
        READERS[name](root)
    except InputError:
        return False
    return True


def _ways(node: object, way: Way = ()) -> list[Way]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [way, *(found for key, below in inner for found in _ways(below, (*way, key)))]


def _changed(root: dict[str, Any], way: Way, change: Callable[[Any, Any], None]) -> dict[str, Any]:
    made = copy.deepcopy(root)
    node: Any = made
    for step in way[:-1]:
        node = node[step]
    change(node, way[-1])
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_and_is_listed(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(name))
    assert name in names()
    assert schema_of(name) == schema_of(name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_reader_and_schema_take_the_examples_also_as_an_editor_reads_them(name: str) -> None:
    assert _reads(name, EXAMPLES[name])
    VALIDATORS[name].validate(EXAMPLES[name])
    if name == "zones.yaml":
        plain = copy.deepcopy(EXAMPLES[name])
        plain["zones"][0] |= {"level": 3.5, "sl_t": 2, "vlans": [20]}
        plain["conduits"][0]["standby"] = False
        VALIDATORS[name].validate(plain)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_unknown_key_is_refused_by_both_wherever_it_stands(name: str) -> None:
    for way in _ways(EXAMPLES[name]):
        if isinstance(_at(name, way), dict) and not _is_free(name, way):
            made = _changed(
                {"top": EXAMPLES[name]}, ("top", *way, "unheard_of"), lambda node, key: node.update({key: "1"})
            )
            assert not _reads(name, made["top"]), way
            assert not VALIDATORS[name].is_valid(made["top"]), way


@pytest.mark.parametrize("name", EXAMPLES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_the_reader_takes_the_schema_takes(name: str, data: st.DataObject) -> None:
    way = data.draw(st.sampled_from([one for one in _ways(EXAMPLES[name]) if one]))
    values = st.sampled_from(["", "x", "1", "true", "10.20.1.0/24", "2026-02-02", "both", [], ["x"], {}, {"id": "x"}])
    value = data.draw(values)
    if data.draw(st.booleans()):
        made = _changed(EXAMPLES[name], way, lambda node, key: node.__delitem__(key))
    else:
        made = _changed(EXAMPLES[name], way, lambda node, key: node.__setitem__(key, value))
    if _reads(name, made):
        VALIDATORS[name].validate(made)
    elif isinstance(value, dict | list) and isinstance(_at(name, way), str) and "declared" not in way:
        changed = _changed(EXAMPLES[name], way, lambda node, key: node.__setitem__(key, value))
        assert not VALIDATORS[name].is_valid(changed)


def _at(name: str, way: Way) -> object:
    node: Any = EXAMPLES[name]
    for step in way:
        node = node[step]
    return node


def _plain(path: Path) -> Any:
    """What an editor makes of a YAML file: numbers, flags and days where they look like such."""
    from ruamel.yaml import YAML

    found = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    return json.loads(json.dumps(found, default=str))


def test_every_shipped_check_is_what_the_schema_says() -> None:
    paths = sorted(checks_folder().glob("*.yaml"))
    assert paths
    for path in paths:
        VALIDATORS["check.yaml"].validate(_plain(path))
