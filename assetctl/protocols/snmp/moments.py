"""DateAndTime of RFC 2579: eight octets, or eleven with the difference from UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

PLAIN, ZONED = 8, 11  # octets

_WRITTEN_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2}),([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.[0-9])?")


def moment(raw: bytes) -> str:
    """A DateAndTime in ISO 8601; "" for zeros and for what is no moment. Some agents write it out."""
    try:
        if len(raw) in (PLAIN, ZONED):
            return _binary_moment(raw)
        found = _WRITTEN_DATE.fullmatch(raw.decode("ascii"))
        return _moment([int(part) for part in found.groups()], None) if found else ""
    except ValueError:
        return ""


def _binary_moment(raw: bytes) -> str:
    zone: tzinfo | None = None
    if len(raw) == ZONED:
        sign = {ord("+"): 1, ord("-"): -1}.get(raw[8], 0)
        zone = timezone(sign * timedelta(hours=raw[9], minutes=raw[10])) if sign else UTC
    return _moment([int.from_bytes(raw[:2]), *raw[2:7]], zone)


def _moment(parts: list[int], zone: tzinfo | None) -> str:
    """Raises ValueError for what is no moment. Without a zone it is the device's own time."""
    year, month, day, hour, minute, second = parts
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).isoformat()
