"""All twins of the rack, in the order of their addresses."""

from tests.twins.devices.bacnet_long import BacnetLong
from tests.twins.devices.bacnet_refuses import BacnetRefuses
from tests.twins.devices.bacnet_routed import BacnetRouted
from tests.twins.devices.chunked_identity import ChunkedIdentity
from tests.twins.devices.dies_at_15 import DiesAtFifteen
from tests.twins.devices.dnp3_outstation import Dnp3Outstation
from tests.twins.devices.drive import Drive
from tests.twins.devices.enet_empty import EnetEmpty
from tests.twins.devices.enet_status import EnetStatus
from tests.twins.devices.enet_two import EnetTwo
from tests.twins.devices.fins_maps import FinsMaps
from tests.twins.devices.fins_short import FinsShort
from tests.twins.devices.hangs_at_zero import HangsAtZero
from tests.twins.devices.iec104_rtu import Iec104Rtu
from tests.twins.devices.modbus_card import ModbusCard
from tests.twins.devices.one_connection import OneConnection
from tests.twins.devices.other_address import OtherAddress
from tests.twins.devices.out_of_order import OutOfOrder
from tests.twins.devices.reboots import Reboots
from tests.twins.devices.redundant_pair import RedundantPrimary, RedundantStandby
from tests.twins.devices.safety_controller import SafetyController
from tests.twins.devices.serial_gateway import SerialGateway
from tests.twins.devices.slow_under_load import SlowUnderLoad
from tests.twins.devices.two_records import TwoRecords
from tests.twins.twin import Twin

KINDS: tuple[type[Twin], ...] = (
    ModbusCard,
    SerialGateway,
    ChunkedIdentity,
    OneConnection,
    TwoRecords,
    DiesAtFifteen,
    HangsAtZero,
    OutOfOrder,
    Reboots,
    OtherAddress,
    Dnp3Outstation,
    Iec104Rtu,
    EnetStatus,
    EnetEmpty,
    EnetTwo,
    Drive,
    BacnetRefuses,
    RedundantPrimary,
    RedundantStandby,
    SafetyController,
    BacnetRouted,
    BacnetLong,
    FinsShort,
    FinsMaps,
    SlowUnderLoad,
)
