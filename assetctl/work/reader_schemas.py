"""JSON Schemas of the files that have readers of their own, in the words of those readers.

Golden files and their rules, checks, approvals, and lists of ends of sale and of support. As with the files that are
read by forms: what the reader takes, the schema takes; what a schema cannot say only the reader refuses.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assetctl import approval
from assetctl.advisory import eol
from assetctl.baseline import DEFAULT, FIELDS, MATCH_KEYS, PORTS, STATES, Rule
from assetctl.baseline_text import FORMAT
from assetctl.facts import vocabulary
from assetctl.model import Result, ScanState, Severity, SubjectKind
from assetctl.policy.approved import PRESENCES
from assetctl.policy.check import TRANSLATIONS, Own
from assetctl.policy.fields import MOST_ITEMS, MOST_TEXT
from assetctl.policy.for_each import SUBJECTS
from assetctl.policy.frameworks import SHALL, SHOULD, STRENGTHS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_FILLED: Schema = {"type": "string", "pattern": r"\S"}
_GIVEN: Schema = {"type": "string", "minLength": 1}
_SHORT: Schema = {"type": "string", "maxLength": MOST_TEXT}
_SAID: Schema = {**_SHORT, **_FILLED}
_NUMBER: Schema = {"type": "string", "pattern": r"^\s*\d{1,9}\s*$"}
_DAY: Schema = {"type": "string", "pattern": r"^\s*(\d{4}-?\d{2}-?\d{2}|\d{4}-?W\d{2}(-?\d)?)?\s*$"}
_COUNT: Schema = {"type": "integer"}
_LIST: Schema = {"type": "array", "items": _TEXT}


def _one_of(words: Iterable[str]) -> Schema:
    return {"type": "string", "enum": [str(word) for word in words]}


def _table(known: Mapping[str, Schema], *required: str) -> Schema:
    return {"type": "object", "properties": dict(known), "required": list(required), "additionalProperties": False}


def _named(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _some(value: Schema, **more: Any) -> Schema:
    """One, or a list of such."""
    return {"anyOf": [value, {"type": "array", "items": value, **more}]}


def _rows(row: Schema) -> Schema:
    return {"type": "array", "items": row, "maxItems": MOST_ITEMS}


def golden() -> Schema:
    """A golden file."""
    approved = {"on": _GIVEN, "by": _GIVEN, "reason": _GIVEN, "ticket": _GIVEN, "changes": _some(_TEXT)}
    ports = {"type": "object", "additionalProperties": False}
    entry = {
        "asset": _GIVEN,
        "parent": _GIVEN,
        "match": _table(dict.fromkeys(MATCH_KEYS, _GIVEN)),
        "facts": _table(dict.fromkeys(FIELDS, _some(_TEXT))),
        PORTS: {**ports, "patternProperties": {r"^(tcp|udp)/\d{1,5}$": _one_of(STATES)}},
        "evidence": _some(_TEXT),
        "rules": _rules(),
    }
    known = {
        "golden": _one_of([FORMAT]),
        "zone": _GIVEN,
        "realm": _GIVEN,
        "decoders": _named(_GIVEN),
        "data": _named(_GIVEN),
        "rules": _rules(),
        "approvals": {"type": "array", "items": _table(approved, "on", "by", "reason")},
        "entries": _named(_table(entry)),
    }
    return _table(known, "golden", "zone", "realm")


def rules() -> Schema:
    """The rules beside golden files."""
    known = {"golden_rules": _one_of([FORMAT]), "rules": _rules(), "zones": _named(_rules())}
    return _table(known, "golden_rules")


def _rules() -> Schema:
    """at_least compares versions, so it stands at those alone."""
    plain = [rule for rule in Rule if rule is not Rule.AT_LEAST]
    names = (*FIELDS, PORTS, DEFAULT)
    return _table({name: _one_of(Rule if name.endswith("_version") else plain) for name in names})


def check(zone: Schema, conduit: Schema) -> Schema:
    """A check file. zone, conduit: the schemas of those, which stand in its tests."""
    maps = {name: _SAID for name in ("framework", "edition", "requirement")}
    maps |= {"strength": _one_of(STRENGTHS[1:]), "duty": _one_of((SHALL, SHOULD))}
    said = {name: _SAID for name in ("title", "fail", "unknown", "fix", "limits")}
    known = {
        **said,
        "id": {"type": "string", "pattern": r"^\s*[A-Z]{2,8}-\d{3}\s*$"},
        "version": _NUMBER,
        "severity": _one_of(Severity),
        "own": _one_of(Own),
        "for_each": _one_of(SUBJECTS),
        "assert": _SAID,
        "applies_to": _SHORT,
        "group_by": _texts(),
        "max_age": {"type": "string", "pattern": r"^\s*\d{1,5}[dh]\s*$"},
        "params": _named(_value()),
        "maps": _rows(_table(maps, "framework", "edition", "requirement", "strength")),
        "permission": _SHORT,
        "tests": _rows(_case(zone, conduit)),
        **dict.fromkeys(TRANSLATIONS, _table(said, "title", "fail", "fix", "limits")),
    }
    return _table(known, *said, "id", "version", "severity", "own", "for_each", "assert", "max_age", "maps", "tests")


def _texts() -> Schema:
    return _some(_TEXT, maxItems=MOST_ITEMS)


def _value() -> Schema:
    return {"anyOf": [_SHORT, {"type": "array", "items": _TEXT, "maxItems": MOST_ITEMS}]}


def _case(zone: Schema, conduit: Schema) -> Schema:
    told = dict.fromkeys(("facts", "declared", "rivals", "earlier"), _facts())
    told |= {name: _SHORT for name in ("position", "zone", "parent", "protocol")}
    asset = told | {"vantages": _named(_SHORT)}
    lists = ("flows", "links", "switches", "networks", "permitted", "yields")
    place = _table({"id": _SAID, "ip_address": _SHORT, "tags": _texts()}, "id")
    known = {
        **asset,
        **{name: _texts() for name in lists},
        "name": _SAID,
        "expect": _one_of(Result),
        "others": _rows(_table(asset)),
        "zones": _rows(zone),
        "conduits": _rows(conduit),
        "captures": _rows(_table({"covers": _texts(), "days": _NUMBER}, "covers")),
        "approved": _rows(_approved()),
        "scans": _rows(_scan()),
        "register": {"anyOf": [_texts(), _rows(place)]},
        "age_days": _NUMBER,
        "since_days": _NUMBER,
        "params": _named(_value()),
    }
    return _table(known, "name", "expect")


def _facts() -> Schema:
    """KEY for a fact of an asset, else LOCAL-KEY KEY."""
    known = {}
    for lead, is_own in (("", True), (".* ", False)):
        for value, is_list in ((_value(), True), (_SHORT, False)):
            keys = (
                key
                for key, entry in vocabulary().items()
                if (entry.kind is SubjectKind.ASSET, entry.type == "texts") == (is_own, is_list)
            )
            known[f"^{lead}({'|'.join(sorted(keys))})$"] = value
    return {"type": "object", "patternProperties": known, "additionalProperties": False}


def _approved() -> Schema:
    lists = ("changed", "unseen", "opened", "unasked", "modules_changed", "modules_unseen")
    known = {"id": _SAID, "presence": _one_of(PRESENCES), "parent": _SHORT, "has_modules": _SHORT}
    return _table({**known, **{name: _texts() for name in lists}}, "id")


def _scan() -> Schema:
    known = {"coverage": _texts(), "days": _NUMBER, "state": _one_of(ScanState), "counts": _named(_NUMBER)}
    return _table(known, "coverage")


def approved() -> Schema:
    """An approval of a scan, in TOML."""
    texts = ("networks", "exclude", "segments", "classes", "probes", "depth")
    caps = {name: _COUNT for name in approval.CAPS}
    envelope = {"realm": _TEXT, **dict.fromkeys(texts, _LIST), "sweep": {"type": "boolean"}, **caps}
    needed = ("realm", "networks", "classes", "probes", *approval.CAPS)
    known = {
        "schema": {"enum": [1]},
        "approved_by": _LIST,
        "ticket": _TEXT,
        "valid_from": _TEXT,
        "valid_until": _TEXT,
        "runs": _COUNT,
        "envelope": _table(envelope, *needed),
        "requests": _named(_TEXT),
    }
    return _table(known, "approved_by", "valid_from", "valid_until", "envelope", "requests")


def ends() -> Schema:
    """A list of ends of sale and of support, in YAML."""
    row = _table({name: _DAY if name.startswith("end_") else _FILLED for name in eol.COLUMNS})
    needed = [name for name in eol.COLUMNS if not name.startswith("end_")]
    dated = [{"required": [name]} for name in eol.COLUMNS if name.startswith("end_")]
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": eol.MOST_ROWS,
        "items": {**row, "required": needed, "anyOf": dated},
    }


YAML: Mapping[str, Callable[[], Schema]] = {"golden.yaml": golden, "rules.yaml": rules, "ends-of-life.yaml": ends}
TOML: Mapping[str, Callable[[], Schema]] = {"approval.toml": approved}
CHECK = "check.yaml"
