"""Drives one talk: takes each question to the gate, sends what the permit holds, keeps the answer, then hands it on.

The order never changes: ledger line, send, commit of the answer, its ledger line, and only then the probe sees it.
So an answer that the ledger notes is stored, whenever this process is killed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol as Shape

from assetctl.errors import AssetctlError, EnvironmentFault, WireError, lacking
from assetctl.model import Address, Claim, Exchange, Observation, Outcome, Segment, SubjectKind, Transport
from assetctl.plan import Step
from assetctl.protocol import Context
from assetctl.safety.gate import Gate
from assetctl.safety.permit import Permit, Refused, Wait
from assetctl.scope import Vantage
from assetctl.secrets.credentials import Community, Secret, UsmUser
from assetctl.talk import Ask, Open, Reply, Talk
from assetctl.text import counted
from assetctl.transport import route
from assetctl.transport.community import unwrap, wrap
from assetctl.transport.datagram import BARE, Envelope, open_datagram
from assetctl.transport.link import open_link
from assetctl.transport.sockets import Heard
from assetctl.transport.stream import open_stream
from assetctl.transport.tls import FAULT, open_tls
from assetctl.work import contexts
from assetctl.work.presence import Absence, Presence

BROKEN = "probe broke off"
NAP_S = 0.2  # the longest a wait goes without looking whether everything must stop


class Connection(Shape):
    async def ask(self, permit: Permit | None, ask: Ask) -> Heard: ...
    async def close(self, goodbye: Permit | None = None) -> None: ...


@dataclass(frozen=True)
class Surroundings:
    """What a talk needs besides the gate. keep: commits an exchange. now: wall clock in UTC.

    resend: whether a datagram that met silence is sent once more. turn: whose turn it is to wait for the run's pace.
    way: whether our interface is up. presence: whether this process was there.
    """

    scan: str
    vantage: Vantage
    secrets: Mapping[str, Secret]
    connect_s: float
    keep: Callable[[str, Exchange], Awaitable[None]]
    now: Callable[[], datetime]
    resend: bool = True
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    way: route.Way = field(default_factory=route.Way)
    presence: Presence = field(default_factory=Presence)


@dataclass
class _State:
    """began: what was known of our absences when the connection was opened or an answer last came over it."""

    connection: Connection | None = None
    opened: Open | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    denied: str = ""
    envelope: str = ""
    began: Absence = field(default_factory=Absence)


async def converse(
    step: Step, talk: Talk, context: Context, reader: str, *, gate: Gate, around: Surroundings
) -> Observation:
    """One talk from its first question to its claims, as an observation. The device's seat is already taken."""
    state = _State()
    started = around.now()
    claims: tuple[Claim, ...] = ()
    detail = ""
    try:
        claims = await _drive(talk, step, state, gate=gate, around=around)
    except WireError as error:
        detail = f"probe: {error}"
    except AssetctlError:
        raise
    except Exception as fault:  # a decoder's bug costs this reading alone; its bytes are kept
        if lack := lacking(fault):
            raise EnvironmentFault(f"{lack}; end what uses it up, then go on: assetctl scan --resume") from fault
        detail = f"{BROKEN}: {type(fault).__name__}: {fault}"
    finally:
        await _close(step, state, gate)
    return Observation(
        id=f"{around.scan}/{step.id}",
        scan=around.scan,
        source="probe",
        reader=reader,
        realm=step.address.realm,
        target=step.address if isinstance(step.address, Address) else None,
        vantage=vantage_of(step, around),
        outcome=_outcome(state, gate, is_garbled=bool(detail)),
        started=started,
        ended=around.now(),
        exchanges=tuple(state.exchanges),
        claims=claims + port_claims(tuple(state.exchanges)),
        port=step.port,
        transport=step.transport,
        envelope=state.envelope,
        options=contexts.written(context),
        detail=detail or state.denied,
    )


def vantage_of(step: Step, around: Surroundings) -> str:
    """Where a step asks from: the vantage of the run, or the interface of its segment where that is another."""
    if isinstance(step.address, Segment) and step.address.interface != around.vantage.interface:
        return Vantage(step.address.realm, step.address.interface).name
    return around.vantage.name


def overall(exchanges: list[Exchange], *, denied: bool) -> Outcome:
    """Outcome of a step: answered when any unit was, else how its last exchange ended, else denied."""
    if any(e.outcome is Outcome.ANSWERED and e.received for e in exchanges):
        return Outcome.ANSWERED
    units = [e for e in exchanges if e.request != "connect"] or exchanges
    if units:
        return units[-1].outcome
    return Outcome.DENIED if denied else Outcome.ABORTED


