import asyncio

from tests.twins.devices.modbus import GATEWAY_TARGET, ModbusTwin, refused
from tests.twins.twin import Answers

TIMEOUT_S, MOST_BLOCKED_S = 1.0, 3.0
UNITS = {
    11: {0: b"ABB", 1: b"ACS580-01", 2: b"2.09.0.1"},
    12: {0: b"Danfoss", 1: b"FC-302", 2: b"7.62"},
}


class SerialGateway(ModbusTwin):
    """Serial gateway whose bus waits for every absent unit."""

    host = 51
    limit = f"each absent unit blocks the bus for {TIMEOUT_S:.0f} s; its master bears {MOST_BLOCKED_S:.0f} s of it"
    source = "Moxa NPort manual: exceptions of the gateway after the serial time-out"
    truth = {"order_code": "ACS580-01", "manufacturer": "Danfoss", "firmware_software_version": "2.09.0.1"}
    named = '[modbus]\nunits = { "198.18.77.51" = [11, 12] }\n'

    def __init__(self) -> None:
        super().__init__()
        self.blocked_s = 0.0
        self.bus = asyncio.Lock()

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        async with self.bus:
            if frame[6] in UNITS:
                return self.said(frame, UNITS[frame[6]])
            self.blocked_s += TIMEOUT_S
            if self.blocked_s > MOST_BLOCKED_S:
                self.harm(f"the bus was blocked for {self.blocked_s:.0f} s; its master gave up")
            await asyncio.sleep(TIMEOUT_S)
            return (refused(frame, GATEWAY_TARGET),)
