"""The EtherNet/IP conversation: one ListIdentity datagram, and what to do when that says nothing.

Some devices answer it with an encapsulation status (1756-ENET: 1) or an empty list, and some firewalls pass TCP only.
Then the same question goes over TCP, and if that too names nobody, the Identity object is read in a session, which is
ended again. A second question after silence is put only where something has spoken EtherNet/IP.

In depth the same session reads the interfaces of the device, or the rack that it sits in, see `slots`.
"""

from functools import partial

from assetctl.errors import WireError
from assetctl.model import Outcome, Transport
from assetctl.protocol import Context
from assetctl.protocols.enip import claims, codec, slots
from assetctl.protocols.enip.asker import Asker, Heard, Step
from assetctl.protocols.enip.codec import Answer
from assetctl.talk import Ask, Open, Talk
from assetctl.wire import Framing

INTERFACES, BACKPLANE = "cip.interfaces", "cip.backplane"


def probe(context: Context) -> Talk:
    """Identify the device; in depth also its host name, address and MAC address, or the modules of its rack."""
    heard = Heard()
    asker = Asker(heard, context.answer_s, context.port, context.seed)
    reply = yield Open(Transport.UDP, context.port)
    if reply.outcome is Outcome.ANSWERED:
        yield from _list(asker, Transport.UDP, codec.DATAGRAM)
    else:
        heard.ended = True
    if not heard.ended and _wants_session(heard, context.depth):
        yield from _over_tcp(asker, context.depth)
    return claims.of(heard)


def _wants_session(heard: Heard, depth: frozenset[str]) -> bool:
    return not heard.identities or INTERFACES in depth or _wants_rack(heard, depth)


def _wants_rack(heard: Heard, depth: frozenset[str]) -> bool:
    return BACKPLANE in depth and bool(heard.identities) and slots.may_be_rack(heard.identities[0])


def _over_tcp(asker: Asker, depth: frozenset[str]) -> Step:
    heard = asker.heard
    reply = yield Open(Transport.TCP, asker.port)
    if reply.outcome is not Outcome.ANSWERED:
        return
    if not heard.identities:
        yield from _list(asker, Transport.TCP, codec.FRAMING)
    if heard.services and not heard.ended and _wants_session(heard, depth):
        yield from _in_session(asker, depth)


def _list(asker: Asker, transport: Transport, framing: Framing) -> Step:
    heard = asker.heard
    got = yield from asker.ask(partial(codec.encode_list_identity), codec.LIST_IDENTITY, framing)
    if got is None:
        return
    try:
        listed = codec.decode_list_identity(got[0], transaction=got[1])
    except WireError:
        heard.ended = True
        return
    heard.services.append(f"{transport}/{asker.port}")
    if isinstance(listed, codec.Listed):
        heard.identities += listed.identities
        heard.ended = listed.broken


def _in_session(asker: Asker, depth: frozenset[str]) -> Step:
    heard = asker.heard
    got = yield from asker.ask(partial(codec.encode_register_session), codec.REGISTER_SESSION)
    asker.session = _session(heard, got)
    if not asker.session:
        return
    if f"{Transport.TCP}/{asker.port}" not in heard.services:
        heard.services.append(f"{Transport.TCP}/{asker.port}")
    if not heard.identities:
        yield from _read_identity(asker)
    if INTERFACES in depth:
        yield from _read_interfaces(asker)
    if _wants_rack(heard, depth):
        yield from slots.read_rack(asker)
    if not heard.ended:
        question = partial(codec.encode_unregister_session, session=asker.session)
        yield Ask(question(transaction=asker.transaction & 0xFFFF), codec.FRAMING, replies=0, wait_s=0.0)


def _session(heard: Heard, got: tuple[bytes, int] | None) -> int:
    """The handle of the session, 0 where the device gave none."""
    if got is None:
        return 0
    try:
        session = codec.decode_session(got[0], transaction=got[1])
    except WireError:
        heard.ended = True
        return 0
    return session if isinstance(session, int) else 0


def _read_identity(asker: Asker) -> Step:
    answer = yield from asker.read(partial(codec.encode_read_identity), codec.GET_ATTRIBUTES_ALL)
    if not isinstance(answer, Answer) or answer.status:
        return
    try:
        asker.heard.identities.append(codec.decode_identity(answer.data))
    except WireError:
        asker.heard.ended = True


def _read_interfaces(asker: Asker) -> Step:
    for attribute in claims.INTERFACE:
        question = partial(codec.encode_read_attribute, attribute=attribute)
        answer = yield from asker.read(question, codec.GET_ATTRIBUTE_SINGLE)
        if isinstance(answer, Answer) and answer.status == 0:
            asker.heard.attributes[attribute] = answer.data