def _outcome(state: _State, gate: Gate, *, is_garbled: bool) -> Outcome:
    """A talk that a stop cut short is aborted, whatever was answered before: it is not finished."""
    if is_garbled:
        return Outcome.GARBLED
    if state.denied and gate.rules.stop():
        return Outcome.ABORTED
    return overall(state.exchanges, denied=bool(state.denied))


def port_claims(exchanges: tuple[Exchange, ...]) -> tuple[Claim, ...]:
    """What the exchanges of a step say about the ports it touched. A silent datagram says nothing.

    Every connect tells its port first in its detail, such as "tcp/502" or "tcp/502: Connection refused". A port behind
    which a TLS handshake failed was open.
    """
    states: dict[str, str] = {}
    port = ""
    for exchange in exchanges:
        if exchange.request == "connect":
            port = exchange.detail.partition(":")[0]
        found = _port_state(port, exchange)
        if found and states.get(port) != "open":
            states[port] = found
    return tuple(
        Claim("port_state", state, SubjectKind.SERVICE, port) for port, state in sorted(states.items()) if port
    )


def _port_state(port: str, exchange: Exchange) -> str:
    if exchange.request == "connect" and exchange.detail.startswith(f"{port}: {FAULT}"):
        return "open"
    if port.startswith("tcp/"):
        told = {Outcome.ANSWERED: "open", Outcome.REFUSED: "closed", Outcome.SILENT: "filtered"}
        return told.get(exchange.outcome, "") if exchange.request == "connect" else ""
    if not port.startswith("udp/"):
        return ""
    told = {Outcome.ANSWERED: "open", Outcome.REFUSED: "closed"}
    is_unit = exchange.request != "connect" or exchange.outcome is Outcome.REFUSED
    return told.get(exchange.outcome, "") if is_unit and not exchange.detail.startswith("usm:") else ""


async def _drive(talk: Talk, step: Step, state: _State, *, gate: Gate, around: Surroundings) -> tuple[Claim, ...]:
    reply: Reply | None = None
    while True:
        try:
            action = next(talk) if reply is None else talk.send(reply)
        except StopIteration as end:
            return tuple(end.value)
        if isinstance(action, Open):
            await _close(step, state, gate)
            reply = await _open(action, step, state, gate=gate, around=around)
        else:
            reply = await _ask(action, step, state, gate=gate, around=around)


async def _open(action: Open, step: Step, state: _State, *, gate: Gate, around: Surroundings) -> Reply:
    permit = await _permitted(step, action, action, gate, around)
    if isinstance(permit, Refused):
        state.denied = permit.reason
        return Reply(Outcome.DENIED, detail=permit.reason)
    at, state.began = around.now(), around.presence.absence
    state.connection, heard = await _connected(action, permit, around)
    _check_way(step, around, heard)
    state.opened = action if state.connection is not None else None
    state.envelope = action.envelope or state.envelope
    if action.transport is Transport.TCP or permit.datagrams:
        await _keep(step, permit, heard, at, state, gate=gate, around=around)
    else:  # a bare datagram or link socket: nothing was sent, but a replay needs to know that it was opened
        opening = Exchange(
            f"{around.scan}:{permit.sequence}", "connect", b"", (), heard.reply.outcome, at, detail=_port(permit)
        )
        state.exchanges.append(opening)
        await around.keep(f"{around.scan}/{step.id}", opening)
    return heard.reply


async def _connected(action: Open, permit: Permit, around: Surroundings) -> tuple[Connection | None, Heard]:
    if action.transport is Transport.TCP and action.envelope:
        return await open_tls(permit, around.vantage, connect_s=around.connect_s, wait_s=action.wait_s)
    if action.transport is Transport.TCP:
        return await open_stream(permit, around.vantage, connect_s=around.connect_s)
    if action.transport is Transport.LINK:
        return open_link(permit, action.groups), Heard(Reply(Outcome.ANSWERED))
    secret = around.secrets.get(action.envelope)
    if isinstance(secret, UsmUser):
        from assetctl.transport.snmpv3 import open_snmpv3

        return await open_snmpv3(permit, around.vantage, secret)
    if action.envelope and secret is None:
        permit.use()
        return None, Heard(Reply(Outcome.DENIED, detail=f"credential {action.envelope} is not known"))
    return open_datagram(permit, around.vantage, _envelope(secret)), Heard(Reply(Outcome.ANSWERED))


def _envelope(secret: Community | None) -> Envelope:
    if secret is None:
        return BARE
    return Envelope(lambda unit: wrap(unit, secret), lambda message: unwrap(message, secret))


