from assetctl.demo import ber, snmp
from assetctl.protocols.snmp import objects as o
from tests.twins.devices.snmp import SnmpTwin

MOST_QUESTIONS = 120
_FIRST, _LAST = (*o.IF_DESCR, 1), (*o.IF_DESCR, 3)


class _Circling(snmp.Agent):
    """Its interface descriptions have no end: behind the last one stands the first."""

    def _next(self, name: ber.Oid) -> tuple[ber.Oid, bytes]:
        return (_FIRST, self.objects[_FIRST]) if name == _LAST else super()._next(name)


class OutOfOrder(SnmpTwin):
    """Agent whose objects do not stand in order."""

    host = 57
    limit = f"a walk that goes round in circles for {MOST_QUESTIONS} questions"
    source = "prometheus/snmp_exporter and net-snmp: OID not increasing"
    agent = {
        "description": "HP ProCurve 1820-8G Switch J9979A",
        "object_id": "1.3.6.1.4.1.11.2.3.7.11.168",
        "name": "SW-OLD-2",
        "location": "store",
        "services": 2,
        "interface": [{"description": f"Port {n}", "type": 6, "mac": f"00:1F:FE:00:00:5{n}"} for n in (1, 2, 3)],
    }
    truth = {"hostname": "SW-OLD-2", "physical_location_address": "store"}

    def __init__(self) -> None:
        super().__init__()
        self.questions = 0

    def asked(self, kind: int, names: int, repetitions: int, now_s: float) -> bool:
        self.questions += 1
        if self.questions > MOST_QUESTIONS:
            self.harm(f"{self.questions} questions: its processor is taken by a walk without end")
        return True

    def respond(self, pdu: bytes) -> bytes:
        return _Circling(self.objects).answer(pdu)
