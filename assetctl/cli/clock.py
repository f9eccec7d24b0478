"""The clocks, read here and nowhere below.

ASSETCTL_NOW takes the time of all that is judged and written to be another one, for outputs that are to be equal to the
byte. It has a name of its own and is warned of: SOURCE_DATE_EPOCH, which build systems set for everything they start,
only dates what is written. It must not make old evidence fresh, or let what has expired count.
"""

import os
from datetime import UTC, datetime

from assetctl.errors import InputError

FIXED = "ASSETCTL_NOW"


def clock() -> datetime:
    """The machine's time. What is allowed and sent goes by it alone."""
    return datetime.now(UTC)


def now() -> datetime:
    """The time by which is judged: the machine's, or what ASSETCTL_NOW fixes. Raises InputError."""
    return fixed() or clock()


def dated() -> datetime:
    """The time that an output says it was written at: SOURCE_DATE_EPOCH, seconds since 1970, else `now`."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() and len(epoch) < 12 else now()


def fixed() -> datetime | None:
    """What ASSETCTL_NOW says, a time of ISO 8601 with its zone. Raises InputError for anything else."""
    written = os.environ.get(FIXED, "")
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(f"{FIXED}: a time such as 2026-03-01T12:00:00Z is expected, {written[:40]!r} was found")
    return moment.astimezone(UTC)
