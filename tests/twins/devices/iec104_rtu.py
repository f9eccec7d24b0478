from assetctl.protocols.iec104.codec import FRAMING
from tests.twins.devices.snmp import SnmpTwin
from tests.twins.twin import Answers

PORT = 2404
_STARTDT, _TESTFR = 0x07, 0x43


class Iec104Rtu(SnmpTwin):
    """Station whose data go to whoever said STARTDT last."""

    host = 62
    limit = "STARTDT, or any command"
    source = "ProSoft ProLinx 104S manual, 3.8: events go to the client of the last STARTDT"
    tcp = {PORT: FRAMING}
    agent = {
        "description": "RTU560 CMU, ABB",
        "object_id": "1.3.6.1.4.1.17268.1",
        "name": "RTU-SUB7",
        "location": "substation 7",
    }
    truth = {"hostname": "RTU-SUB7", "physical_location_address": "substation 7"}

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        if port != PORT:
            return await super().answer(port, frame, now_s)
        if frame[:1] != b"\x68" or len(frame) < 6:
            return ()
        control = frame[2]
        if control == _TESTFR:
            return (b"\x68\x04\x83\0\0\0",)
        if control == _STARTDT or not control & 1:
            self.harm("STARTDT took the data from the control centre" if control & 1 else "a command from a stranger")
        return ()
