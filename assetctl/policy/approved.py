"""What an expression may name of one entry of a golden inventory, as it was compared with the plant."""

from collections.abc import Callable, Mapping

from assetctl.model import Value
from assetctl.policy.context import Context, RecordName
from assetctl.policy.plant import Approved
from assetctl.policy.values import Operand, Reason, Unknown

THERE, MISSING, NEW, UNSEEN = "there", "missing", "new", "not observed"
PRESENCES = (THERE, MISSING, NEW, UNSEEN)


def _of(function: Callable[[Approved], Value | Unknown]) -> Callable[[Context, object, str], Operand]:
    def read(c: Context, _: object, __: str) -> Operand:
        return function(c.approved) if c.approved else Unknown(Reason.NOT_DECLARED, "golden inventory")

    return read


def _present(entry: Approved) -> bool | Unknown:
    return _unseen(entry) if entry.presence == UNSEEN else entry.presence != MISSING


def _unchanged(entry: Approved) -> bool | Unknown:
    """No as soon as one field differs; yes when every field of the entry was seen and none does."""
    if entry.changed:
        return False
    return _unseen(entry) if entry.presence != THERE or entry.unseen else True


def _opened(entry: Approved) -> tuple[str, ...] | Unknown:
    """The ports that are open without approval; open while some were not asked and none is."""
    if entry.opened:
        return entry.opened
    return _unseen(entry) if entry.presence != THERE or entry.unasked else ()


def _modules_unchanged(entry: Approved) -> bool | Unknown:
    if entry.modules_changed:
        return False
    return _unseen(entry) if entry.presence != THERE or entry.modules_unseen else True


def _unseen(entry: Approved) -> Unknown:
    return Unknown(Reason.NOT_COVERED, entry.id)


APPROVED: Mapping[str, RecordName] = {
    "id": RecordName("text", _of(lambda e: e.id), "position, or asset, of the entry"),
    "zone": RecordName("text", _of(lambda e: e.zone), "zone of the golden inventory"),
    "is_part": RecordName("flag", _of(lambda e: bool(e.parent)), "it is a part of another entry"),
    "has_modules": RecordName("flag", _of(lambda e: e.has_modules), "modules of it are approved, or were seen"),
    "is_new": RecordName("flag", _of(lambda e: e.presence == NEW), "a device that no entry names"),
    "present": RecordName("flag", _of(_present), "the device was seen, or looked for and is gone", closed=False),
    "unchanged": RecordName("flag", _of(_unchanged), "no approved field differs", closed=False),
    "changed": RecordName("texts", _of(lambda e: e.changed), "the fields that differ"),
    "opened": RecordName("texts", _of(_opened), "ports open without approval", closed=False),
    "modules_unchanged": RecordName("flag", _of(_modules_unchanged), "its modules are the approved ones", closed=False),
    "modules_changed": RecordName("texts", _of(lambda e: e.modules_changed), "modules that differ"),
}
