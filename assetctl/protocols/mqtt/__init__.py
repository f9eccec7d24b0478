"""Whether an MQTT broker lets anybody in.

Chosen because CONNECT with a clean session and a client id of our own leaves nothing behind: it is answered with one
code and taken back with DISCONNECT. It is a session all the same, so it needs a consent: brokers count clients and
report who comes. A guessed client id would throw out the client that has it, so the id is ours. Nothing is published,
and nothing subscribed, since topics are process data.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.mqtt import codec, probe, vet

PROTOCOL = Protocol(
    name="mqtt",
    title="MQTT",
    version=1,
    transport=Transport.TCP,
    ports=(1883,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="client-connect",
            klass=RequestClass.STATEFUL,
            clause="MQTT 3.1.1, 3.1; MQTT 5.0, 3.1",
            meaning="session without a name, clean, under a client id of our own; the answer is one code",
            encode=codec.encode,
            arguments={"level": (codec.V3_1_1, codec.V5), "seed": range(0x10000)},
        ),
        Request(
            name="disconnect",
            klass=RequestClass.STATEFUL,
            clause="MQTT 3.1.1, 3.14",
            meaning="end of the session",
            encode=lambda: codec.DISCONNECT,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=3, connections=1),
    claims=frozenset({"service_name", "service_source", "mqtt_return_code", "mqtt_versions", "anonymous_access"}),
    sources=("OASIS, MQTT Version 3.1.1", "OASIS, MQTT Version 5.0"),
    klass=RequestClass.STATEFUL,
    depths={"mqtt.v5": Cost(units=3, connections=1)},
)
