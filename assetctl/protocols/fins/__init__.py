"""Omron FINS over UDP: model, version and, where named, the state of a controller.

Chosen because controller data read brings constants of the CPU unit in one datagram; no memory area is read. Asked
only with a source node that the scope declares free, see the probe; over TCP see fins_tcp.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.fins import codec, probe, vet
from assetctl.wire import Datagram

NODES = range(1, codec.HIGHEST_NODE + 1)

PROTOCOL = Protocol(
    name="fins",
    title="Omron FINS over UDP",
    version=1,
    transport=Transport.UDP,
    ports=(9600,),
    framing=Datagram(),
    wants=Wants(frozenset({"Omron"})),
    parameters=probe.PARAMETERS,
    requests=(
        Request(
            name="controller-data-read",
            klass=RequestClass.IDENTITY,
            clause="Omron W342, 5-3-15 (0501)",
            meaning="model and version of the CPU unit",
            encode=codec.encode_data_read,
            arguments={"source": NODES, "sid": range(256)},
            varying=(9,),
        ),
        Request(
            name="controller-status-read",
            klass=RequestClass.DEPTH,
            clause="Omron W342, 5-3-17 (0601)",
            meaning="whether the program runs, and the operating mode",
            encode=codec.encode_status_read,
            arguments={"source": NODES, "sid": range(256)},
            varying=(9,),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    depths={probe.DEPTH: Cost(units=1, connections=0)},
    claims=frozenset(
        {"service_name", "service_source", "manufacturer", "model", "firmware_software_version"}
        | {"fins_node", "fins_status", "fins_mode"}
    ),
    sources=(
        "Omron W342, SYSMAC CS/CJ/CP/NSJ-series Communications Commands Reference Manual",
        "Omron W420, CS/CJ-series Ethernet Units Construction of Networks, FINS/UDP and FINS/TCP",
    ),
)
