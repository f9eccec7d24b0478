from tests.twins.devices.snmp import SnmpTwin

AFTER, BOOT_S, MOST_WHILE_BOOTING = 3, 6.0, 3


class Reboots(SnmpTwin):
    """Device that restarts in the middle of a scan."""

    host = 58
    limit = f"starts anew after {AFTER} questions; more than {MOST_WHILE_BOOTING} while it starts end its boot"
    source = "librenms/librenms issue 14889: restarts under polling"
    agent = {
        "description": "EDS-408A",
        "object_id": "1.3.6.1.4.1.8691.7.6",
        "name": "EDS-408A-7",
        "location": "hall 3",
        "services": 2,
        "entity": [{"description": "EDS-408A", "contained_in": 0, "class": 3, "serial": "00408", "model": "EDS-408A"}],
        "interface": [{"description": f"port {n}", "type": 6, "mac": f"00:90:E8:00:00:5{n}"} for n in (1, 2)],
    }
    truth = {"hostname": "EDS-408A-7", "physical_location_address": "hall 3"}

    def __init__(self) -> None:
        super().__init__()
        self.questions = self.while_booting = 0
        self.started_s = -1e6

    def uptime_ticks(self, now_s: float) -> int:
        return int((now_s - self.started_s) * 100) if self.questions >= AFTER else super().uptime_ticks(now_s)

    def asked(self, kind: int, names: int, repetitions: int, now_s: float) -> bool:
        self.questions += 1
        if self.questions == AFTER:
            self.started_s = now_s
        if now_s - self.started_s >= BOOT_S:
            return True
        self.while_booting += 1
        if self.while_booting > MOST_WHILE_BOOTING:
            self.harm(f"{self.while_booting} questions while it was starting")
        return False
