"""S7 communication: identification of SIMATIC CPUs by system status lists.

Chosen over reading variables or blocks because status lists are what the maker's own tools read to tell modules
apart: constants of the CPU and names stored in it, no process data.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.s7 import codec, probe, vet

_SZL_CHAPTER = "Siemens System Software for S7-300/400, System and Standard Functions, System Status Lists"

PROTOCOL = Protocol(
    name="s7",
    title="S7 communication",
    version=2,
    transport=Transport.TCP,
    ports=(102,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="cotp-connect",
            klass=RequestClass.IDENTITY,
            clause="ISO 8073, 13.3; RFC 1006, 5",
            meaning="transport connection of the basic type to a slot of rack 0",
            encode=codec.encode_connect,
            arguments={"connection_type": (codec.BASIC,), "slot": probe.SLOTS},
        ),
        Request(
            name="cotp-connect-pg-op",
            klass=RequestClass.DEPTH,
            clause="ISO 8073, 13.3; RFC 1006, 5",
            meaning="the same by a programming device's or a panel's connection, of which a CPU keeps few",
            encode=codec.encode_connect,
            arguments={"connection_type": (codec.PG, codec.OP), "slot": probe.SLOTS},
        ),
        Request(
            name="cotp-connect-tsap",
            klass=RequestClass.DEPTH,
            clause="ISO 8073, 13.3; RFC 1006, 5",
            meaning="transport connection between two TSAPs that the scope names, for LOGO! and S7-200",
            encode=codec.encode_connect_tsap,
            arguments={"tsaps": tuple(probe.PAIRS.values())},
        ),
        Request(
            name="setup-communication",
            klass=RequestClass.IDENTITY,
            clause="S7 function 0xF0",
            meaning="agreement on one job each way and the PDU size",
            encode=codec.encode_setup,
            arguments={"reference": range(0x10000)},
            varying=(11, 12),
        ),
        Request(
            name="read-szl",
            klass=RequestClass.IDENTITY,
            clause=f"{_SZL_CHAPTER}, 0x0011 and 0x001C",
            meaning="order numbers and versions of the module; names, serial number and texts of the CPU",
            encode=codec.encode_read,
            arguments={"reference": range(0x10000), "szl": probe.IDENTITY},
            varying=(11, 12),
        ),
        Request(
            name="read-szl-next",
            klass=RequestClass.IDENTITY,
            clause="S7 user data, group 4, subfunction 1",
            meaning="the next data unit of a status list that does not fit into one PDU",
            encode=codec.encode_next,
            arguments={"reference": range(0x10000), "sequence": range(256)},
            varying=(11, 12),
        ),
        Request(
            name="read-szl-details",
            klass=RequestClass.DEPTH,
            clause=f"{_SZL_CHAPTER}, 0x0131 index 1, 0x0132 and 0x0232 index 4, 0x0037, 0x0424",
            meaning="connections, protection level and key switch, Ethernet interfaces, operating state",
            encode=codec.encode_read,
            arguments={"reference": range(0x10000), "szl": probe.PROTECTION + probe.DETAILS},
            varying=(11, 12),
        ),
        Request(
            name="read-szl-modules",
            klass=RequestClass.DEPTH,
            clause=f"{_SZL_CHAPTER}, 0x0D91",
            meaning="slot, type identifier and state of the modules in racks 0 to 3",
            encode=codec.encode_read,
            arguments={"reference": range(0x10000), "szl": probe.RACKS},
            varying=(11, 12),
        ),
    ),
    parameters={
        "connection_type": "basic, pg or op; the last two are depth, as a CPU keeps few of them",
        "tsap": "our own and the called TSAP of a LOGO! or S7-200, such as 0300/0200 or 1000/1001; each of "
        + ", ".join(f"{tsap:04x}" for tsap in probe.TSAPS),
    },
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=3 * len(probe.SLOTS) + len(probe.IDENTITY) * probe.MOST_PARTS, connections=len(probe.SLOTS)),
    depths={
        probe.DEPTH: Cost(units=(len(probe.PROTECTION) + len(probe.DETAILS)) * probe.MOST_DETAIL_PARTS, connections=0),
        probe.MODULES: Cost(units=len(probe.RACKS) * probe.MOST_RACK_PARTS, connections=0),
    },
    claims=frozenset(
        {"manufacturer", "model", "order_code", "serial_number", "firmware_software_version", "hardware_version"}
        | {"application_name", "description", "plant_identification", "physical_location_address", "module_type"}
        | {"copyright", "memory_card_serial_number", "service_name", "service_source", "mac_address", "ip_address"}
        | {"s7_szl_ids", "s7_tsap", "s7_profile", "s7_oem_id", "s7_boot_loader_version", "s7_basic_hardware"}
        | {"s7_protection_level", "s7_key_switch", "s7_operating_state", "s7_memory_card_order_code"}
        | {"s7_largest_pdu", "s7_most_connections", "slot", "s7_rack", "s7_module_type_id", "s7_module_state"}
    ),
    sources=(
        _SZL_CHAPTER,
        "RFC 1006; ISO 8073 class 0",
        "PDU layout: unpublished, as Wireshark's dissector and the snap7 library read it",
    ),
)
