"""The conversation with a segment: one frame to all stations, then listening while they answer.

Each station waits a time that follows from its address, at most the delay factor times 10 ms, so that the answers of a
large plant do not come at once. The factor is chosen so that all have answered a second before the listening ends.
"""

from collections.abc import Iterator
from functools import partial

from assetctl.errors import WireError
from assetctl.model import STATION, Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.profinet_dcp import codec, names
from assetctl.protocols.profinet_dcp.codec import Identified
from assetctl.talk import Ask, Open, Talk
from assetctl.wire import decode_text

LISTEN_S = 4.0
LAST_ANSWER_S = 1.0  # for a station that is slower than its delay
STEP_S = 0.01
MOST_STATIONS = 4096
FAMILY_CONFIDENCE = 60  # the type of station names a family, such as S7-1500, rather than a model
REGISTRY_CONFIDENCE = 70


def probe(context: Context) -> Talk:
    """Ask all stations of the segment who they are."""
    reply = yield Open(Transport.LINK, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    listen_s = float(context.parameters.get("listen_s", LISTEN_S))
    question = codec.encode_identify_all(xid=context.seed, delay_factor=delay_factor(listen_s))
    is_answer = partial(codec.is_answer, xid=context.seed)
    reply = yield Ask(question, codec.FRAMING, MOST_STATIONS, listen_s, is_answer, once=True)
    return tuple(_claims(reply.frames, context.seed))


def delay_factor(listen_s: float) -> int:
    """Steps of 10 ms over which stations spread their answers."""
    spread_s = max(listen_s - LAST_ANSWER_S, listen_s / 2)
    return max(1, min(codec.LONGEST_DELAY, int(spread_s / STEP_S)))


def _claims(frames: tuple[bytes, ...], xid: int) -> Iterator[Claim]:
    """What the stations said, each under its MAC address; of two answers of one station the first counts."""
    seen: set[str] = set()
    for frame in frames:
        try:
            said = codec.decode(frame)
        except WireError:
            continue  # one station's broken answer costs that station alone
        if said.xid == xid and said.mac not in seen:
            seen.add(said.mac)
            yield from _station(said)


def _station(said: Identified) -> Iterator[Claim]:
    part = f"{STATION}{said.mac}"
    yield Claim("mac_address", said.mac, SubjectKind.INTERFACE, said.mac, part)
    yield from _addresses(said, part)
    for name, key in ((codec.NAME_OF_STATION, "hostname"), (codec.ALIAS, "profinet_alias")):
        if text := decode_text(said.blocks.get(name, b"")):
            yield Claim(key, text, part=part)
    if text := decode_text(said.blocks.get(codec.TYPE_OF_STATION, b"")):
        yield Claim("profinet_type_of_station", text, part=part)
        yield Claim("model", text, part=part, confidence=FAMILY_CONFIDENCE)
    yield from _numbers(said, part)


def _addresses(said: Identified, part: str) -> Iterator[Claim]:
    """An address that is not set, or that another station holds too, is no address of this one."""
    own = said.addresses
    if own is None:
        return
    if status := names.ip_status(own.state, conflict=own.conflict):
        yield Claim("profinet_ip_status", status, part=part)
    if own.state == 0 or int(own.ip) == 0 or own.conflict:
        return
    where = SubjectKind.INTERFACE, said.mac, part
    yield Claim("ip_address", str(own.ip), *where)
    yield Claim("interface_netmask", str(own.netmask), *where)
    if int(own.gateway) and own.gateway != own.ip:  # a station without a gateway tells its own address
        yield Claim("interface_gateway", str(own.gateway), *where)


def _numbers(said: Identified, part: str) -> Iterator[Claim]:
    if len(device := said.blocks.get(codec.DEVICE_ID, b"")) == 4:
        vendor = int.from_bytes(device[:2])
        yield Claim("profinet_vendor_id", vendor, part=part)
        yield Claim("profinet_device_id", int.from_bytes(device[2:]), part=part)
        if maker := names.vendor(vendor):
            yield Claim("manufacturer", maker, part=part, confidence=REGISTRY_CONFIDENCE)
    if len(oem := said.blocks.get(codec.OEM_ID, b"")) == 4:
        yield Claim("profinet_oem_id", f"0x{oem[:2].hex()}/0x{oem[2:].hex()}", part=part)
    if len(instance := said.blocks.get(codec.INSTANCE, b"")) == 2:
        yield Claim("profinet_device_instance", int.from_bytes(instance), part=part)
    if (role := said.blocks.get(codec.ROLE, b"")) and (roles := names.roles(role[0])):
        yield Claim("profinet_roles", roles, part=part)
