from tests.twins.devices.snmp import SnmpTwin

MOST = 14


class DiesAtFifteen(SnmpTwin):
    """Switch that restarts when one question names 15 objects."""

    host = 55
    limit = f"{MOST} objects in a question"
    source = "librenms/librenms issue 14889"
    agent = {
        "description": "TP-Link JetStream 28-Port Gigabit Smart Switch T1500G",
        "object_id": "1.3.6.1.4.1.11863.5.38",
        "name": "SW-CELL-4",
        "location": "cell 4",
        "services": 2,
        "entity": [
            {
                "description": "T1500G-10MPS",
                "contained_in": 0,
                "class": 3,
                "serial": "2169871000012",
                "model": "T1500G-10MPS",
            }
        ],
        "interface": [{"description": "gigabitEthernet 1/0/1", "type": 6, "mac": "50:C7:BF:00:00:55", "name": "1/0/1"}],
    }
    truth = {"hostname": "SW-CELL-4", "serial_number": "2169871000012", "model": "T1500G-10MPS"}

    def asked(self, kind: int, names: int, repetitions: int, now_s: float) -> bool:
        if names > MOST:
            self.harm(f"{names} objects in a question")
        return True
