"""The state of this machine's clock, since every time in the evidence rests on it. The kernel is asked, nothing set."""

import ctypes
import struct
import sys

CLOCK = "clock "  # how a scan's note about the clock begins
TIMEX_BYTES = 208
MODES_READ_ONLY = 0
TIME_ERROR = 5  # what adjtimex returns for a clock that is not synchronised
MAXERROR_OFFSET = 24  # microseconds, a C long


def state() -> str:
    """Whether the clock is synchronised, in words; "not known" where the system does not tell."""
    if sys.platform != "linux" or struct.calcsize("l") != 8:
        return "not known on this system"
    timex = ctypes.create_string_buffer(MODES_READ_ONLY.to_bytes(4, sys.byteorder), TIMEX_BYTES)
    answer = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    if answer < 0:
        return "not known: the kernel does not tell"
    if answer == TIME_ERROR:
        return "not synchronised"
    (most_us,) = struct.unpack_from("l", timex, MAXERROR_OFFSET)
    return f"synchronised, at most {most_us / 1000:.0f} ms off"
