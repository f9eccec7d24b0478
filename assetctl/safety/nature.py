"""What facts show about the nature of a device: a safety system, or control equipment in an IT network."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from importlib.resources import files
from re import Pattern

from assetctl.plan import OT_PORTS

Told = Iterable[tuple[str, str, object]]  # fact key, local key, value


@dataclass(frozen=True, slots=True)
class Sign:
    """One row: a fact key and a pattern of the globs that fit. source: why it is a sign."""

    key: str
    pattern: Pattern[str]
    source: str

    def fits(self, value: object) -> bool:
        return self.pattern.match(str(value)[:256].lower()) is not None


def safety_system(told: Told) -> str:
    """Why facts show a safety system, or ""."""
    return _reason("safety", told)


def control_equipment(told: Told) -> str:
    """Why facts show OT equipment, or "". An open port of an OT protocol counts."""
    said = tuple(told)
    for key, local_key, value in said:
        if key == "port_state" and value == "open" and local_key in OT_PORTS:
            return f"port {local_key} is open"
    return _reason("ot", said)


def _reason(kind: str, told: Told) -> str:
    by_key = signs()[kind]
    for key, _, value in told:
        for sign in by_key.get(key, ()):
            if sign.fits(value):
                return f"{key} {str(value)[:80]} ({sign.source})"
    return ""


@cache
def signs() -> Mapping[str, Mapping[str, tuple[Sign, ...]]]:
    """The shipped rows by kind and fact key."""
    table = tomllib.loads(files("assetctl.safety").joinpath("nature.toml").read_text("utf-8"))
    found: dict[str, dict[str, tuple[Sign, ...]]] = {}
    for kind, rows in table.items():
        by_key = found.setdefault(kind, {})
        for row in rows:
            pattern = "|".join(translate(glob.lower()) for glob in row["any"])
            sign = Sign(row["key"], re.compile(pattern), row["source"])
            by_key[sign.key] = (*by_key.get(sign.key, ()), sign)
    return found
