"""The levels of redaction, for themselves: every command names them, and the nouns take long to load."""

from enum import StrEnum


class RedactionLevel(StrEnum):
    """What is taken out of an output, see `report.redaction`."""

    INTERNAL = "internal"
    AUDITOR = "auditor"
    SHARE = "share"
