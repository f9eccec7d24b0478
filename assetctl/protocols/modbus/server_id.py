"""What an answer to function 17 says: raw text for all devices, named fields for the forms whose layout is published.

The standard leaves the content to the device: id, run indicator and data are as long as it likes, so nothing in it can
be called a model or a serial number unless the maker says where it stands.
Source: Modbus Application Protocol V1.1b3, 6.13; Siemens SFIDK.PS.023.D2 (MAGFLO and MASSFLO), appendix C.
"""

import re
from collections.abc import Iterator

from assetctl.errors import WireError
from assetctl.model import Claim
from assetctl.wire import Reader, decode_text

_TEXT = re.compile(rb"[\x20-\x7e]{3,}")
_FLOWMETER = 0x2A


def claims(data: bytes, *, part: str) -> Iterator[Claim]:
    """Everything that can be said for sure."""
    if not data:
        return
    texts = [text for found in _TEXT.findall(data) if (text := found.decode("ascii").strip())]
    yield Claim("modbus_server_id", " ".join(texts) or f"0x{data.hex()}", part=part)
    if data[0] == _FLOWMETER:
        try:
            yield from _flowmeter(Reader(data), part)
        except WireError:
            return


def _flowmeter(r: Reader, part: str) -> Iterator[Claim]:
    """MAG 6000 and MASS 6000, as far as table and example of their manual agree on the layout."""
    r.take(3, "server id, run indicator and product code")
    code = _text(r.take(9, "transmitter code number"))
    r.take(3, "capability bits")
    if _text(r.take(12, "manufacturer name")) != "Siemens":
        return
    model = _text(r.take(12, "product name"))
    yield Claim("manufacturer", "Siemens", part=part)
    for key, value in (("order_code", code), ("model", model)):
        if value:
            yield Claim(key, value, part=part)


def _text(raw: bytes) -> str:
    return decode_text(raw.split(b"\0", 1)[0])
