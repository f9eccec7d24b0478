from assetctl.demo.snmp import GET_BULK
from tests.twins.devices.snmp import SnmpTwin


class HangsAtZero(SnmpTwin):
    """Access node whose agent hangs at a bulk question with 0 repetitions."""

    host = 56
    limit = "a bulk question with 0 repetitions, or with more than 25"
    source = "prometheus/snmp_exporter issues 31 and 127"
    agent = {
        "description": "C320 Version V2.1.0 Software, Copyright (c) by ZTE Corporation",
        "object_id": "1.3.6.1.4.1.3902.1082.1001.320.2.1",
        "name": "OLT-1",
        "location": "gate house",
        "services": 2,
        "entity": [{"description": "C320", "contained_in": 0, "class": 3, "serial": "ZTE0320117", "model": "C320"}],
        "interface": [{"description": "gei_1/3/1", "type": 6, "mac": "00:19:C6:00:00:56", "name": "gei_1/3/1"}],
    }
    truth = {"hostname": "OLT-1", "serial_number": "ZTE0320117", "model": "C320"}

    def asked(self, kind: int, names: int, repetitions: int, now_s: float) -> bool:
        if kind == GET_BULK and not 0 < repetitions <= 25:
            self.harm(f"a bulk question with {repetitions} repetitions")
        return True
