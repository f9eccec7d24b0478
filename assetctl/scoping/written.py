"""The targets and exclusions of a run, from what the settings and the command line write."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from assetctl.errors import InputError
from assetctl.model import Address
from assetctl.scope import Target
from assetctl.scoping.flags import Flags
from assetctl.scoping.segments import LINK
from assetctl.settings import Settings
from assetctl.targets import Resolve, parse_target, read_exclusions


@dataclass(frozen=True, slots=True)
class Reader:
    """How texts become targets in this run. realm: of texts that name none."""

    realm: str
    resolve: Resolve | None
    folder: Path

    def read(self, written: Iterable[str], *, key: str, exclude: bool = False) -> tuple[Target, ...]:
        """The targets of a list; an error begins with the key or flag that holds it."""
        found: dict[Target, None] = {}
        for one in written:
            try:
                parsed = parse_target(one, realm=self.realm, resolve=self.resolve, folder=self.folder, exclude=exclude)
            except InputError as error:
                raise InputError(f"{key}: {error}") from None
            found.update(dict.fromkeys(parsed))
        return tuple(found)

    def addresses(self, written: Iterable[str], *, key: str) -> tuple[Address, ...]:
        """One address for each text; anything longer is refused, so that each is named."""
        targets = [self.read((one,), key=key) for one in written]
        for target in (target for found in targets for target in found):
            if target.first != target.last:
                raise InputError(f"{key}: single addresses are expected, {target} was found; name each address")
        return tuple(Address(target.realm, target.first) for found in targets for target in found)


def targets_of(settings: Settings, flags: Flags, listed: Reader, typed: Reader) -> tuple[Target, ...]:
    if not flags.targets:
        found = listed.read(settings.targets.include, key="targets.include")
        return tuple(target for target in found if flags.realm in ("", target.realm))
    found = typed.read((one for one in flags.targets if not one.startswith(LINK)), key="target")
    for target in found:
        if flags.realm not in ("", target.realm):
            raise InputError(f"target {target}: --realm {flags.realm} asks for another realm; give one of the two")
    return found


def excluded(
    settings: Settings, flags: Flags, listed: Reader, typed: Reader, realms: Iterable[str]
) -> tuple[Target, ...]:
    """Everything excluded. A text without a realm excludes its addresses in every realm of the run."""
    found: dict[Target, None] = {}
    for realm in sorted(realms):
        here = replace(listed, realm=realm)
        found.update(dict.fromkeys(here.read(settings.targets.exclude, key="targets.exclude", exclude=True)))
        if path := settings.exclusions:
            found.update(dict.fromkeys(read_exclusions(path, realm)))
        found.update(dict.fromkeys(replace(typed, realm=realm).read(flags.exclude, key="--exclude", exclude=True)))
    return tuple(found)


def units_of(settings: Settings, named: Reader) -> dict[Address, tuple[int, ...]]:
    found: dict[Address, tuple[int, ...]] = {}
    for written, units in settings.modbus.units.items():
        for address in named.addresses((written,), key="modbus.units"):
            if address in found:
                raise InputError(f"modbus.units: {address} stands there twice; remove one")
            found[address] = units
    return found
