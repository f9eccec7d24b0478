"""May this IEC 60870-5-104 unit leave? Only TESTFR act may: no STARTDT, no STOPDT, no data.

Written without the codec, on purpose.
"""

from assetctl.errors import Refusal


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    if unit != b"\x68\x04\x43\x00\x00\x00":
        raise Refusal("iec104: only TESTFR act (68 04 43 00 00 00) is on the list")
    return "test-frame"
