"""Controller data read over FINS/UDP (Omron W342, 5-3-15)."""

from typing import ClassVar

from tests.twins.twin import Answers, Twin

PORT = 9600


class FinsTwin(Twin):
    """A controller. data: what it says of itself, behind the end code."""

    udp = (PORT,)
    data: ClassVar[bytes]
    named = '[parameters.fins]\nsource_node = "250"\n'
    declared = ("manufacturer=Omron",)

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        if len(frame) < 12 or frame[0] not in (0x80, 0x81) or frame[1] or frame[2] > 7:
            return ()
        self.heard(frame[7])
        head = b"\xc0\0\x02" + frame[6:9] + frame[3:6] + frame[9:12]
        return (head + (b"\0\0" + self.data if frame[10:12] == b"\x05\x01" else b"\x04\x01"),)

    def heard(self, source_node: int) -> None:
        """Take note of the node that a request comes from."""
