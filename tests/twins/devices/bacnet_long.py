from tests.twins.devices.bacnet import BacnetTwin

_LONG = "air handling unit of the paint shop, " * 12


class BacnetLong(BacnetTwin):
    """Controller with a very long description."""

    host = 72
    limit = "none; a text of more than 253 bytes has its length in two more"
    source = "ASHRAE 135, 20.2.1.3.1: extended lengths"
    device = {
        "instance": 3301,
        "object_name": "PAINT-AHU",
        "vendor_name": "Delta Controls",
        "vendor_id": 8,
        "model": "DSC-1280",
        "firmware": "3.40",
        "description": _LONG,
        "protocol_version": 1,
        "protocol_revision": 10,
    }
    truth = {"manufacturer": "Delta Controls", "model": "DSC-1280", "firmware_software_version": "3.40"}
