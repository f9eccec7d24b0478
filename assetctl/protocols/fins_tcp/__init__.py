"""Omron FINS over TCP: the questions of fins in a connection of its own.

Stateful, as a unit keeps few connections and gives each a node address.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.fins import NODES
from assetctl.protocols.fins import PROTOCOL as FINS
from assetctl.protocols.fins import codec as fins
from assetctl.protocols.fins.probe import DEPTH
from assetctl.protocols.fins_tcp import codec, probe, vet


def encode_data_read(*, source: int, sid: int, destination: int) -> bytes:
    """Controller data read on the stream. source, destination: 1 to 254. sid: 0 to 255."""
    return codec.encode_frame(fins.encode_data_read(source=source, sid=sid, destination=destination))


def encode_status_read(*, source: int, sid: int, destination: int) -> bytes:
    """Controller status read on the stream; arguments as above."""
    return codec.encode_frame(fins.encode_status_read(source=source, sid=sid, destination=destination))


PROTOCOL = Protocol(
    name="fins_tcp",
    title="Omron FINS over TCP",
    version=1,
    transport=Transport.TCP,
    ports=FINS.ports,
    framing=codec.FRAMING,
    klass=RequestClass.STATEFUL,
    requests=(
        Request(
            name="node-address",
            klass=RequestClass.STATEFUL,
            clause="Omron W420, 7-4 (client node address data send)",
            meaning="a free node address for this connection, chosen by the unit",
            encode=codec.encode_nodes,
        ),
        Request(
            name="controller-data-read",
            klass=RequestClass.STATEFUL,
            clause="Omron W342, 5-3-15 (0501)",
            meaning="model and version of the CPU unit",
            encode=encode_data_read,
            arguments={"source": NODES, "sid": range(256), "destination": NODES},
            varying=(25,),
        ),
        Request(
            name="controller-status-read",
            klass=RequestClass.DEPTH,
            clause="Omron W342, 5-3-17 (0601)",
            meaning="whether the program runs, and the operating mode",
            encode=encode_status_read,
            arguments={"source": NODES, "sid": range(256), "destination": NODES},
            varying=(25,),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=3, connections=1),
    depths={DEPTH: Cost(units=1, connections=0)},
    claims=FINS.claims,
    sources=FINS.sources,
)
