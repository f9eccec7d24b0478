"""pymodbus as a Modicon: all seven identification texts, and function 17. Argument: address."""

import sys

from pymodbus import ModbusDeviceIdentification
from pymodbus.server import StartTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

identity = ModbusDeviceIdentification(
    info_name={
        "VendorName": "Schneider Electric",
        "ProductCode": "BMX P34 2020",
        "MajorMinorRevision": "v2.80",
        "VendorUrl": "http://www.se.example",
        "ProductName": "Modicon M340",
        "ModelName": "M340 CPU",
        "UserApplicationName": "tank farm",
    }
)
device = SimDevice(1, SimData(0, count=100, values=7, datatype=DataType.REGISTERS), identity=identity)
StartTcpServer(device, address=(sys.argv[1], 502), identity=identity)
