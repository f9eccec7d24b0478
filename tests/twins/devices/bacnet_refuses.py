from tests.twins.devices.bacnet import BacnetTwin, read_property
from tests.twins.twin import Answers

_LOCATION = 58


class BacnetRefuses(BacnetTwin):
    """Controller that rejects a service and aborts at one property."""

    host = 67
    limit = "none; ReadPropertyMultiple is rejected, the location aborted"
    source = "ASHRAE 135, 20.1: Reject and Abort; nmap's script loses all fields at one of them"
    device = {
        "instance": 2101,
        "object_name": "AHU-7",
        "vendor_name": "Distech Controls",
        "vendor_id": 364,
        "model": "ECB-203",
        "firmware": "6.5.16",
        "protocol_version": 1,
        "protocol_revision": 7,
        "single": True,
    }
    truth = {"manufacturer": "Distech Controls", "model": "ECB-203", "firmware_software_version": "6.5.16"}

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        if read_property(frame) == _LOCATION:
            return (b"\x81\x0a\x00\x09\x01\x00\x71" + frame[8:9] + b"\x00",)
        return await super().answer(port, frame, now_s)
