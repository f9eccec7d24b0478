"""SLMP over TCP: the same question as slmp puts, in a connection of its own.

Stateful, as a port of a module serves one connection, and a second one can keep or take it from the panel that uses it.
"""

from dataclasses import replace

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Protocol
from assetctl.protocols.slmp import PROTOCOL as SLMP
from assetctl.protocols.slmp import codec
from assetctl.protocols.slmp.probe import PARAMETERS, converse
from assetctl.protocols.slmp.vet import vet

PROTOCOL = Protocol(
    name="slmp_tcp",
    title="SLMP over TCP",
    version=1,
    transport=Transport.TCP,
    ports=(),
    framing=codec.FRAMING[codec.Frame.E3],
    klass=RequestClass.STATEFUL,
    parameters=PARAMETERS,
    requests=tuple(replace(request, klass=RequestClass.STATEFUL) for request in SLMP.requests),
    vet=vet,
    probe=lambda context: converse(context, Transport.TCP),
    cost=SLMP.cost,
    claims=SLMP.claims,
    sources=SLMP.sources,
)
