"""Read device identification over Modbus/TCP, one chunk after another (Modbus Application Protocol V1.1b3, 6.21)."""

from collections.abc import Mapping
from typing import ClassVar

from assetctl.protocols.modbus.codec import FRAMING
from tests.twins.twin import Answers, Twin

PORT = 502
ILLEGAL_FUNCTION, GATEWAY_TARGET = 1, 0x0B


class ModbusTwin(Twin):
    """A device with identification objects. at_once: how many of them fit into one answer."""

    tcp = {PORT: FRAMING}
    objects: ClassVar[Mapping[int, bytes]]
    conformity: ClassVar[int] = 0x81
    at_once: ClassVar[int] = 3

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        return self.said(frame, self.objects)

    def said(self, frame: bytes, objects: Mapping[int, bytes]) -> Answers:
        """The answer from these objects; any other function is refused."""
        if frame[2:4] != b"\0\0":
            return ()
        if frame[7:9] != b"\x2b\x0e" or len(frame) != 11:
            return (refused(frame, ILLEGAL_FUNCTION),)
        most = {1: 2, 2: 6}.get(frame[9], 255)
        numbers = [number for number in sorted(objects) if frame[10] <= number <= most]
        now, later = numbers[: self.at_once], numbers[self.at_once :]
        head = (0x2B, 0x0E, frame[9], self.conformity, 0xFF if later else 0, later[0] if later else 0, len(now))
        return (framed(frame, bytes(head) + b"".join(bytes((n, len(objects[n]))) + objects[n] for n in now)),)


def refused(frame: bytes, exception: int) -> bytes:
    return framed(frame, bytes((frame[7] | 0x80, exception)))


def framed(frame: bytes, pdu: bytes) -> bytes:
    return frame[:4] + (len(pdu) + 1).to_bytes(2) + frame[6:7] + pdu
