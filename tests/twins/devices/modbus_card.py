from tests.twins.devices.modbus import ModbusTwin

SLOTS = 4


class ModbusCard(ModbusTwin):
    """Communication card with 4 connections that leaks unused ones.

    Its task sees the end of a connection only when it has read a question from it before; a connection that was closed
    or reset before any question keeps its slot until the card is unplugged.
    """

    host = 50
    limit = f"{SLOTS} connections; one that ends without a question is never freed"
    source = "angryip/ipscan issue 467: 288 cards unplugged by hand after port checks"
    objects = {0: b"Carlo Gavazzi", 1: b"UWP-3", 2: b"V6.5.3"}
    truth = {"manufacturer": "Carlo Gavazzi", "order_code": "UWP-3", "firmware_software_version": "V6.5.3"}

    def __init__(self) -> None:
        super().__init__()
        self.held = self.leaked = 0

    def opened(self, port: int, now_s: float) -> None:
        self.held += 1
        if self.held > SLOTS:
            self.harm(f"no connection is left: {self.leaked} of {SLOTS} leaked")

    def closed(self, port: int, units: int, now_s: float) -> None:
        if units:
            self.held -= 1
        else:
            self.leaked += 1
