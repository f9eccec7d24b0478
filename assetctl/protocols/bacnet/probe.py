"""The BACnet/IP conversation: which device are you, and what do you say about yourself?

The device object must be named by its instance. Where no earlier step told it, one ReadProperty with the wildcard
instance asks for it; devices before protocol revision 4, and some after it, answer that with an error or not at all,
and are called once by a Who-Is to their own address. Then one ReadPropertyMultiple reads everything. A device that
refuses it (unknown service, too long for one unit) is read property by property, each by itself.

Devices behind a router have no address here and are not asked.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.bacnet import codec, frames, names
from assetctl.protocols.bacnet.codec import Property, Refused
from assetctl.protocols.bacnet.frames import FRAMING, Table
from assetctl.protocols.bacnet.values import Absent, Value
from assetctl.talk import Ask, Open, Reply, Talk

DEPTH = "bacnet.bbmd"
KNOWN_INSTANCE = "bacnet_device_instance"
BUSY_WAIT_S = 10.0
LEAST_FOR_ALL = 206  # bytes in one unit; a device that takes 50 or 128 cannot say everything in one answer
MOST_UNREAD = 2  # questions to a known device that stay without a readable answer
REGISTRY_CONFIDENCE = 70

FACTS = {
    Property.VENDOR_NAME: "manufacturer",
    Property.MODEL_NAME: "model",
    Property.FIRMWARE_REVISION: "firmware_software_version",
    Property.OBJECT_NAME: "hostname",
    Property.SERIAL_NUMBER: "serial_number",
    Property.APPLICATION_SOFTWARE_VERSION: "application_software_version",
    Property.VENDOR_IDENTIFIER: "bacnet_vendor_id",
    Property.DESCRIPTION: "description",
    Property.LOCATION: "physical_location_address",
    Property.PROTOCOL_REVISION: "bacnet_protocol_revision",
    Property.SYSTEM_STATUS: "bacnet_system_status",
    Property.PROTOCOL_VERSION: "bacnet_protocol_version",
}
TABLES = {
    Table.BROADCAST_DISTRIBUTION: "bacnet_broadcast_distribution",
    Table.FOREIGN_DEVICES: "bacnet_foreign_devices",
}


Step = Generator[Open | Ask, Reply, None]
Told = codec.Properties | Value | Refused


@dataclass(slots=True)
class _Heard:
    """What the device said so far. unread: questions about it that brought no answer."""

    instance: int | None = None
    max_apdu: int | None = None
    values: dict[Property, Value] = field(default_factory=dict)
    tables: dict[Table, tuple[str, ...]] = field(default_factory=dict)
    spoke: bool = False
    was_busy: bool = False
    unread: int = 0
    ended: bool = False  # nothing more is to be asked


@dataclass(slots=True)
class _Asker:
    """Numbers the questions of one talk and notes what ends it."""

    heard: _Heard
    wait_s: float
    invoke_id: int

    def ask(
        self, payload: bytes, accepts: Callable[[bytes], bool], *, once: bool = False
    ) -> Generator[Ask, Reply, bytes | None]:
        """The frame that answers a question; None when there is none."""
        reply = yield Ask(payload, FRAMING, wait_s=self.wait_s, accepts=accepts, once=once)
        if reply.outcome is Outcome.ANSWERED and accepts(reply.frames[0]):
            self.heard.spoke = True
            return reply.frames[0]
        self.heard.ended = reply.outcome is not Outcome.SILENT
        return None

    def confirm(
        self, encode: Callable[..., bytes], decode: Callable[..., Told], service: int
    ) -> Generator[Ask, Reply, Told | None]:
        """What a confirmed question brings. A busy device is asked again once, ten seconds later, in the whole talk."""
        told = yield from self._once(encode, decode, service)
        if isinstance(told, Refused) and told.is_busy and not self.heard.was_busy:
            self.heard.was_busy = True
            pause = yield Ask(b"", FRAMING, wait_s=BUSY_WAIT_S, accepts=_nothing)
            if pause.outcome is not Outcome.SILENT:
                self.heard.ended = True
                return None
            told = yield from self._once(encode, decode, service)
        if isinstance(told, Refused) and told.is_busy:
            self.heard.ended = True
        return told

    def _once(
        self, encode: Callable[..., bytes], decode: Callable[..., Told], service: int
    ) -> Generator[Ask, Reply, Told | None]:
        number = self.invoke_id & 0xFF
        self.invoke_id += 1
        is_answer = partial(codec.is_answer, invoke_id=number, service=service)
        frame = yield from self.ask(encode(invoke_id=number), is_answer, once=not self.heard.spoke)
        try:
            return None if frame is None else decode(frame, invoke_id=number)
        except WireError:
            self.heard.ended = True
            return None


def probe(context: Context) -> Talk:
    """Identify the device; with the depth "bacnet.bbmd" also read the tables of a broadcast management device."""
    heard = _Heard()
    asker = _Asker(heard, context.answer_s, context.seed)
    reply = yield Open(Transport.UDP, context.port)
    if reply.outcome is Outcome.ANSWERED:
        yield from _identify(asker, _known_instance(context))
        if DEPTH in context.depth and heard.spoke and not heard.ended:
            yield from _read_tables(asker)
    return _claims(heard, f"{Transport.UDP}/{context.port}")


def _known_instance(context: Context) -> int | None:
    """The instance that an earlier step told, None when none did."""
    told = context.known.get(KNOWN_INSTANCE, "")
    return int(told) if told.isascii() and told.isdigit() and int(told) < codec.WILDCARD else None


def _identify(asker: _Asker, known: int | None) -> Step:
    if known is not None:
        is_there = yield from _read_device(asker, known)
        if is_there or asker.heard.ended:
            return
    found = yield from _find(asker)
    if found not in (None, known):
        yield from _read_device(asker, found)


def _find(asker: _Asker) -> Generator[Open | Ask, Reply, int | None]:
    """The instance of the device: by the wildcard, else by Who-Is; None when it tells neither way."""
    heard = asker.heard
    told = yield from asker.confirm(codec.encode_find, codec.decode_find, codec.READ_PROPERTY)
    if isinstance(told, int):
        heard.instance = told
    elif not heard.ended:
        frame = yield from asker.ask(codec.encode_who_is(), codec.is_i_am)
        _note_i_am(heard, frame)
    return heard.instance


def _note_i_am(heard: _Heard, frame: bytes | None) -> None:
    if frame is None:
        return
    try:
        said = codec.decode_i_am(frame)
    except WireError:
        heard.ended = True
        return
    heard.instance, heard.max_apdu = said.instance, said.max_apdu
    heard.values[Property.VENDOR_IDENTIFIER] = said.vendor_id


def _read_device(asker: _Asker, instance: int) -> Generator[Open | Ask, Reply, bool]:
    """Everything about the device object, at once where that is possible. Whether there is such an object."""
    heard = asker.heard
    if heard.max_apdu is None or heard.max_apdu >= LEAST_FOR_ALL:
        told = yield from asker.confirm(
            partial(codec.encode_read_multiple, instance=instance),
            partial(codec.decode_read_multiple, instance=instance),
            codec.READ_PROPERTY_MULTIPLE,
        )
        match told:
            case codec.Properties():
                heard.instance = instance
                heard.values.update(told.values)
            case Refused(is_unknown_object=True):
                return False
            case None:
                heard.unread += 1
    return (yield from _read_rest(asker, instance))


def _read_rest(asker: _Asker, instance: int) -> Generator[Open | Ask, Reply, bool]:
    """Every property that is not known yet, by itself. Whether there is such an object."""
    heard = asker.heard
    for prop in Property:
        if heard.ended or heard.unread >= MOST_UNREAD:
            break
        if prop in heard.values:
            continue
        encode = partial(codec.encode_read, instance=instance, prop=prop)
        decode = partial(codec.decode_read, instance=instance, prop=prop)
        told = yield from asker.confirm(encode, decode, codec.READ_PROPERTY)
        match told:
            case None:
                heard.unread += 1
            case Refused(is_unknown_object=True) if not heard.values:
                return False
            case Refused():
                heard.values[prop] = Absent(told.reason)
            case str() | int() | Absent():
                heard.instance = instance
                heard.values[prop] = told
    return True


def _read_tables(asker: _Asker) -> Step:
    for table in Table:
        frame = yield from asker.ask(frames.encode_read_table(table), partial(frames.is_table, table=table))
        if frame is None:
            return
        try:
            asker.heard.tables[table] = frames.decode_table(frame, table=table) or ()
        except WireError:
            return


def _nothing(_: bytes) -> bool:
    return False


def _claims(heard: _Heard, service: str) -> tuple[Claim, ...]:
    if not heard.spoke:
        return ()
    claims = [Claim("service_name", "bacnet", SubjectKind.SERVICE, service)]
    claims.append(Claim("service_source", "probed", SubjectKind.SERVICE, service))
    if heard.instance not in (None, codec.WILDCARD):
        claims.append(Claim("bacnet_device_instance", heard.instance))
    claims += [Claim(FACTS[prop], told) for prop in Property if (told := _told(heard, prop)) not in (None, "")]
    claims += [Claim(TABLES[table], rows) for table, rows in heard.tables.items() if rows]
    claims += _maker_by_number(heard)
    absent = [(prop, value) for prop, value in heard.values.items() if isinstance(value, Absent)]
    if absent:
        reasons = tuple(sorted(f"{prop.name.lower().replace('_', '-')}: {value.reason}" for prop, value in absent))
        claims.append(Claim("bacnet_absent_properties", reasons))
    return tuple(claims)


def _told(heard: _Heard, prop: Property) -> str | int | None:
    """The value of a property as its fact has it; None when the device did not give it."""
    value = heard.values.get(prop)
    if value is None or isinstance(value, Absent):
        return None
    return names.system_status(value) if prop is Property.SYSTEM_STATUS and isinstance(value, int) else value


def _maker_by_number(heard: _Heard) -> list[Claim]:
    """The maker by the registry of vendor ids, where the device does not write its name."""
    number = _told(heard, Property.VENDOR_IDENTIFIER)
    name = names.vendor(number) if isinstance(number, int) and not _told(heard, Property.VENDOR_NAME) else None
    return [Claim("manufacturer", name, confidence=REGISTRY_CONFIDENCE)] if name else []
