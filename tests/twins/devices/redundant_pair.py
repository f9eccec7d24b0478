from typing import ClassVar

from assetctl.protocols.modbus.codec import FRAMING
from tests.twins.devices.modbus import PORT, ModbusTwin
from tests.twins.twin import Answers

APART_S = 2.0


class RedundantPrimary(ModbusTwin):
    """Primary of a redundant pair: a switch-over begins when both members are busy at once."""

    host = 68
    limit = f"both members asked within {APART_S:.0f} s"
    source = "the rule of docs/safety.md: members of a redundancy group are asked one after another"
    tcp = {PORT: FRAMING}
    objects = {0: b"Schneider Electric", 1: b"BMEH582040", 2: b"v3.20"}
    truth = {"manufacturer": "Schneider Electric", "order_code": "BMEH582040", "firmware_software_version": "v3.20"}
    named = '[[redundant]]\naddresses = ["198.18.77.68", "198.18.77.69"]\n'
    pair: ClassVar[str] = "primary"
    asked: ClassVar[dict[str, float]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.asked.clear()

    def opened(self, port: int, now_s: float) -> None:
        self._busy(now_s)

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        self._busy(now_s)
        return await super().answer(port, frame, now_s)

    def _busy(self, now_s: float) -> None:
        self.asked[self.pair] = now_s
        other = max((at for name, at in self.asked.items() if name != self.pair), default=-APART_S)
        if now_s - other < APART_S:
            self.harm(f"asked {now_s - other:.1f} s after its partner")


class RedundantStandby(RedundantPrimary):
    """Standby of the redundant pair."""

    host = 69
    pair = "standby"
