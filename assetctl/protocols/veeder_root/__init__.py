"""Veeder-Root TLS: the software of a tank gauge, which filling stations and fuel stores have.

Chosen because the console tells it in one report that holds nothing of the tanks. The maker publishes the protocol,
but the same line resets alarms and takes settings, and a console serves one line at a time, so it needs a consent.
One report is asked, in the format with a checksum; setting, resetting and every report on tanks have no encoder.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.veeder_root import codec, probe, vet

PROTOCOL = Protocol(
    name="veeder_root",
    title="Veeder-Root TLS tank gauge",
    version=1,
    transport=Transport.TCP,
    ports=(10001,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="revision-report",
            klass=RequestClass.STATEFUL,
            clause="Veeder-Root 577013-767, 7.4.1, function 902",
            meaning="number, version and date of the software",
            encode=codec.encode_revision,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset({"firmware_software_version", "tls_gauge_software_date", "service_name", "service_source"}),
    sources=(
        "Veeder-Root 577013-767, Serial Interface Manual TLS2, sections 5, 6.1 and 7.4.1",
        "Veeder-Root 576013-635, Serial Interface Manual TLS-300 and TLS-350, function 902",
        "Veeder-Root TLS-HLD manual, RS-232 commands, function 902",
    ),
    klass=RequestClass.STATEFUL,
    verified=False,
)
