"""What an asset is, as far as advisories can speak of it: itself, its operating system and its programs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from assetctl import settle
from assetctl.advisory.codes import CATALOGUE
from assetctl.makers import canonical
from assetctl.model import Asset, Fact, SubjectKind

GUESS = 50
MOST_PROGRAMS = 2000
_SYSTEM = re.compile(r"(HiOS|HiSecOS|FortiOS|JunOS|Junos OS|NX-OS|IOS XE|IOS)\b", re.I)


@dataclass(frozen=True, slots=True)
class Identity:
    """What is compared with an advisory; the same for like devices in like state.

    what: "device", "operating system" or "program". makers: more than one when sources differ. versions: as told,
    none when nobody told it. hardware: revisions as told.
    """

    what: str
    makers: tuple[str, ...]
    names: tuple[str, ...]
    codes: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
    cpes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """identities: the device first. seen: when the oldest of what counts was last seen, None when all is declared.

    evidence: of the version, else of what names the product; "" when nothing of it was observed.
    """

    asset: str
    identities: tuple[Identity, ...]
    seen: datetime | None = None
    evidence: str = ""

    @property
    def device(self) -> Identity:
        return self.identities[0]


def describe(asset: Asset, parent: Asset | None = None) -> Described:
    """The asset in an advisory's terms. A module without a maker of its own is taken for its device's maker's."""
    facts = _by_key(asset.facts, SubjectKind.ASSET)
    own = _makers(facts)
    makers = own or (_makers(_by_key(parent.facts, SubjectKind.ASSET)) if parent else ())
    models = _texts(facts, "model", "module_type")
    versions = _texts(facts, "firmware_software_version") or _texts(facts, "entity_software_revision")
    device = Identity(
        what="device",
        makers=makers,
        names=models,
        codes=tuple(dict.fromkeys([*_texts(facts, "order_code"), *_codes_in(models)])),
        serials=_texts(facts, "serial_number"),
        versions=versions,
        hardware=_texts(facts, "hardware_version"),
        cpes=tuple(
            cpe for text in counting(facts.get("cpe", ())) if isinstance(text.value, tuple) for cpe in text.value
        ),
    )
    identities = [device, *_system(facts, makers, versions), *_programs(asset)]
    used = ("manufacturer", "model", "order_code", "firmware_software_version", "os_version")
    seen = [max(f.last_seen for f in found) for key in used if (found := _observed(facts.get(key, ())))]
    return Described(asset.id, tuple(identities), min(seen, default=None), _evidence(facts))


def _evidence(facts: Mapping[str, list[Fact]]) -> str:
    for key in ("firmware_software_version", "os_version", "order_code", "model"):
        if found := [fact for fact in _observed(facts.get(key, ())) if fact.source.evidence]:
            return max(found, key=lambda fact: (fact.last_seen, fact.source.evidence)).source.evidence
    return ""


def counting(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Those that count: observed ones that are more than a guess, else declared ones, else guesses."""
    found = tuple(facts)
    observed = _observed(found)
    sure = tuple(fact for fact in observed if fact.confidence >= GUESS)
    return sure or tuple(fact for fact in found if fact.source.kind == settle.DECLARED) or observed


def _observed(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.source.kind != settle.DECLARED)


def _by_key(facts: Iterable[Fact], kind: SubjectKind) -> Mapping[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in settle.current(facts):
        if fact.subject.kind is kind:
            found.setdefault(fact.key, []).append(fact)
    return found


def _texts(facts: Mapping[str, list[Fact]], *keys: str) -> tuple[str, ...]:
    """The texts that count under any of the keys, sorted, each once."""
    found = {
        " ".join(fact.value.split())
        for key in keys
        for fact in counting(facts.get(key, ()))
        if isinstance(fact.value, str)
    }
    return tuple(sorted(found - {""}))


def _makers(facts: Mapping[str, list[Fact]]) -> tuple[str, ...]:
    return tuple(sorted({canonical(text) for text in _texts(facts, "manufacturer")}))


def _codes_in(models: Iterable[str]) -> tuple[str, ...]:
    """Catalogue numbers that a device tells as part of its product name, such as 1756-L83E/B."""
    return tuple(code for model in models for code in CATALOGUE.findall(model[:200]))


def _system(facts: Mapping[str, list[Fact]], makers: tuple[str, ...], versions: tuple[str, ...]) -> list[Identity]:
    names = _texts(facts, "operating_system")
    told = tuple(found[1] for version in versions if (found := _SYSTEM.match(version)))
    if not names and not told:
        return []
    if any(name.casefold().startswith("windows") for name in names):
        makers = ("Microsoft",)
    return [Identity("operating system", makers, (*names, *told), versions=_texts(facts, "os_version") or versions)]


def _programs(asset: Asset) -> list[Identity]:
    found: dict[str, dict[str, list[Fact]]] = {}
    for fact in settle.current(asset.facts):
        if fact.subject.kind is SubjectKind.SOFTWARE and len(found) < MOST_PROGRAMS:
            found.setdefault(fact.subject.local_key, {}).setdefault(fact.key, []).append(fact)
    return [
        Identity("program", (), names, versions=_texts(facts, "software_version"))
        for _, facts in sorted(found.items())
        if (names := _texts(facts, "software_name"))
    ]
