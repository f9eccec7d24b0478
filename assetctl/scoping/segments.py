"""The Ethernet segments of a run. The declaration of one is the consent, so there is no other way to name it."""

from collections.abc import Sequence

from assetctl import entries, text
from assetctl.errors import InputError
from assetctl.model import Segment
from assetctl.scope import NamedSegment
from assetctl.scoping.flags import Flags
from assetctl.scoping.profiles import tightened
from assetctl.settings import Settings

LINK = "link:"  # before the name or the interface of a segment on the command line


def segments_of(settings: Settings, flags: Flags, realms: set[str]) -> tuple[NamedSegment, ...]:
    """The segments of a run: those the command line names; without targets there, all of the realms that are asked."""
    declared = [one for one in settings.segments if flags.realm in ("", one.realm)]
    if not flags.targets:
        chosen = [one for one in declared if not realms or one.realm in realms]
    else:
        named = (one.removeprefix(LINK) for one in flags.targets if one.startswith(LINK))
        found = (_segment(declared, name) for name in named)
        chosen = list({(one.realm, one.interface): one for one in found}.values())
    return tuple(
        NamedSegment(
            Segment(one.realm, one.interface),
            one.by,
            one.reason,
            tightened(one.kind, flags.profile),
            one.name,
            one.site,
        )
        for one in chosen
    )


def _segment(declared: Sequence[entries.Segment], name: str) -> entries.Segment:
    """The declared segment of a name or interface; its declaration is the consent, so there is no other way."""
    found = [one for one in declared if name in (one.name, one.interface)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{LINK}{name}: several realms have it; choose one with --realm")
    known = tuple(one.name or one.interface for one in declared)
    hint = text.near(name, known) or (f"; declared are {', '.join(known)}" if known else "")
    raise InputError(f"{LINK}{text.one_line(name)}: no [[segments]] entry in the settings allows it{hint}")
