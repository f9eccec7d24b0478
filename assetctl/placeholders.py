"""Words that stand for "nothing is known" in whatever a device, a tool or a file says."""

import re

_NOTHING = frozenset(
    {"n/a", "na", "n.a.", "none", "null", "nil", "(null)", "unknown", "(unknown)", "-", "unavailable", "<private>"}
    | {"(none)", "<none>", "undefined", "unspecified", "default string", "0", "x.x", "empty", "no serial number"}
    | {"unassigned", "invalid", "no serial", "no asset tag", "tbd", "base board serial number"}
    | {"0123456789", "123456789", "1234567890"}  # as boards come from the maker
    | {"to be filled by o.e.m.", "to be filled by oem", "system serial number", "system product name"}
    | {"sysname not set", "syscontact not set", "syslocation not set"}  # SCALANCE as delivered
    | {"system manufacturer", "system version", "serial number", "model name", "chassis serial number"}
)
_SAYS = re.compile(r"[^\W_]")  # a letter or a digit
_ONE_SIGN = re.compile(r"([0x*.?#-])\1+|f{8,}", re.I)  # 0000000000, XXXXXXXX, ......, and flash that was erased
_NOT = re.compile(
    r"(?:serial number )?not[ _-](?:set|specified|provided|available|applicable|support(?:ed)?|defined|present"
    r"|programmed|assigned|installed|configured|known)"
)


def is_placeholder(text: str) -> bool:
    """Whether a text says nothing: one of these words, one sign again and again, or no letter and no digit at all."""
    folded = text.casefold().strip()
    if folded in _NOTHING or _SAYS.search(folded) is None:
        return True
    return _ONE_SIGN.fullmatch(folded) is not None or _NOT.fullmatch(folded) is not None
