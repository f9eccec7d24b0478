from tests.twins.devices.modbus import ModbusTwin

GROWTH, MOST_S = 1.6, 5.0


class SlowUnderLoad(ModbusTwin):
    """Controller that slows down with every question."""

    network = "198.18.78"
    host = 50
    limit = f"every question makes the next answer {GROWTH} times as slow; stops beyond {MOST_S:.0f} s"
    source = "ICSA-24-284-19 (overload by repeated requests)"
    trips = True
    conformity = 0x82
    at_once = 1
    objects = {number: b"object %d" % number for number in range(7)} | {0: b"Bosch Rexroth", 1: b"L25", 2: b"14V22"}
    truth = {"manufacturer": "Bosch Rexroth"}

    def __init__(self) -> None:
        super().__init__()
        self.takes_s = 0.1

    def delay_s(self) -> float:
        took_s, self.takes_s = self.takes_s, self.takes_s * GROWTH
        if took_s > MOST_S:
            self.harm(f"asked although an answer took {took_s:.1f} s")
        return took_s
