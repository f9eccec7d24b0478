"""A BACnet/IP device object (ASHRAE 135, clauses 12.11, 15.5, 15.7) whose answers can be spoiled or rerouted."""

from collections.abc import Mapping
from typing import Any, ClassVar

from assetctl.demo import bacnet
from tests.twins.twin import Answers, Twin

PORT = 47808


class BacnetTwin(Twin):
    """A device. device: in the words of the demo plant."""

    udp = (PORT,)
    device: ClassVar[Mapping[str, Any]]

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        said = bacnet.from_table(self.device)(frame)
        return tuple(map(self.sent, said.answers)) if said else ()

    def sent(self, answer: bytes) -> bytes:
        """An answer as it leaves the device."""
        return answer


def read_property(frame: bytes) -> int | None:
    """The property that a ReadProperty of one device object names, None for any other question."""
    return int.from_bytes(frame[16:]) if frame[6:7] == b"\0" and frame[9:10] == b"\x0c" else None
