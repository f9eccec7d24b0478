"""EtherNet/IP: ListIdentity in its odd forms, and the Identity object in a session (CIP volume 2, 2-4)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from assetctl.demo import enip
from assetctl.protocols.enip.codec import FRAMING
from tests.twins.twin import Answers, Twin

PORT = 44818


class EnipTwin(Twin):
    """A device with an Identity object. device: in the words of the demo plant."""

    tcp = {PORT: FRAMING}
    udp = (PORT,)
    device: ClassVar[Mapping[str, Any]]

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        if int.from_bytes(frame[:2], "little") == enip.LIST_IDENTITY:
            return (self.listed(frame),)
        return self.usual(frame)

    def listed(self, frame: bytes) -> bytes:
        """The answer to ListIdentity."""
        return self.usual(frame)[0]

    def usual(self, frame: bytes) -> Answers:
        said = enip.from_table(self.device)(frame)
        return said.answers if said else ()


def unit(frame: bytes, body: bytes, *, status: int = 0) -> bytes:
    return (
        frame[:2]
        + len(body).to_bytes(2, "little")
        + bytes(4)
        + status.to_bytes(4, "little")
        + frame[12:20]
        + bytes(4)
        + body
    )
