from tests.twins.devices.enip import EnipTwin, unit


class EnetEmpty(EnipTwin):
    """Rack that lists nobody."""

    host = 64
    limit = "none; ListIdentity is answered with an empty list"
    source = "claroty/enip-stack-detector issue 3 (1756-A7)"
    device = {
        "vendor_id": 1,
        "device_type": 14,
        "product_code": 94,
        "revision": [20, 55],
        "serial": "00A1B264",
        "product_name": "1756-L63/B LOGIX5563",
    }
    truth = {"manufacturer": "Rockwell", "model": "1756-L63/B LOGIX5563", "serial_number": "00A1B264"}

    def listed(self, frame: bytes) -> bytes:
        return unit(frame, b"\0\0")
