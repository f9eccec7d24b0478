from tests.twins.devices.bacnet import BacnetTwin

_ROUTE = b"\x01\x08" + b"\x00\x0c" + b"\x01\x07"  # version, source given; network 12, one byte of address: 7


class BacnetRouted(BacnetTwin):
    """Gateway whose answers carry a network of its own."""

    host = 71
    limit = "none; whoever reads at fixed offsets prints wrong values"
    source = "ASHRAE 135, 6.2.2 and H.4 (virtual networks)"
    device = {
        "instance": 1234,
        "object_name": "GW-3",
        "vendor_name": "Loytec",
        "vendor_id": 178,
        "model": "LGATE-902",
        "firmware": "7.0.4",
        "protocol_version": 1,
        "protocol_revision": 14,
    }

    def sent(self, answer: bytes) -> bytes:
        rest = _ROUTE + answer[6:]
        return b"\x81\x0a" + (len(rest) + 4).to_bytes(2) + rest
