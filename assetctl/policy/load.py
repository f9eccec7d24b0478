"""Check files: found, read, typed and compiled. What is wrong in one is said with its file, line and key."""

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

from assetctl.documents import read_yaml, yaml_in
from assetctl.errors import InputError
from assetctl.model import RequirementMapping, Severity, Value
from assetctl.policy.cases import read_case
from assetctl.policy.check import TRANSLATIONS, Check, Own, Template
from assetctl.policy.expression import Expression, compile_expression, compile_name
from assetctl.policy.fields import Fields, top
from assetctl.policy.for_each import SUBJECTS, Scope
from assetctl.policy.frameworks import SHALL, SHOULD, STRENGTHS, Framework, Named, duty_of, load_framework, load_named
from assetctl.text import near

MOST_BYTES = 64 * 1024
MOST_CHECKS = 2000
NEVER = "never"

_REQUIRED = (
    *("id", "version", "title", "severity", "own", "for_each", "assert", "max_age"),
    *("maps", "fail", "unknown", "fix", "limits", "tests"),
)
_OPTIONAL = ("applies_to", "group_by", "params", "permission", *TRANSLATIONS)
_SAID = ("title", "fail", "unknown", "fix", "limits")
_ID = re.compile(r"[A-Z]{2,8}-\d{3}\Z")
_SLOT = re.compile(r"\{([^{}]*)\}")
SPECIAL_SLOTS = ("decisive", "missing", "reason")
NEVER_WORDING = "The inventory itself decides; this cannot be unknown."

Params = Mapping[str, Mapping[str, Value]]
"""Thresholds of the user's: check id -> name -> value."""


def checks_folder() -> Path:
    """Where the packaged checks are: inside the installed package, or beside it in a checkout."""
    package = Path(str(files("assetctl")))
    packed = package / "_packed" / "checks"
    return packed if packed.is_dir() else package.parent / "checks"


def load_frameworks() -> Mapping[str, Framework]:
    """The requirement tables by id."""
    found = (load_framework(path) for path in yaml_in(checks_folder() / "frameworks"))
    return {framework.id: framework for framework in found}


def named_frameworks() -> Mapping[str, Named]:
    """The frameworks of which only the identifiers are known, by id."""
    found = (load_named(path) for path in yaml_in(checks_folder() / "frameworks" / "named"))
    return {named.id: named for named in found}


def load_checks(folders: Iterable[Path], *, params: Params | None = None) -> tuple[Check, ...]:
    """Every check of these folders, in the order of their ids. Raises InputError on the first thing that is wrong."""
    own = params or {}
    checks: dict[str, Check] = {}
    for path in _files(folders):
        check = load_check(path, params=own)
        if check.id in checks:
            raise InputError(f"{path}: id {check.id} is already that of {checks[check.id].path}; give it another")
        checks[check.id] = check
    for name in own:
        if name not in checks:
            raise InputError(f'params: there is no check "{name}"{near(name, tuple(checks))}')
    return tuple(checks[name] for name in sorted(checks))


def load_check(path: Path, *, params: Params | None = None) -> Check:
    """One check file. params: see `Params`; the names must be those of the file."""
    fields = top(read_yaml(path, most=MOST_BYTES))
    fields.only((*_REQUIRED, *_OPTIONAL), required=_REQUIRED)
    if not _ID.match(fields.text("id")):
        fields.refuse("id", "an id such as SVC-002 is expected")
    values, changed = _params(fields, (params or {}).get(fields.text("id"), {}))
    for_each = fields.choice("for_each", SUBJECTS)
    plain = Scope(for_each, values)
    whole = Scope(for_each, values, grouped="group_by" in fields.values)
    return Check(
        id=fields.text("id"),
        version=fields.number("version"),
        title=fields.filled("title"),
        severity=Severity(fields.choice("severity", Severity)),
        own=Own(fields.choice("own", Own)),
        for_each=for_each,
        assertion=_expression(fields, "assert", fields.filled("assert"), whole),
        applies_to=_applies_to(fields, plain),
        group_by=_group_by(fields, plain),
        max_age=fields.span("max_age"),
        params=values,
        maps=tuple(_mapping(row) for row in fields.rows("maps")),
        fail=_template(fields, "fail", fields.filled("fail"), whole),
        unknown=_template(fields, "unknown", _unknown_wording(fields), whole),
        fix=fields.filled("fix"),
        limits=fields.filled("limits"),
        cases=tuple(read_case(row) for row in fields.rows("tests")),
        path=path,
        permission=fields.text("permission"),
        never_unknown=fields.text("unknown") == NEVER,
        changed=changed,
        said={language: _said(fields, language) for language in TRANSLATIONS if language in fields.values},
    )


