"""Moxa's device search: NPort serial servers and what their administrator tool lists of them.

Chosen because it answers without a log-in where SNMP is off. The maker does not publish it, and the same port takes
settings, so all of it needs a consent. Three read commands are known here, no other has an encoder.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request, Wants
from assetctl.protocols.moxa import codec, probe, vet

_STATEFUL = RequestClass.STATEFUL
_DEVICE = {
    "product": (0x00005110, 0, 0xFFFFFFFF),
    "model_code": range(0x10000),
    "mac": (bytes.fromhex("0090e8010203"), bytes.fromhex("0090e8aaaaaa")),
}

PROTOCOL = Protocol(
    name="moxa",
    title="Moxa device search",
    version=1,
    transport=Transport.UDP,
    ports=(4800,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="search",
            klass=_STATEFUL,
            clause="command 0x01",
            meaning="model code, MAC address and address",
            encode=codec.encode_search,
        ),
        Request(
            name="read-name",
            klass=_STATEFUL,
            clause="command 0x10",
            meaning="server name, for the device whose id the search brought",
            encode=codec.encode_read_name,
            arguments=_DEVICE,
        ),
        Request(
            name="read-details",
            klass=_STATEFUL,
            clause="command 0x16",
            meaning="firmware version and serial number, for the same device",
            encode=codec.encode_read_details,
            arguments=_DEVICE,
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=4, connections=1),
    claims=frozenset(
        {"manufacturer", "model", "hostname", "serial_number", "firmware_software_version", "mac_address", "ip_address"}
        | {"moxa_model_code", "service_name", "service_source"}
    ),
    sources=(
        "Michael Davidsaver, nport-scan: protocol notes on the NPort 5110A",
        "ICS Security Workspace, nmap script moxa-enum",
        "a Wireshark dissector in Lua of the CONF protocol on UDP 4800",
    ),
    klass=_STATEFUL,
    verified=False,
    wants=Wants(frozenset({"Moxa"})),
)
