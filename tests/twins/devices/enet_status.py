from tests.twins.devices.enip import EnipTwin, unit


class EnetStatus(EnipTwin):
    """Ethernet module that refuses ListIdentity."""

    host = 63
    limit = "none; ListIdentity is answered with status 1"
    source = "ottowayi/pycomm3 issue 294 (1756-ENET)"
    device = {
        "vendor_id": 1,
        "device_type": 12,
        "product_code": 3,
        "revision": [4, 3],
        "serial": "001A2B63",
        "product_name": "1756-ENET/A",
    }
    truth = {"manufacturer": "Rockwell", "model": "1756-ENET/A", "serial_number": "001A2B63"}

    def listed(self, frame: bytes) -> bytes:
        return unit(frame, b"", status=1)
