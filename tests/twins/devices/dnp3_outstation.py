from assetctl.protocols.dnp3.codec import FRAMING
from tests.twins.devices.snmp import SnmpTwin

PORT = 20000


class Dnp3Outstation(SnmpTwin):
    """Outstation whose master is displaced by a bare connect."""

    host = 61
    limit = "any new connection ends the master's"
    source = "IEEE 1815, clause 13 (TCP): outstations that keep one connection and let the newest have it"
    tcp = {PORT: FRAMING}
    agent = {
        "description": "SEL-3530 RTAC",
        "object_id": "1.3.6.1.4.1.31823.1.3530",
        "name": "RTAC-SUB4",
        "location": "substation 4",
    }
    truth = {"hostname": "RTAC-SUB4", "physical_location_address": "substation 4"}

    def opened(self, port: int, now_s: float) -> None:
        self.harm("the master was displaced by a connection")
