"""What a run asks by name: protocols, depth questions, ports and parameters, each compared with what is offered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assetctl import text
from assetctl.errors import InputError
from assetctl.scoping.flags import Flags
from assetctl.settings import Settings


@dataclass(frozen=True, slots=True)
class Known:
    """What the protocols offer, so that a misspelt name is an error and not a question that is never asked.

    An empty tuple is not checked against.
    """

    probes: tuple[str, ...] = ()
    depths: tuple[str, ...] = ()
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def probes_of(settings: Settings, flags: Flags, known: Known) -> tuple[str, ...]:
    listed = settings.probes.only
    _refuse_unknown("probes.only", listed, known.probes)
    _refuse_unknown("--only", flags.probes, known.probes)
    for name in flags.probes:
        if listed and name not in listed:
            raise InputError(f'--only: "{name}" is not among probes.only of the settings: {", ".join(listed)}')
    return tuple(dict.fromkeys(flags.probes)) or listed


def depth_of(settings: Settings, flags: Flags, known: Known) -> frozenset[str]:
    _refuse_unknown("probes.depth", settings.probes.depth, known.depths)
    _refuse_unknown("--depth", flags.depth, known.depths)
    return frozenset((*settings.probes.depth, *flags.depth))


def ports_of(settings: Settings, known: Known) -> dict[str, tuple[int, ...]]:
    _refuse_unknown("ports", settings.ports, known.probes)
    _refuse_unknown("consents.probe", [consent.probe for consent in settings.consents], known.probes)
    return dict(settings.ports)


def parameters_of(settings: Settings, known: Known) -> dict[str, Mapping[str, str]]:
    _refuse_unknown("parameters", settings.parameters, tuple(known.parameters))
    for protocol, told in settings.parameters.items():
        _refuse_unknown(f"parameters.{protocol}", told, tuple(known.parameters.get(protocol, ())))
    return dict(settings.parameters)


def _refuse_unknown(key: str, names: Iterable[str], known: tuple[str, ...]) -> None:
    for name in names:
        if known and name not in known:
            hint = text.near(name, known) or f"; known are {', '.join(known)}"
            raise InputError(f'{key}: "{text.one_line(name)}" is unknown{hint}')
