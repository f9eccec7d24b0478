"""The CODESYS V3 conversation over UDP: one question, one answer.

The vendor is that of the runtime's device description. Where it is the maker of CODESYS, the runtime was installed on
a computer of somebody else, and neither maker nor model of that are told.
"""

import re
from functools import partial
from ipaddress import AddressValueError, IPv4Address

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.placeholders import is_placeholder
from assetctl.protocol import Context
from assetctl.protocols.codesys_v3 import codec
from assetctl.talk import Ask, Open, Talk

PARAMETERS = {
    "own_address": (
        "IPv4 address of the asking machine with the length of its network's prefix, 8 to 30, such as 192.168.1.50/24; "
        "without it CODESYS is not asked over UDP"
    )
}
CLAIMS = frozenset(
    {"manufacturer", "model", "serial_number", "codesys_node_name", "codesys_vendor", "codesys_device"}
    | {"codesys_target_id", "codesys_target_version", "service_name", "service_source"}
)

_OF_CODESYS = re.compile(r"3S\b|CODESYS\b", re.I)


def probe(context: Context) -> Talk:
    """Identify one runtime."""
    reply = yield Open(Transport.UDP, context.port, source_port=context.port)
    own = _own(context.parameters.get("own_address", ""))
    if reply.outcome is not Outcome.ANSWERED or own is None or context.port not in codec.PORTS:
        return ()
    address, prefix = own
    question = codec.encode_resolve(own=address, prefix=prefix, port=context.port, seed=context.seed)
    accepts = partial(codec.is_answer, seed=context.seed)
    reply = yield Ask(question, codec.DATAGRAM, wait_s=context.answer_s, accepts=accepts)
    return claims(reply.frames[0], f"udp/{context.port}") if reply.outcome is Outcome.ANSWERED else ()


def claims(datagram: bytes, port: str) -> tuple[Claim, ...]:
    """What an identification tells. port: such as "udp/1740"."""
    try:
        node = codec.decode(datagram)
    except WireError:
        return ()
    service = SubjectKind.SERVICE, port
    told = {
        "codesys_node_name": node.node,
        "codesys_vendor": node.vendor,
        "codesys_device": node.device,
        "codesys_target_id": f"{node.target_id:08X}" if node.target_id else "",
        "codesys_target_version": node.target_version,
        "serial_number": "" if is_placeholder(node.serial) else node.serial,
    }
    if node.vendor and not _OF_CODESYS.match(node.vendor):
        told |= {"manufacturer": node.vendor, "model": node.device}
    spoken = Claim("service_name", "codesys", *service), Claim("service_source", "probed", *service)
    return (*spoken, *(Claim(key, text) for key, text in told.items() if text))


def _own(text: str) -> tuple[int, int] | None:
    """Address and length of the prefix; None for a text that is none."""
    address, _, length = text.partition("/")
    try:
        number = int(IPv4Address(address))
    except AddressValueError:
        return None
    is_length = length.isascii() and length.isdigit() and len(length) <= 2 and int(length) in codec.PREFIXES
    return (number, int(length)) if is_length else None
