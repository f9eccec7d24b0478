"""Days as people give them on a command line."""

from datetime import date, timedelta

from assetctl.cli.clock import now
from assetctl.errors import InputError


def day(written: str) -> date:
    """A day, or a number of days from today such as 180d. Raises InputError for anything else."""
    if written.endswith("d") and written[:-1].isdecimal() and len(written) < 7:
        return now().date() + timedelta(days=int(written[:-1]))
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InputError(f"{written}: a day such as 2027-03-01, or a number of days such as 180d is expected") from None
