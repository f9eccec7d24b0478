"""SMB negotiation of file servers, engineering stations and HMIs.

Chosen because NEGOTIATE is what every client says first: it changes nothing and nobody is logged in. SMB 1 is not
offered by default: a server of SMB 1 alone closes the connection. The first step of a session setup names nobody, is
answered with the NTLM challenge, in which a server names itself, and stays without a second: no login is tried and none
fails. Both are depth.
"""

from assetctl.model import RequestClass, Transport
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols.smb import codec, ntlm, probe, vet

PROTOCOL = Protocol(
    name="smb",
    title="SMB",
    version=1,
    transport=Transport.TCP,
    ports=(445,),
    framing=codec.FRAMING,
    requests=(
        Request(
            name="negotiate",
            klass=RequestClass.IDENTITY,
            clause="[MS-SMB2], 2.2.3",
            meaning="highest common dialect of 2.0.2 to 3.1.1, signing, server GUID, offered mechanisms",
            encode=codec.negotiate,
        ),
        Request(
            name="session-setup-challenge",
            klass=RequestClass.DEPTH,
            clause="[MS-SMB2], 2.2.5; [MS-NLMP], 2.2.1.1",
            meaning="first of two steps, without a name: the answer holds the names and version of the server",
            encode=lambda: codec.session_setup(ntlm.negotiate_token()),
            depths=("smb.ntlm",),
        ),
        Request(
            name="negotiate-v1",
            klass=RequestClass.DEPTH,
            clause="[MS-CIFS], 2.2.4.52",
            meaning="whether SMB 1 is spoken, offered alone",
            encode=codec.negotiate_v1,
            depths=("smb.v1",),
        ),
    ),
    vet=vet.vet,
    probe=probe.probe,
    cost=Cost(units=2, connections=1),
    claims=frozenset(
        {"service_name", "service_source", "smb_dialect", "smb_dialects", "smb_signing_required", "smb_server_guid"}
        | {"smb_boot_time", "smb_authentication", "operating_system", "os_version", "hostname"}
        | {"ntlm_netbios_domain", "ntlm_dns_computer", "ntlm_dns_domain", "ntlm_dns_forest", "ntlm_version"}
    ),
    sources=(
        "[MS-SMB2], Server Message Block Protocol Versions 2 and 3",
        "[MS-CIFS], Common Internet File System Protocol",
        "[MS-NLMP], NT LAN Manager Authentication Protocol",
        "RFC 4178, SPNEGO",
    ),
    depths={"smb.ntlm": Cost(units=1, connections=0), "smb.v1": Cost(units=2, connections=1)},
    everywhere=True,
)
