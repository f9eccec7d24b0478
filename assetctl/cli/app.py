"""What every command starts from: the global options, the settings and the store they lead to."""

import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assetctl.cli.clock import now
from assetctl.cli.output import Output
from assetctl.errors import Exit, InputError
from assetctl.redaction import RedactionLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from assetctl.model import Position, Zone
    from assetctl.policy.plant import Approved, Plant
    from assetctl.report.redact import Pseudonyms
    from assetctl.report.redaction import Redaction
    from assetctl.settings import Settings
    from assetctl.store.repo import Store
    from assetctl.work.ingest import Declared
    from assetctl.work.order import Place
    from assetctl.zones import ZoneFile


@dataclass
class App:
    """One call of the program. config, db: as given on the command line, None when not. redact: level of what is
    written, see `report.redaction`."""

    output: Output = field(default_factory=Output)
    config: Path | None = None
    db: str | None = None
    redact: RedactionLevel = RedactionLevel.INTERNAL
    _register_read: "tuple[tuple[int, int, int] | None, tuple[Position, ...]] | None" = field(default=None, init=False)

    @cached_property
    def settings(self) -> "Settings":
        """The settings that count here; a file found upward of the working directory is named."""
        from assetctl.settings import load_settings

        flags = {"database.url": _url(self.db)} if self.db else {}
        settings = load_settings(self.config, cwd=Path.cwd(), environ=os.environ, flags=flags)
        if settings.found.how == "upward" and settings.found.path is not None:
            self.output.detail(f"settings: {settings.found.path}")
        return settings

    @property
    def database_url(self) -> str:
        return self.settings.database_url

    def store(self, *, create: bool = False) -> "Store":
        """The database. create: only for what fills it, so that a mistyped folder is not an empty plant."""
        from assetctl.store.repo import open_store

        return open_store(self.database_url, create=create)

    @property
    def place(self) -> "Place":
        """Folders of ledgers, incidents and locks: beside an SQLite file, else in the user's data folder."""
        from platformdirs import user_data_path, user_state_path

        from assetctl.work.order import Place

        base = Path(self.database_url.removeprefix("sqlite:///"))
        if not self.database_url.startswith("sqlite:///"):
            base = user_data_path("assetctl") / "assetctl.db"
        return Place(
            base.with_name(base.stem + ".ledgers"),
            base.with_name(base.stem + ".incidents"),
            Path(os.environ.get("ASSETCTL_LOCKS", "") or user_state_path("assetctl") / "locks"),
        )

    def mark_interrupted(self, store: "Store") -> None:
        """Show runs that were killed as interrupted from here on."""
        from assetctl.work.recovery import mark_interrupted

        for scan in mark_interrupted(store, self.place.locks):
            self.output.say(f"scan {scan.id} was killed; go on with it: assetctl scan --resume {scan.id}")

    @cached_property
    def zones_file(self) -> "ZoneFile":
        """The zones and conduits of the file that the settings name; none and "" when they name none."""
        from assetctl.zones import ZoneFile, read_zones

        if not self.settings.files.zones:
            return ZoneFile(Path(), (), "")
        return read_zones(self.settings.file(self.settings.files.zones), now=now())

    @property
    def zones(self) -> "tuple[Zone, ...]":
        return self.zones_file.zones

    @property
    def declared(self) -> "Declared":
        """Zones and register of the files that the settings name, and the site of each address."""
        from assetctl.scoping.build import build_scope
        from assetctl.work.ingest import Declared

        scope, site = build_scope(self.settings), self.settings.project.site
        return Declared(self.zones, self.register, lambda address: scope.network_of(address).site or site)

    def plant(self, store: "Store", *, approved: "tuple[Approved, ...]" = ()) -> "Plant":
        """What there is to judge. approved: what golden inventories hold, as compared."""
        from assetctl.protocols import registry
        from assetctl.work.check import plant_of

        return plant_of(
            store,
            self.settings,
            zones=self.zones,
            register=self.register,
            protocols=registry(),
            conduits=self.zones_file.conduits,
            approved=approved,
        )

    def pseudonyms(self, store: "Store", more: "Iterable[str]" = ()) -> "Pseudonyms":
        """What replaces names and addresses in files that travel, under the key that lies beside the database.

        more: names that stand in no store, such as those of a golden file.
        """
        from assetctl.report.redact import Pseudonyms, names_of

        path = self.place.ledgers.with_name("pseudonyms.key")
        key = _own_key(path)
        positions, conduits = self.register or store.positions(), self.zones_file.conduits
        names = names_of(store.assets(), self.zones, positions, conduits, store.captures())
        return Pseudonyms(key, (*names, *more))

    def machine_redaction(self, store: "Store", more: "Iterable[str]" = (), *, plain: bool) -> "Callable[[str], str]":
        """What a text for other machines passes: the level of this call, and pseudonyms unless names stay plain."""
        if plain:
            return self.redacted
        names = self.pseudonyms(store, more)
        return lambda text: names(self.redacted(text))

    def redacted(self, value: Any) -> Any:
        """A value as this call may write it."""
        return value if self.redact is RedactionLevel.INTERNAL else self.redaction.of(value)

    def keeps_names(self, what: str) -> None:
        """Refuse, at a level of redaction, to write what is of use with all of its names only. what: with its verb."""
        if self.redact is not RedactionLevel.INTERNAL:
            raise InputError(
                f"--redact {self.redact}: {what} and keeps its names; write it without, and hand it to nobody"
            )

    def source(self, value: Any) -> Any:
        """A value as something may be built from it that this call writes; its text is then `redacted`."""
        return value if self.redact is RedactionLevel.INTERNAL else self.redaction.before(value)

    @cached_property
    def redaction(self) -> "Redaction":
        """What this call takes out of everything that it writes."""
        from assetctl.work.redacting import redaction

        key = (
            _own_key(self.place.ledgers.with_name("pseudonyms.key"))
            if self.redact is not RedactionLevel.INTERNAL
            else bytes(32)
        )
        try:
            with self.store() as store:
                return redaction(self.redact, key, self.settings, store, self.zones_file, self.register)
        except InputError:  # there is no inventory whose names could be told
            return redaction(self.redact, key, self.settings, None, self.zones_file, self.register)

    @property
    def register(self) -> "tuple[Position, ...]":
        """The positions of the register that the settings name, or none."""
        name = self.settings.files.positions
        return self._register_in(self.settings.file(name)) if name else ()

    def _register_in(self, path: Path) -> "tuple[Position, ...]":
        """The positions of a file, read again only when it was written since: thousands of them take seconds.

        They are said to hold since the file was written, so that two readings of it are equal.
        """
        from assetctl.zones import read_register

        state = _state(path)
        if self._register_read is None or state is None or self._register_read[0] != state:
            written = datetime.fromtimestamp(state[1] // 10**9, UTC) if state else now()
            self._register_read = state, read_register(path, now=now(), since=min(written, now()))
        return self._register_read[1]


def of(context: typer.Context) -> App:
    """The call that a command belongs to."""
    app = context.find_object(App)
    return app if app is not None else App()


def finish(code: int | Exit) -> None:
    """End a command with a code."""
    raise typer.Exit(int(code))


def account() -> str:
    """Who runs this call, as the machine names them."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "an unnamed account"


def confirm(question: str, *, instead: str = "an approval (--approval FILE), or --yes for loopback and lab") -> bool:
    """Ask once. Without a terminal that is an error of use, and `instead` says what to give."""
    if not sys.stdin.isatty():
        raise InputError(f"no terminal to ask on; give {instead}")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written; None for one that cannot be looked at."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _own_key(path: Path) -> bytes:
    """The bytes of a key file, made by the first who needs it, readable by its owner only."""
    import secrets

    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(secrets.token_bytes(32))
    return path.read_bytes()


def _url(text: str) -> str:
    return text if "://" in text else f"sqlite:///{Path(text).absolute().as_posix()}"
