"""The EtherNet/IP conversation: one ListIdentity datagram, and what to do when that says nothing.

Some devices answer it with an encapsulation status (1756-ENET: 1) or an empty list, and some firewalls pass TCP only.
Then the same question goes over TCP, and if that too names nobody, the Identity object is read in a session, which is
ended again. A second question after silence is put only where something has spoken EtherNet/IP.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.enip import codec, names
from assetctl.talk import Ask, Open, Reply, Talk
from assetctl.wire import Framing

DEPTH = "cip.interfaces"
INTERFACE = (codec.HOST_NAME, codec.CONFIGURATION, codec.PHYSICAL_ADDRESS)
BUSY_WAIT_S = 10.0
ROCKWELL = 1


@dataclass(slots=True)
class _Heard:
    """What the device said so far. services: where EtherNet/IP was spoken, as transport/port."""

    identities: list[codec.Identity] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    attributes: dict[codec.Attribute, bytes] = field(default_factory=dict)
    was_busy: bool = False
    ended: bool = False  # nothing more is to be asked


@dataclass(slots=True)
class _Asker:
    """Numbers the questions of one talk and notes what ends it."""

    heard: _Heard
    wait_s: float
    port: int
    transaction: int

    def ask(
        self, question: partial[bytes], command: int, framing: Framing = codec.FRAMING
    ) -> Generator[Ask, Reply, tuple[bytes, int] | None]:
        """The answering unit and its transaction; None when none came."""
        number = self.transaction & 0xFFFF
        self.transaction += 1
        reply = yield Ask(
            question(transaction=number),
            framing,
            wait_s=self.wait_s,
            accepts=partial(codec.is_answer, command=command, transaction=number),
        )
        if reply.outcome is Outcome.ANSWERED:
            return reply.frames[0], number
        self.heard.ended = reply.outcome not in (Outcome.SILENT, Outcome.REFUSED)
        return None


Step = Generator[Open | Ask, Reply, None]


def probe(context: Context) -> Talk:
    """Identify the device; with the depth "cip.interfaces" also its host name, address and MAC address."""
    heard = _Heard()
    asker = _Asker(heard, context.answer_s, context.port, context.seed)
    wanted = INTERFACE if DEPTH in context.depth else ()
    reply = yield Open(Transport.UDP, context.port)
    if reply.outcome is Outcome.ANSWERED:
        yield from _list(asker, Transport.UDP, codec.DATAGRAM)
    else:
        heard.ended = True
    if not heard.ended and (wanted or not heard.identities):
        yield from _over_tcp(asker, wanted)
    return _claims(heard)


def _over_tcp(asker: _Asker, wanted: tuple[codec.Attribute, ...]) -> Step:
    heard = asker.heard
    reply = yield Open(Transport.TCP, asker.port)
    if reply.outcome is not Outcome.ANSWERED:
        return
    if not heard.identities:
        yield from _list(asker, Transport.TCP, codec.FRAMING)
    if heard.services and not heard.ended and (wanted or not heard.identities):
        yield from _in_session(asker, wanted)


def _list(asker: _Asker, transport: Transport, framing: Framing) -> Step:
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


def _in_session(asker: _Asker, wanted: tuple[codec.Attribute, ...]) -> Step:
    heard = asker.heard
    got = yield from asker.ask(partial(codec.encode_register_session), codec.REGISTER_SESSION)
    session = _session(heard, got)
    if session is None:
        return
    if f"{Transport.TCP}/{asker.port}" not in heard.services:
        heard.services.append(f"{Transport.TCP}/{asker.port}")
    if not heard.identities:
        yield from _identity(asker, session)
    for attribute in wanted:
        question = partial(codec.encode_read_attribute, session=session, attribute=attribute)
        data = yield from _read(asker, question, session, codec.GET_ATTRIBUTE_SINGLE)
        if data is not None:
            heard.attributes[attribute] = data
    if not heard.ended:
        question = partial(codec.encode_unregister_session, session=session)
        yield Ask(question(transaction=asker.transaction & 0xFFFF), codec.FRAMING, replies=0, wait_s=0.0)


def _session(heard: _Heard, got: tuple[bytes, int] | None) -> int | None:
    if got is None:
        return None
    try:
        session = codec.decode_session(got[0], transaction=got[1])
    except WireError:
        heard.ended = True
        return None
    return session if isinstance(session, int) else None


def _identity(asker: _Asker, session: int) -> Step:
    question = partial(codec.encode_read_identity, session=session)
    data = yield from _read(asker, question, session, codec.GET_ATTRIBUTES_ALL)
    if data is None:
        return
    try:
        asker.heard.identities.append(codec.decode_identity(data))
    except WireError:
        asker.heard.ended = True


def _read(asker: _Asker, question: partial[bytes], session: int, service: int) -> Generator[Ask, Reply, bytes | None]:
    """What a read brings. A busy device is asked again once, ten seconds later, in the whole talk."""
    heard = asker.heard
    if heard.ended:
        return None
    got = yield from asker.ask(question, codec.SEND_RR_DATA)
    answer = _answer(heard, got, session, service)
    if answer is not None and answer.status == codec.BUSY and not heard.was_busy:
        heard.was_busy = True
        pause = yield Ask(b"", codec.FRAMING, wait_s=BUSY_WAIT_S)
        if pause.outcome is not Outcome.SILENT:
            heard.ended = True
            return None
        got = yield from asker.ask(question, codec.SEND_RR_DATA)
        answer = _answer(heard, got, session, service)
    return answer.data if answer is not None and answer.status == 0 else None


def _answer(heard: _Heard, got: tuple[bytes, int] | None, session: int, service: int) -> codec.Answer | None:
    if got is None:
        return None
    try:
        answer = codec.decode_answer(got[0], transaction=got[1], session=session, service=service)
    except WireError:
        heard.ended = True
        return None
    return answer if isinstance(answer, codec.Answer) else None


def _claims(heard: _Heard) -> tuple[Claim, ...]:
    claims: list[Claim] = []
    for service in heard.services:
        claims.append(Claim("service_name", "enip", SubjectKind.SERVICE, service))
        claims.append(Claim("service_source", "probed", SubjectKind.SERVICE, service))
    for number, identity in enumerate(heard.identities, start=1):
        part = "" if _is_same(identity, heard.identities[0]) else f"item/{number}"
        claims += _identity_claims(identity, part)
    claims += _interface_claims(heard.attributes)
    return tuple(dict.fromkeys(claims))


def _is_same(one: codec.Identity, other: codec.Identity) -> bool:
    return one is other or (
        one.serial_number != 0 and (one.vendor_id, one.serial_number) == (other.vendor_id, other.serial_number)
    )


def _identity_claims(identity: codec.Identity, part: str) -> list[Claim]:
    told = {
        "manufacturer": names.vendor(identity.vendor_id),
        "model": identity.product_name or None,
        "serial_number": f"{identity.serial_number:08X}" if identity.serial_number else None,
        "firmware_software_version": _revision(identity),
        "cip_vendor_id": identity.vendor_id,
        "cip_device_type": identity.device_type,
        "cip_device_type_name": names.device_type(identity.device_type),
        "cip_product_code": identity.product_code,
        "cip_status": identity.status,
        "cip_state": identity.state,
        "cip_socket_address": identity.socket_address or None,
    }
    return [Claim(key, value, part=part) for key, value in told.items() if value is not None]


def _revision(identity: codec.Identity) -> str | None:
    """Major and minor revision, the minor with three digits where the maker prints it so; None for 0.0."""
    if not identity.major and not identity.minor:
        return None
    return f"{identity.major}.{identity.minor:0{3 if identity.vendor_id == ROCKWELL else 1}d}"


def _interface_claims(attributes: dict[codec.Attribute, bytes]) -> list[Claim]:
    told: dict[codec.Attribute, str] = {}
    for attribute, decode in _DECODERS.items():
        try:
            told[attribute] = decode(attributes[attribute]) if attribute in attributes else ""
        except WireError:
            told[attribute] = ""
    name, ip, mac = (told[attribute] for attribute in INTERFACE)
    interface = SubjectKind.INTERFACE, mac or ip
    claims = [
        Claim("hostname", name),
        Claim("ip_address", ip, *interface),
        Claim("mac_address", mac, *interface),
    ]
    return [claim for claim in claims if claim.value]


_DECODERS = {
    codec.HOST_NAME: codec.decode_host_name,
    codec.CONFIGURATION: codec.decode_ip_address,
    codec.PHYSICAL_ADDRESS: codec.decode_mac_address,
}