async def _ask(action: Ask, step: Step, state: _State, *, gate: Gate, around: Surroundings) -> Reply:
    if state.connection is None or state.opened is None:
        return Reply(Outcome.ABORTED, detail="no connection")
    if not action.payload:
        number, at = gate.note_listen(step), around.now()
        heard = await state.connection.ask(None, action)
        frames, outcome = heard.reply.frames, heard.reply.outcome
        exchange = Exchange(f"{around.scan}:{number}", "listen", b"", frames, outcome, at, heard.rtt_ms)
        state.exchanges.append(exchange)
        await around.keep(f"{around.scan}/{step.id}", exchange)
        return heard.reply
    is_last = state.opened.transport is not Transport.UDP or not around.resend or action.once
    reply = await _send(action, step, state, gate=gate, around=around, is_last=is_last)
    if reply is None:
        reply = await _send(action, step, state, gate=gate, around=around, is_last=True)
    return reply or Reply(Outcome.SILENT)


async def _send(
    action: Ask, step: Step, state: _State, *, gate: Gate, around: Surroundings, is_last: bool
) -> Reply | None:
    """Send one unit once. None means silence that a datagram may be tried once more for."""
    if state.connection is None or state.opened is None:
        return Reply(Outcome.ABORTED)
    permit = await _permitted(step, action, state.opened, gate, around)
    if isinstance(permit, Refused):
        state.denied = permit.reason
        return Reply(Outcome.DENIED, detail=permit.reason)
    at, before = around.now(), around.presence.absence
    heard = await state.connection.ask(permit, action)
    away = around.presence.absence
    _check_way(step, around, heard)
    if heard.reply.outcome is Outcome.SILENT and not is_last and not _is_engine(state.opened, around):
        is_ours = away.gaps > state.began.gaps
        gate.answered(step, permit, Outcome.SILENT, (), None, "first try", is_ours=is_ours)
        return None
    await _keep(step, permit, heard, at, state, gate=gate, around=around, late=away - before)
    return heard.reply


def _check_way(step: Step, around: Surroundings, heard: Heard) -> None:
    """Raise EnvironmentFault when our own interface went down: silence then says nothing of a device."""
    if heard.reply.outcome in (Outcome.SILENT, Outcome.ABORTED) and isinstance(step.address, Address):
        around.way.check(around.vantage.interface, now_s=asyncio.get_running_loop().time())


def _is_engine(opened: Open, around: Surroundings) -> bool:
    """SNMPv3 questions are not repeated: their block permit counts on it."""
    return isinstance(around.secrets.get(opened.envelope), UsmUser)


async def _keep(
    step: Step,
    permit: Permit,
    heard: Heard,
    at: datetime,
    state: _State,
    *,
    gate: Gate,
    around: Surroundings,
    late: Absence = Absence(),
) -> None:
    reply = heard.reply
    strays = f"{counted(heard.strays, 'unit')} that answered no question" if heard.strays else ""
    told = [f"{_port(permit)}: {reply.detail}" if reply.detail else _port(permit)] if permit.action == "connect" else []
    told += [reply.detail] if reply.detail and not told else []
    exchange = Exchange(
        f"{around.scan}:{permit.sequence}",
        permit.request,
        permit.payload,
        reply.frames,
        reply.outcome,
        at,
        heard.rtt_ms,
        "; ".join([*told, strays] if strays else told),
    )
    state.exchanges.append(exchange)
    await around.keep(f"{around.scan}/{step.id}", exchange)
    rtt_ms, is_ours = late.least_ms(heard.rtt_ms), around.presence.absence.gaps > state.began.gaps
    gate.answered(step, permit, reply.outcome, reply.frames, rtt_ms, reply.detail, is_ours=is_ours)
    if reply.outcome is Outcome.ANSWERED:  # the device is still with us: what we missed before excuses nothing later
        state.began = around.presence.absence


def _port(permit: Permit) -> str:
    return f"{permit.transport}/{permit.port}"


async def _permitted(
    step: Step, action: Open | Ask, opened: Open, gate: Gate, around: Surroundings
) -> Permit | Refused:
    """What the gate says once there is nothing to wait for. For the pace of the run one waits, the others queue."""
    while isinstance(answer := gate.permit(step, action, opened=opened), Wait):
        if not answer.is_shared:
            await asyncio.sleep(min(answer.seconds, NAP_S))
            continue
        async with around.turn:
            while isinstance(answer := gate.permit(step, action, opened=opened), Wait) and answer.is_shared:
                await asyncio.sleep(min(answer.seconds, NAP_S))
        if not isinstance(answer, Wait):
            break
    return answer


async def _close(step: Step, state: _State, gate: Gate) -> None:
    connection, opened = state.connection, state.opened
    state.connection = state.opened = None
    if connection is None or opened is None:
        return
    goodbye = gate.goodbye(step, opened) if opened.goodbye else None
    try:
        await connection.close(goodbye if isinstance(goodbye, Permit) else None)
    except EnvironmentFault:
        return  # the ledger cannot be written: nothing more is said
