"""docs/facts.md: the fact vocabulary, with who can tell a fact and which checks read it."""

from collections.abc import Iterator

from assetctl.facts import FactKey, vocabulary
from assetctl.model import SubjectKind
from assetctl.policy.load import checks_folder, load_checks
from assetctl.protocols import registry
from tools.docs.markup import code, codes, head, table


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    keys = vocabulary()
    yield from head(
        "Facts",
        f"The vocabulary: {len(keys)} keys by what they are about. Every probe, import and declaration uses these and "
        "no others. Names follow the attributes of the CISA asset inventory guidance for OT (August 2025) where it has "
        "one, with its priority; else the spelling of the protocol.",
        "*Told by* names the protocols whose probes may claim a key; imports, fingerprints and declared lists can fill "
        "others. Keys marked *changes by itself* are left out of golden files.",
    )
    told = {key: sorted(p.name for p in registry().values() if key in p.claims) for key in keys}
    checks = load_checks([checks_folder()])
    read = {key: sorted(one.id for one in checks if key in one.keys) for key in keys}
    for kind in SubjectKind:
        rows = [_row(key, told[key.name], read[key.name]) for key in keys.values() if key.kind is kind]
        yield from (f"## {kind}", "")
        yield from table(("key", "type", "meaning", "CISA", "told by", "read by"), rows)


def _row(key: FactKey, told: list[str], read: list[str]) -> tuple[str, ...]:
    unit = f" ({key.unit})" if key.unit else ""
    meaning = key.meaning + ("; changes by itself" if key.volatile else "")
    return code(key.name), f"{key.type}{unit}", meaning, key.cisa, ", ".join(told), codes(read).replace("`", "")
