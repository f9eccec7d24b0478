"""DNP3 over TCP: the same question as dnp3 puts, in a connection that may displace the master's.

Stateful for that reason: many outstations keep one connection and let the newest have it.
"""

from dataclasses import replace

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Protocol
from assetctl.protocols.dnp3 import PROTOCOL as DNP3
from assetctl.protocols.dnp3 import codec
from assetctl.protocols.dnp3.probe import PARAMETERS, converse
from assetctl.protocols.dnp3.vet import vet

PROTOCOL = Protocol(
    name="dnp3_tcp",
    title="DNP3 over TCP",
    version=1,
    transport=Transport.TCP,
    ports=DNP3.ports,
    framing=codec.FRAMING,
    klass=RequestClass.STATEFUL,
    parameters=PARAMETERS,
    requests=tuple(replace(request, klass=RequestClass.STATEFUL) for request in DNP3.requests),
    vet=vet,
    probe=lambda context: converse(context, Transport.TCP, codec.FRAMING),
    cost=DNP3.cost,
    claims=DNP3.claims,
    sources=DNP3.sources,
)
