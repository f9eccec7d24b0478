"""The clocks, read here and nowhere below."""

import os
from datetime import UTC, datetime


def clock() -> datetime:
    """The machine's time. What is allowed and sent goes by it alone."""
    return datetime.now(UTC)


def now() -> datetime:
    """The time by which is judged and written: the machine's, or what SOURCE_DATE_EPOCH fixes, seconds since 1970."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(fixed), UTC) if fixed.isdecimal() and len(fixed) < 12 else clock()
