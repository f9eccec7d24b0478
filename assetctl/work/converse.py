"""Drives one talk: takes each question to the gate, sends what the permit holds, keeps the answer, then hands it on.

The order never changes: ledger line, send, commit of the answer, its ledger line, and only then the probe sees it.
So an answer that the ledger notes is stored, whenever this process is killed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from assetctl.errors import AssetctlError, EnvironmentFault, WireError, lacking
from assetctl.model import Address, Claim, Exchange, Observation, Outcome, Segment, Transport
from assetctl.plan import Step
from assetctl.protocol import Context
from assetctl.safety.gate import Gate
from assetctl.safety.permit import Permit, Refused, Wait
from assetctl.scope import Vantage
from assetctl.secrets.credentials import Secret, UsmUser
from assetctl.talk import Ask, Open, Reply, Talk
from assetctl.text import counted
from assetctl.transport import route
from assetctl.transport.sockets import Heard
from assetctl.work import contexts
from assetctl.work.connecting import Connection, connected
from assetctl.work.port_states import port_claims
from assetctl.work.presence import Presence

BROKEN = "probe broke off"
NAP_S = 0.2  # the longest a wait goes without looking whether everything must stop


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


async def converse(
    step: Step, talk: Talk, context: Context, reader: str, *, gate: Gate, around: Surroundings
) -> Observation:
    """One talk from its first question to its claims, as an observation. The device's seat is already taken."""
    state = _Talking(step, gate, around)
    started = around.now()
    claims: tuple[Claim, ...] = ()
    detail = ""
    try:
        claims = await state.drive(talk)
    except WireError as error:
        detail = f"probe: {error}"
    except AssetctlError:
        raise
    except Exception as fault:  # a decoder's bug costs this reading alone; its bytes are kept
        if lack := lacking(fault):
            raise EnvironmentFault(f"{lack}; end what uses it up, then go on: assetctl scan --resume") from fault
        detail = f"{BROKEN}: {type(fault).__name__}: {fault}"
    finally:
        await state.close()
    return Observation(
        id=state.id,
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
        claims=claims + port_claims(state.exchanges),
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
    """Outcome of a step: answered when any unit was, else how its last exchange ended, else denied.

    A socket for datagrams or frames that was opened tells nothing of a device: no packet left for it.
    """
    if any(e.outcome is Outcome.ANSWERED and e.received for e in exchanges):
        return Outcome.ANSWERED
    opened = [e for e in exchanges if e.outcome is not Outcome.ANSWERED or e.detail.startswith("tcp/")]
    units = [e for e in exchanges if e.request != "connect"] or opened
    if units:
        return units[-1].outcome
    return Outcome.DENIED if denied else Outcome.ABORTED


def _outcome(state: "_Talking", gate: Gate, *, is_garbled: bool) -> Outcome:
    """A talk that a stop cut short is aborted, whatever was answered before: it is not finished."""
    if is_garbled:
        return Outcome.GARBLED
    if state.denied and gate.rules.stop():
        return Outcome.ABORTED
    return overall(state.exchanges, denied=bool(state.denied))


class _Talking:
    """One talk under way.

    id: of its observation. denied: why the gate refused. envelope: the last one that was used. began: what was known of
    our absences when the connection was opened or an answer last came over it.
    """

    __slots__ = (
        *("_around", "_began", "_connection", "_gate", "_opened", "_step"),
        *("denied", "envelope", "exchanges", "id"),
    )

    def __init__(self, step: Step, gate: Gate, around: Surroundings) -> None:
        self._step = step
        self._gate = gate
        self._around = around
        self._connection: Connection | None = None
        self._opened: Open | None = None
        self._began = around.presence.absence
        self.id = f"{around.scan}/{step.id}"
        self.exchanges: list[Exchange] = []
        self.denied = ""
        self.envelope = ""

    async def drive(self, talk: Talk) -> tuple[Claim, ...]:
        """Put its questions, to the end."""
        reply: Reply | None = None
        while True:
            try:
                action = next(talk) if reply is None else talk.send(reply)
            except StopIteration as end:
                return tuple(end.value)
            if isinstance(action, Open):
                await self.close()
                reply = await self._open(action)
            elif self._connection is None or self._opened is None:
                reply = Reply(Outcome.ABORTED, detail="no connection")
            elif action.payload:
                reply = await self._ask(action, self._connection, self._opened)
            else:
                reply = await self._listen(action, self._connection)

    async def close(self) -> None:
        """Close the connection, with its goodbye."""
        connection, opened = self._connection, self._opened
        self._connection = self._opened = None
        if connection is None or opened is None:
            return
        goodbye = self._gate.goodbye(self._step, opened) if opened.goodbye else None
        try:
            await connection.close(goodbye if isinstance(goodbye, Permit) else None)
        except EnvironmentFault:
            return  # the ledger cannot be written: nothing more is said

    async def _open(self, action: Open) -> Reply:
        permit = await self._permitted(action, action)
        if isinstance(permit, Refused):
            return self._denied(permit)
        around, at = self._around, self._around.now()
        self._began = around.presence.absence
        self._connection, heard = await connected(
            action, permit, around.vantage, around.secrets, connect_s=around.connect_s
        )
        self._check_way(heard.reply)
        self._opened = action if self._connection is not None else None
        self.envelope = action.envelope or self.envelope
        port, reply = f"{permit.transport}/{permit.port}", heard.reply
        is_sent = action.transport is Transport.TCP or permit.datagrams  # else only a replay needs to know of it
        told = f"{port}: {reply.detail}" if is_sent and reply.detail else port
        await self._keep(_exchange(around.scan, permit, heard, at, told))
        if is_sent:
            self._note(permit, reply, heard.rtt_ms)
        return reply

    async def _listen(self, action: Ask, connection: Connection) -> Reply:
        number, at = self._gate.note_listen(self._step), self._around.now()
        heard = await connection.ask(None, action)
        reply = heard.reply
        await self._keep(
            Exchange(f"{self._around.scan}:{number}", "listen", b"", reply.frames, reply.outcome, at, heard.rtt_ms)
        )
        return reply

    async def _ask(self, action: Ask, connection: Connection, opened: Open) -> Reply:
        """Send one unit; a datagram that met silence once more, where it may be."""
        presence = self._around.presence
        is_last = not self._is_repeated(action, opened)
        while True:
            permit = await self._permitted(action, opened)
            if isinstance(permit, Refused):
                return self._denied(permit)
            at, before = self._around.now(), presence.absence
            heard = await connection.ask(permit, action)
            away, reply, rtt_ms = presence.absence, heard.reply, heard.rtt_ms
            self._check_way(reply)
            if reply.outcome is not Outcome.SILENT or is_last:
                break
            self._note(permit, Reply(Outcome.SILENT, detail="first try"), None)
            is_last = True
        await self._keep(_exchange(self._around.scan, permit, heard, at, reply.detail))
        self._note(permit, reply, rtt_ms if away is before else (away - before).least_ms(rtt_ms))
        return reply

    def _is_repeated(self, action: Ask, opened: Open) -> bool:
        """SNMPv3 questions are not: their block permit counts on it."""
        if opened.transport is not Transport.UDP or action.once or not self._around.resend:
            return False
        return not isinstance(self._around.secrets.get(opened.envelope), UsmUser)

    def _check_way(self, reply: Reply) -> None:
        """Raise EnvironmentFault when our own interface went down: silence then says nothing of a device."""
        if reply.outcome in (Outcome.SILENT, Outcome.ABORTED) and isinstance(self._step.address, Address):
            self._around.way.check(self._around.vantage.interface, now_s=asyncio.get_running_loop().time())

    async def _keep(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        await self._around.keep(self.id, exchange)

    def _note(self, permit: Permit, reply: Reply, rtt_ms: float | None) -> None:
        """Tell the gate how an exchange ended. rtt_ms: what the device took at least."""
        absence = self._around.presence.absence
        is_ours = absence.gaps > self._began.gaps
        self._gate.answered(self._step, permit, reply.outcome, reply.frames, rtt_ms, reply.detail, is_ours=is_ours)
        if reply.outcome is Outcome.ANSWERED:  # the device is still with us: what we missed excuses nothing later
            self._began = absence

    def _denied(self, refused: Refused) -> Reply:
        self.denied = refused.reason
        return Reply(Outcome.DENIED, detail=refused.reason)

    async def _permitted(self, action: Open | Ask, opened: Open) -> Permit | Refused:
        """What the gate says once there is nothing to wait for. For the run's pace one waits, the others queue."""
        permit = partial(self._gate.permit, self._step, action, opened=opened, begins=not self.exchanges)
        while isinstance(answer := permit(), Wait):
            if not answer.is_shared:
                await asyncio.sleep(min(answer.seconds, NAP_S))
                continue
            async with self._around.turn:
                while isinstance(answer := permit(), Wait) and answer.is_shared:
                    await asyncio.sleep(min(answer.seconds, NAP_S))
            if not isinstance(answer, Wait):
                break
        return answer


def _exchange(scan: str, permit: Permit, heard: Heard, at: datetime, told: str) -> Exchange:
    """What was permitted and what came of it. told: what there is to say of it, beside units that were no answer."""
    reply = heard.reply
    if heard.strays:
        strays = f"{counted(heard.strays, 'unit')} that answered no question"
        told = f"{told}; {strays}" if told else strays
    return Exchange(
        f"{scan}:{permit.sequence}",
        permit.request,
        permit.payload,
        reply.frames,
        reply.outcome,
        at,
        heard.rtt_ms,
        told,
    )
