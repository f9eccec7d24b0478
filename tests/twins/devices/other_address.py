from tests.twins.devices.snmp import SnmpTwin


class OtherAddress(SnmpTwin):
    """Router that answers from another of its addresses."""

    host = 59
    others = ("198.18.77.60",)
    limit = "none; whoever believes such an answer believes anybody's"
    source = "agents on several interfaces that answer by the one their route leads to"
    agent = {"description": "ROX II RX1500", "object_id": "1.3.6.1.4.1.15004.2.2", "name": "RX-1", "location": "yard"}

    def answering_address(self) -> str:
        return self.others[0]
