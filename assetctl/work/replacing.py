"""A device at a position was exchanged: the register is told which piece stands there now, its comments kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from assetctl.errors import InputError
from assetctl.model import Asset, Position
from assetctl.settle import texts
from assetctl.text import near
from assetctl.work.editing import edit
from assetctl.zones import register_of

PIECE = ("serial_number", "mac_address")
"""What in a match means one piece of hardware; address and host name belong to the place and stay."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """position: its id. changes: key -> (before, after) of its match; empty when nothing there means one piece."""

    position: str
    changes: Mapping[str, tuple[str, str]]


def position_in(register: tuple[Position, ...], name: str) -> Position:
    """The position of a register. Raises InputError with a near match."""
    found = next((one for one in register if one.id == name), None)
    if found is None:
        hint = near(name, tuple(one.id for one in register))
        raise InputError(f"{name}: no position of the register{hint}; [files] register names it")
    return found


def replacement(position: Position, device: Asset) -> Replacement:
    """What the register must say for this device. Raises InputError when the device lacks what the match needs."""
    changes: dict[str, tuple[str, str]] = {}
    for key in (key for key in PIECE if key in position.match):
        own = texts(device, key)
        if position.match[key] in own:
            continue
        if not own:
            raise InputError(f"{position.id} is matched by {key}, and {device.id} told none; change the match by hand")
        changes[key] = position.match[key], own[0]
    return Replacement(position.id, changes)


def write(path: Path, told: Replacement, *, now: datetime) -> None:
    """Write the changes into the register, whole or not at all. Raises InputError when it then would not load."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString as Quoted  # text to every reader, be it all digits

    def change(document: Any) -> None:
        for entry in document["positions"]:
            if str(entry["id"]) == told.position:
                for key, (_, after) in told.changes.items():
                    entry["match"][key] = Quoted(after)

    edit(path, change, check=lambda document: register_of(document, now=now))
