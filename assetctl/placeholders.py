"""Words that stand for "nothing is known" in whatever a device, a tool or a file says."""

import re

_NOTHING = frozenset(
    {"n/a", "na", "none", "null", "nil", "unknown", "not specified", "not available", "not applicable", "not set", "-"}
    | {"(none)", "<none>", "undefined", "unspecified", "default string", "0", "x.x", "empty", "no serial number"}
    | {"not programmed", "not present", "not assigned", "unassigned", "invalid", "not installed", "no serial", "tbd"}
    | {"0123456789", "123456789", "1234567890"}  # as boards come from the maker
    | {"to be filled by o.e.m.", "to be filled by oem", "system serial number", "system product name"}
    | {"sysname not set", "syscontact not set", "syslocation not set"}  # SCALANCE as delivered
    | {"system manufacturer", "system version", "serial number", "model name", "chassis serial number"}
)
_SAYS = re.compile(r"[^\W_]")  # a letter or a digit
_ONE_SIGN = re.compile(r"([0x*.?#-])\1+", re.I)  # 0000000000, XXXXXXXX, ......


def is_placeholder(text: str) -> bool:
    """Whether a text says nothing: one of these words, one sign again and again, or no letter and no digit at all."""
    folded = text.casefold().strip()
    return folded in _NOTHING or _ONE_SIGN.fullmatch(folded) is not None or _SAYS.search(folded) is None
