from tests.twins.devices.enip import EnipTwin
from tests.twins.twin import Answers

MOST_PER_S = 5


class Drive(EnipTwin):
    """Drive that faults above a request rate."""

    host = 66
    limit = f"{MOST_PER_S} connections and questions in a second"
    source = "ICSA-24-086-02 (PowerFlex 527)"
    device = {
        "vendor_id": 1,
        "device_type": 142,
        "product_code": 22,
        "revision": [2, 1],
        "serial": "00D21E66",
        "product_name": "PowerFlex 527",
    }
    truth = {"manufacturer": "Rockwell", "model": "PowerFlex 527", "serial_number": "00D21E66"}

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []

    def opened(self, port: int, now_s: float) -> None:
        self._count(now_s)

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        self._count(now_s)
        return await super().answer(port, frame, now_s)

    def _count(self, now_s: float) -> None:
        self.moments = [at for at in self.moments if now_s - at < 1.0] + [now_s]
        if len(self.moments) > MOST_PER_S:
            self.harm(f"{len(self.moments)} connections and questions in a second")
