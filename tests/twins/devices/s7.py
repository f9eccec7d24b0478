"""System status lists over S7 (Siemens, System Software for S7-300/400, status lists 0x0011 and 0x001C)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from assetctl.demo import s7
from assetctl.protocols.s7.codec import FRAMING
from tests.twins.twin import Answers, Twin

PORT = 102
_READ_SIZE = 33


class S7Twin(Twin):
    """A CPU. cpu: in the words of the demo plant. lists: contents that stand in the place of its own."""

    tcp = {PORT: FRAMING}
    cpu: ClassVar[Mapping[str, Any]]
    lists: ClassVar[Mapping[int, bytes]] = {}

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        if len(frame) == _READ_SIZE and frame[8] == 7:
            szl = int.from_bytes(frame[29:31])
            if szl in self.lists:
                return (listed(frame, self.lists[szl]),)
            frame = frame[:31] + b"\0\0"  # the whole list, whichever index an asker names
        said = s7.from_table(self.cpu)(frame)
        return said.answers if said else ()


def listed(frame: bytes, content: bytes) -> bytes:
    """An answer with this data, which may be none at all."""
    parameters = b"\x00\x01\x12\x08\x12\x84\x01\x01\x00\x00\x00\x00"
    data = b"\xff\x09" + len(content).to_bytes(2) + content
    lengths = len(parameters).to_bytes(2) + len(data).to_bytes(2)
    pdu = b"\x02\xf0\x80\x32\x07\0\0" + frame[11:13] + lengths + parameters + data
    return b"\x03\x00" + (len(pdu) + 4).to_bytes(2) + pdu
