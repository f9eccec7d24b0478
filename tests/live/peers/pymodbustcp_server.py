"""pyModbusTCP as a fieldbus controller: three identification texts, a reset for function 17. Argument: address."""

import sys

from pyModbusTCP.server import DeviceIdentification, ModbusServer

identity = DeviceIdentification(vendor_name=b"Wago", product_code=b"750-8212", major_minor_revision=b"04.01.10")
ModbusServer(host=sys.argv[1], port=502, device_id=identity).start()
