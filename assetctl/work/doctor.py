"""What this machine lacks for scanning, judged without sending anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assetctl.errors import AssetctlError
from assetctl.settings import Settings, masked
from assetctl.store.repo import open_store
from assetctl.transport.route import is_forwarding
from assetctl.transport.tool import find_nmap
from assetctl.work import awake


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that was looked at. state: ok, note or fault. advice: what to do, "" when nothing."""

    what: str
    state: str
    advice: str = ""


def examine(settings: Settings, database_url: str) -> Iterator[Condition]:
    """Everything a scan or a check would stumble over."""
    yield _nmap()
    yield _awake()
    yield _database(database_url)
    if is_forwarding():
        yield Condition(
            "IP forwarding", "note", "this machine routes between its networks; a scanner in a cell must not"
        )
    yield from _vantages(settings)
    yield from _secrets(settings)


def _nmap() -> Condition:
    path = find_nmap()
    if path is None:
        return Condition("nmap", "note", "not installed: services on IT networks are not looked at; all else works")
    return Condition(f"nmap {path}", "ok")


def _awake() -> Condition:
    path = awake.tool()
    if not path:
        return Condition("sleep", "note", "nothing here keeps the machine awake: switch sleep off for long scans")
    return Condition(f"kept awake by {path}", "ok")


def _database(url: str) -> Condition:
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not path.exists():
        return Condition(f"database {masked(url)}", "note", "not there yet; the first scan or import makes it")
    try:
        with open_store(url, create=False) as store:
            problems = store.check()
    except AssetctlError as fault:
        return Condition(f"database {masked(url)}", "fault", str(fault))
    return Condition(f"database {masked(url)}", "fault" if problems else "ok", "; ".join(problems))


def _vantages(settings: Settings) -> Iterator[Condition]:
    if not settings.vantages:
        yield Condition("vantage", "note", "none declared: reports will say that the cell was not verified")
    for vantage in settings.vantages:
        anchor = "" if vantage.anchor else "no anchor: reports will say that the cell was not verified"
        yield Condition(f"vantage of {vantage.realm}", "note" if anchor else "ok", anchor)


def _secrets(settings: Settings) -> Iterator[Condition]:
    from assetctl.scoping.build import build_scope
    from assetctl.secrets.credentials import resolve

    for entry in build_scope(settings).credentials:
        try:
            resolve(entry, environ={}, config_dir=settings.found.folder, user_config=False)
        except AssetctlError as fault:
            kind = "note" if "env" in str(entry.secrets) or "command" in str(entry.secrets) else "fault"
            yield Condition(f"credential {entry.name}", kind, str(fault))
        else:
            yield Condition(f"credential {entry.name}", "ok")