def _said(fields: Fields, language: str) -> Mapping[str, str]:
    """The texts of a check in another language, with the same placeholders, by the English ones."""
    told = fields.inner(language)
    names = tuple(name for name in _SAID if fields.text(name) != NEVER)
    told.only(names, required=names)
    for name in names:
        wanted, found = (sorted(_SLOT.findall(one.text(name))) for one in (fields, told))
        if wanted != found:
            told.refuse(name, f"the placeholders of the English text are expected: {', '.join(wanted) or 'none'}")
    return {fields.filled(name): told.filled(name) for name in names}


def _files(folders: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder}: a folder with check files is expected; give its path")
        found += yaml_in(folder)
    if len(found) > MOST_CHECKS:
        raise InputError(f"at most {MOST_CHECKS} checks are loaded, {len(found)} files were found")
    return found


def _unknown_wording(fields: Fields) -> str:
    return NEVER_WORDING if fields.text("unknown") == NEVER else fields.filled("unknown")


def _applies_to(fields: Fields, scope: Scope) -> Expression | None:
    text = fields.text("applies_to")
    return _expression(fields, "applies_to", text, scope) if text else None


def _group_by(fields: Fields, scope: Scope) -> tuple[Expression, ...]:
    wanted = ("text", "number", "texts")
    found = tuple(_expression(fields, "group_by", text, scope, wanted) for text in fields.texts("group_by"))
    if any(expression.type == "texts" for expression in found[:-1]):
        fields.refuse("group_by", "only the last may be a list of texts")
    return found


def _expression(fields: Fields, key: str, text: str, scope: Scope, wanted: tuple[str, ...] = ("flag",)) -> Expression:
    try:
        return compile_expression(text, scope, wanted=wanted)
    except InputError as error:
        problem = str(error)
    return fields.refuse(key, problem)


def _template(fields: Fields, key: str, text: str, scope: Scope) -> Template:
    """A wording with {asset.name}, {params.x}, {decisive} or {reason} in it."""
    parts: list[str | Expression] = []
    slots = []
    for index, piece in enumerate(_SLOT.split(text)):
        if index % 2 == 0:
            parts.append(piece)
            continue
        slots.append(piece)
        parts.append(f"{{{piece}}}" if piece in SPECIAL_SLOTS else _named(fields, key, piece, scope))
    return Template(text, tuple(parts), tuple(slots))


def _named(fields: Fields, key: str, name: str, scope: Scope) -> Expression:
    try:
        return compile_name(name, scope)
    except InputError as error:
        problem = f"placeholder {{{name}}}: {error}"
    return fields.refuse(key, problem)


def _params(fields: Fields, own: Mapping[str, Value]) -> tuple[Mapping[str, Value], tuple[str, ...]]:
    """The thresholds of the file with the user's in their place, and which those are."""
    given = fields.inner("params")
    values = {name: given.value(name) for name in given.values}
    for name, value in own.items():
        if name not in values:
            fields.refuse("params", f'there is no "{name}"{near(name, tuple(values))}')
        if type(value) is not type(values[name]):
            fields.refuse("params", f"{name}: {_kind(values[name])} is expected, {_kind(value)} was given")
    changed = tuple(sorted(name for name in own if own[name] != values[name]))
    return {**values, **own}, changed


def _kind(value: Value) -> str:
    return "a flag" if isinstance(value, bool) else {str: "a text", int: "a number", tuple: "a list"}[type(value)]


def _mapping(row: Fields) -> RequirementMapping:
    names = ("framework", "edition", "requirement", "strength")
    row.only((*names, "duty"), required=names)
    framework, requirement = row.filled("framework"), row.filled("requirement")
    return RequirementMapping(
        framework=framework,
        edition=row.filled("edition"),
        requirement=requirement,
        strength=row.choice("strength", STRENGTHS[1:]),
        duty=row.choice("duty", (SHALL, SHOULD), duty_of(framework, requirement)),
    )
