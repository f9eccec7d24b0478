from assetctl.demo import enip
from tests.twins.devices.enip import EnipTwin, unit

_CPU = {
    "vendor_id": 1,
    "device_type": 14,
    "product_code": 54,
    "revision": [16, 21],
    "serial": "00C0DE66",
    "product_name": "1756-L61/A LOGIX5561",
}


class EnetTwo(EnipTwin):
    """Module that lists itself and the controller behind it."""

    host = 65
    limit = "none; ListIdentity is answered with two items"
    source = "CIP volume 2, 2-4.3: the list has a count of items"
    device = {
        "vendor_id": 1,
        "device_type": 12,
        "product_code": 166,
        "revision": [5, 28],
        "serial": "00C0DE65",
        "product_name": "1756-EN2T/D",
    }
    truth = {"model": "1756-EN2T/D", "serial_number": "00C0DE65", "serial_number (controller)": "00C0DE66"}

    def listed(self, frame: bytes) -> bytes:
        said = enip.from_table(_CPU)(frame)
        assert said
        return unit(frame, b"\2\0" + self.usual(frame)[0][26:] + said.answers[0][26:])
