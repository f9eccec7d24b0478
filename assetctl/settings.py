"""What assetctl.toml says, where it was looked for, and where every value came from.

One file counts, the first of: --config, ASSETCTL_CONFIG, assetctl.toml upward of the working directory, the user's
own configuration folder. Flags, then ASSETCTL_* variables stand above it, defaults below. A file that was only found
upward may have been put there by somebody else: it must belong to the user, and neither a command nor a password in
it counts.
"""

import os
import re
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from assetctl import credential_entries, entries
from assetctl.documents import Document, Way, read_toml
from assetctl.errors import InputError
from assetctl.forms import Form, dotted, fill_from, flat
from assetctl.model import NetworkKind

NAME = "assetctl.toml"
TEMPLATES = (NAME, "zones.yaml", "register.yaml")
VARIABLES: Mapping[str, Way] = MappingProxyType(
    {
        "ASSETCTL_DATABASE_URL": ("database", "url"),
        "ASSETCTL_CENTRE_URL": ("collector", "centre"),
        "ASSETCTL_SITE": ("project", "site"),
        "ASSETCTL_TIMEZONE": ("project", "timezone"),
        "ASSETCTL_CONTACT": ("project", "contact"),
    }
)
_SECRET = frozenset({"credentials", "database", "signing", "collector"})
_ADDRESSES = (("database", "url"), ("collector", "centre"))
_URL_PASSWORD = re.compile(r"^([\w+.-]+://[^:/@]*:).*@", re.DOTALL)
_URL_SECRET = re.compile(r"([?&][^=&]*(password|secret|key)[^=&]*=)[^&]*", re.IGNORECASE)
_IN_MEMORY = ("", ":memory:")


