from tests.twins.devices.modbus import ModbusTwin


class ChunkedIdentity(ModbusTwin):
    """Controller that tells one identification object at a time."""

    host = 52
    limit = "none; one object in an answer, more follow"
    source = "Modbus Application Protocol V1.1b3, 6.21: more follows, next object id"
    conformity = 0x82
    at_once = 1
    objects = {
        0: b"WAGO",
        1: b"750-8212",
        2: b"04.01.10",
        3: b"https://www.wago.example",
        4: b"PFC200 G2",
        5: b"750-8212 PFC200",
        6: b"tank farm",
    }
    truth = {
        "manufacturer": "WAGO",
        "order_code": "750-8212",
        "firmware_software_version": "04.01.10",
        "model": "750-8212 PFC200",
        "application_name": "tank farm",
    }
