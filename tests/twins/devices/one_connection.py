from tests.twins.devices.s7 import S7Twin
from tests.twins.twin import Answers

MOST_IDLE_S = 4.0


class OneConnection(S7Twin):
    """Communications processor with one connection in all."""

    host = 53
    limit = f"one connection; its panel faults when it is held for {MOST_IDLE_S:.0f} s without a question, or by two"
    source = "Siemens CP 243-1: connections; risidata: 12 of 13 PLCs blocked (CP 443-1 IT), 2004"
    cpu = {
        "slot": 2,
        "order_code": "6GK7 343-1CX10-0XE0",
        "hardware": 3,
        "firmware": [2, 4, 0],
        "texts": {1: "PUMP HOUSE", 5: "S VPE1207331", 7: "CP 343-1 Lean"},
    }
    truth = {"order_code": "6GK7 343-1CX10-0XE0", "serial_number": "S VPE1207331", "module_type": "CP 343-1 Lean"}

    def __init__(self) -> None:
        super().__init__()
        self.held, self.since_s = 0, 0.0

    def opened(self, port: int, now_s: float) -> None:
        self.held, self.since_s = self.held + 1, now_s
        if self.held > 1:
            self.harm(f"{self.held} connections at once")

    def closed(self, port: int, units: int, now_s: float) -> None:
        self.held -= 1

    def waited(self, port: int, now_s: float) -> None:
        if now_s - self.since_s > MOST_IDLE_S:
            self.harm("its only connection was held without a question")

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        self.since_s = now_s
        return await super().answer(port, frame, now_s)