@dataclass(frozen=True, slots=True)
class Found:
    """Which file counts. how: flag, environment, upward, user or none.

    folder: what relative paths in it start from; cwd: the same for flags and variables.
    trusted: the user named the file, or keeps it in their own configuration folder.
    """

    how: str = "none"
    path: Path | None = None
    folder: Path = Path()
    cwd: Path = Path()
    trusted: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One value for `config show`: key as networks[0].range, value as text without passwords, and its origin."""

    key: str
    value: str
    origin: str


def _schema(value: int) -> int:
    if value != 1:
        raise ValueError(f"schema 1 is expected, {value} was found; this file is for another version of assetctl")
    return value


class Settings(Form):
    """All of assetctl.toml, with defaults for what it does not say."""

    schema_number: Annotated[int, AfterValidator(_schema)] = Field(default=1, alias="schema", strict=True)
    project: entries.Project = entries.Project()
    database: entries.Database = entries.Database()
    networks: tuple[entries.Network, ...] = ()
    targets: entries.Targets = entries.Targets()
    vantages: tuple[entries.Vantage, ...] = ()
    windows: tuple[entries.Window, ...] = ()
    limits: entries.Limits = entries.Limits()
    probes: entries.Probes = entries.Probes()
    consents: tuple[entries.Consent, ...] = ()
    segments: tuple[entries.Segment, ...] = ()
    sweep: entries.Sweep = entries.Sweep()
    credentials: tuple[credential_entries.Credential, ...] = ()
    signing: tuple[entries.Signing, ...] = ()
    collector: entries.Collector = entries.Collector()
    modbus: entries.Modbus = entries.Modbus()
    ports: entries.Ports = Field(default_factory=dict)
    parameters: entries.Parameters = Field(default_factory=dict)
    safety_consents: entries.SafetyConsents = entries.SafetyConsents()
    redundant: tuple[entries.Redundant, ...] = ()
    approval: entries.Approval = entries.Approval()
    report: entries.Report = entries.Report()
    files: entries.Files = entries.Files()
    params: Mapping[str, Mapping[str, int | str | tuple[str, ...]]] = Field(default_factory=dict)
    _found: Found = PrivateAttr(default_factory=Found)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Settings":
        _refuse_twice("[[networks]]", [f"{n.realm}/{n.range}" for n in self.networks])
        _refuse_twice("[[vantages]] of realm", [v.realm for v in self.vantages])
        _refuse_twice("[[credentials]]", [c.name for c in self.credentials])
        _refuse_twice("[[signing]]", [s.name for s in self.signing])
        _refuse_twice("[[segments]]", [f"{s.realm}/link:{s.interface}" for s in self.segments])
        _refuse_twice("[[segments]] named", [f"{s.realm}/{s.name}" for s in self.segments if s.name])
        if self.limits.packets_per_second > entries.OT_PACKETS_PER_SECOND and not self._is_without_ot():
            raise ValueError(
                f"limits.packets_per_second: at most {entries.OT_PACKETS_PER_SECOND} where a network is ot; "
                "more needs [[networks]] that are all marked it or lab"
            )
        return self

    def _is_without_ot(self) -> bool:
        return bool(self.networks) and all(n.kind is not NetworkKind.OT for n in self.networks)

    @property
    def found(self) -> Found:
        """Which file these come from."""
        return self._found

    @property
    def origins(self) -> Mapping[str, str]:
        """Dotted key, such as networks[0].range, to "default", "file:PATH", "env:NAME" or "flag"."""
        return self._found.origins

    def file(self, name: str) -> Path:
        """A path that the settings name; a relative one starts from the folder of the settings file."""
        return self._found.folder / name

    @property
    def exclusions(self) -> Path | None:
        """The exclusion file, which is read again before each frame; None when none is named."""
        return self.file(self.targets.exclude_file) if self.targets.exclude_file else None

    @property
    def database_url(self) -> str:
        """The database's address with an absolute path; a relative SQLite file of a file's lies beside that file."""
        start, relative = "sqlite:///", self.database.url.removeprefix("sqlite:///")
        if not self.database.url.startswith(start) or relative in _IN_MEMORY or relative.startswith("file:"):
            return self.database.url
        given_now = self.origins.get("database.url", "").startswith(("env:", "flag"))
        base = self._found.cwd if given_now else self._found.folder
        return start + (base.absolute() / relative).as_posix()

    def rows(self) -> Iterator[Row]:
        """Every value with its origin. Secrets are references here and stay so; passwords in addresses are masked."""
        for way, value in flat(self.model_dump(mode="json", by_alias=True)):
            key = dotted(way)
            if value is None or (origin := self.origins.get(key)) is None:
                continue
            shown = masked(value) if way in _ADDRESSES else value
            yield Row(key, _spelled(shown), origin)


def load_settings(
    path: Path | None,
    *,
    cwd: Path,
    environ: Mapping[str, str],
    flags: Mapping[str, Any] = MappingProxyType({}),
    user_dir: Path | None = None,
) -> Settings:
    """The settings that count. path: of --config. flags: dotted key to value, such as {"database.url": "..."}.

    user_dir: the user's own configuration folder, None for where this system keeps such. No file at all is fine.
    Raises InputError with one line per mistake.
    """
    found = _find(path, cwd=cwd, environ=environ, user_dir=user_dir or _user_dir())
    document = read_toml(found.path) if found.path else Document(cwd / NAME, {}, "")
    origins = {way: f"file:{document.path}" for way, value in flat(document.root) if value != {}}
    root = document.root
    for name, way in VARIABLES.items():
        if environ.get(name):
            root, origins[way] = _with(root, way, environ[name]), f"env:{name}"
    for key, value in flags.items():
        way = tuple(key.split("."))
        root, origins[way] = _with(root, way, value), "flag"
    settings = fill_from(Settings, root, place=partial(_place, document, origins), secret=_SECRET)
    all_origins = {dotted(way): _origin(origins, way) for way, _ in flat(settings.model_dump(by_alias=True))}
    settings._found = replace(found, origins=MappingProxyType(all_origins))
    _refuse_foreign_password(settings)
    return settings


def template(name: str) -> str:
    """A commented file to begin with, see `TEMPLATES`."""
    if name not in TEMPLATES:
        raise InputError(f"{name}: one of {', '.join(TEMPLATES)} is expected")
    return resources.files("assetctl.data").joinpath("templates_init", name).read_text("utf-8")


def masked(url: str) -> str:
    """A database address with *** in the place of passwords."""
    return _URL_SECRET.sub(r"\1***", _URL_PASSWORD.sub(r"\1***@", url))


def _user_dir() -> Path:
    from platformdirs import user_config_path

    return user_config_path("assetctl", appauthor=False)


def _find(path: Path | None, *, cwd: Path, environ: Mapping[str, str], user_dir: Path) -> Found:
    here = cwd.absolute()
    if path or environ.get("ASSETCTL_CONFIG"):
        named = here / (path or environ["ASSETCTL_CONFIG"])
        return Found("flag" if path else "environment", named, named.parent, here, trusted=True)
    own = user_dir / NAME
    for folder in (here, *here.parents):
        if os.path.exists(folder / NAME):
            _refuse_foreign(folder / NAME)
            return Found("upward", folder / NAME, folder, here, trusted=folder == user_dir)
    if os.path.exists(own):
        _refuse_foreign(own)
        return Found("user", own, user_dir, here, trusted=True)
    return Found("none", None, here, here)


def _refuse_foreign(path: Path) -> None:
    """Refuse a file that another user made, or could have written into. Windows folders have their own rights."""
    if os.name != "posix":
        return
    mode, owners = path.stat().st_mode, {path.stat().st_uid, path.lstat().st_uid}
    named = shlex.quote(str(path))
    if owners != {os.getuid()}:
        raise InputError(
            f"{path}: a file of your own is expected, another user owns it; name it if you trust it: --config {named}"
        )
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InputError(f"{path}: others may write into it (mode {stat.S_IMODE(mode):03o}); run: chmod go-w {named}")


def _refuse_foreign_password(settings: "Settings") -> None:
    found = settings.found
    variables = {way: name for name, way in VARIABLES.items()}
    for way, url in zip(_ADDRESSES, (settings.database.url, settings.collector.centre), strict=True):
        from_file = settings.origins.get(dotted(way), "").startswith("file:")
        if from_file and not found.trusted and masked(url) != url:
            raise InputError(
                f"{found.path}: {dotted(way)}: a password counts only from your own settings or a file named with "
                f"--config; put the address into {variables[way]} instead"
            )


def _refuse_twice(what: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"{what} {name} stands there twice; remove one")


def _with(root: Any, way: Way, value: Any) -> Any:
    """A copy of nested dicts with one value replaced; anything else on the way is left for the form to refuse."""
    if not way:
        return value
    if not isinstance(root, dict):
        return root
    return {**root, way[0]: _with(root.get(str(way[0]), {}), way[1:], value)}


def _origin(origins: Mapping[Way, str], way: Way) -> str:
    """Where the value at `way`, or the list that holds it, came from."""
    held = (origins[way[:length]] for length in range(len(way), 0, -1) if way[:length] in origins)
    return next(held, "default")


def _place(document: Document, origins: Mapping[Way, str], way: Way) -> str:
    kind, _, name = _origin(origins, way).partition(":")
    if kind == "env":
        return f"environment variable {name}"
    return "command line" if kind == "flag" else document.place(way)


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
