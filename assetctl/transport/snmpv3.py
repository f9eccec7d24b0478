"""SNMPv3 over UDP: pysnmp's engine seals and opens the messages, this module alone sends them.

The engine has no transport of its own and no timer. What it wants to send by itself, such as a report about an answer
it could not read, goes nowhere. Every datagram is drawn from the permits: the one that opened the connection covers the
discovery of the agent's engine id and one more for its clock; each question brings one. Both are sent with the first
question, so that silence, or a report, is always the outcome of a question; between all of them lies the pause that
the permit states.

An engine keeps some 20 kB per agent for ever, so it is replaced after a number of agents; and it keeps users by name,
so there is one for each credential. The PDU handed back is the engine's own encoding of the agent's values, since the
engine does not keep the plain bytes.

Sources: RFC 3412, RFC 3414, RFC 3826, RFC 7860; the two key extensions for AES-192 and AES-256 are drafts.
Import this module late: pysnmp takes a quarter of a second.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.error import StatusInformation

from assetctl.errors import Refusal, SecretFault, WireError
from assetctl.model import Outcome
from assetctl.safety.permit import Permit
from assetctl.scope import Vantage
from assetctl.secrets.credentials import UsmUser
from assetctl.talk import Ask, Reply
from assetctl.transport.sockets import Heard, bound, datagrams, tells_errors, told

MOST_LATE = 64
MOST_AGENTS = 200  # per engine

VERSION_3 = 3
USER_BASED = 3
NO_AUTH_NO_PRIV, AUTH_NO_PRIV, AUTH_PRIV = 1, 2, 3

AUTH_PROTOCOLS = {
    "": config.USM_AUTH_NONE,
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA224": config.USM_AUTH_HMAC128_SHA224,
    "SHA256": config.USM_AUTH_HMAC192_SHA256,
    "SHA384": config.USM_AUTH_HMAC256_SHA384,
    "SHA512": config.USM_AUTH_HMAC384_SHA512,
}
PRIV_PROTOCOLS = {
    "": config.USM_PRIV_NONE,
    "DES": config.USM_PRIV_CBC56_DES,
    "AES128": config.USM_PRIV_CFB128_AES,
    "AES192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES192-REEDER": config.USM_PRIV_CFB192_AES,
    "AES256-REEDER": config.USM_PRIV_CFB256_AES,
}
USM_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
NOT_IN_TIME, UNKNOWN_ENGINE = 2, 4
REPORTS = {  # counters of usmStats, RFC 3414 section 5
    1: "unsupported security level",
    NOT_IN_TIME: "not in time window",
    3: "unknown user name",
    UNKNOWN_ENGINE: "unknown engine id",
    5: "wrong digest, the authentication key or protocol differs",
    6: "decryption error, the privacy key or protocol differs",
}


class _Mute(AbstractTransportDispatcher):  # type: ignore[misc, unused-ignore]
    """What the engine takes for its transport. It sends nothing."""

    def send_message(self, outgoingMessage: Any, transportDomain: Any, transportAddress: Any) -> None:
        """Drop what the engine wants to say by itself."""


class Reported(Exception):
    """The agent answered with a report: why it did not take the message. counter: of usmStats, or 0."""

    def __init__(self, counter: int, name: str) -> None:
        super().__init__(REPORTS.get(counter, f"report {name}"))
        self.counter = counter


@dataclass(slots=True)
class Engine:
    """pysnmp's engine for one user."""

    user: UsmUser
    agents: int = 0
    _engine: Any = None
    _handles: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self._engine = SnmpEngine()
        self._engine.transport_dispatcher = _Mute()  # type: ignore[no-untyped-call]
        config.add_v3_user(
            self._engine,
            _octets(self.user.user),
            AUTH_PROTOCOLS[self.user.auth_protocol],
            self.user.auth_key or None,
            PRIV_PROTOCOLS[self.user.priv_protocol],
            self.user.priv_key or None,
        )

    @property
    def level(self) -> int:
        if self.user.priv_protocol:
            return AUTH_PRIV
        return AUTH_NO_PRIV if self.user.auth_protocol else NO_AUTH_NO_PRIV

    @property
    def _messages(self) -> Any:
        return self._engine.message_processing_subsystems[VERSION_3]

    def seal(self, pdu: Any, agent: tuple[str, int, int]) -> tuple[bytes, int]:
        """A message with a PDU inside, or a discovery message for an agent not yet known; and a handle on it.

        Raises WireError when what the agent said of itself, such as its engine id, cannot be used.
        """
        handle = next(self._handles)
        try:
            _, _, message = self._messages.prepare_outgoing_message(
                self._engine, (), agent, VERSION_3, USER_BASED, _octets(self.user.user), self.level,
                None, _octets(self.user.context), 1, pdu, True, handle,
            )  # fmt: skip
        except Exception as fault:  # noqa: BLE001  foreign code over a foreign engine id and clock
            raise WireError(f"SNMPv3 agent: its engine id or clock is not usable ({type(fault).__name__})") from None
        return bytes(message), handle

    def forget(self, handle: int) -> None:
        """Give up waiting for the answer to a message."""
        self._messages.release_state_information(handle)

    def open(self, message: bytes, agent: tuple[str, int, int]) -> bytes:
        """The PDU in a message of an agent.

        Raises Reported for a report, and WireError for what is not an authentic answer to a message of ours.
        """
        try:
            found = self._messages.prepare_data_elements(self._engine, (), agent, message)
            return bytes(encoder.encode(found[7]))
        except StatusInformation as status:
            raise _judged(status) from None
        except Exception as fault:  # noqa: BLE001  pysnmp lets many kinds escape from bytes it cannot read
            raise WireError(f"SNMPv3 message: not readable ({type(fault).__name__})") from None

    def knows(self, agent: tuple[str, int, int]) -> bool:
        return self._messages.get_peer_engine_info((), agent)[0] is not None


_engines: dict[UsmUser, Engine] = {}
_connections = count(1)


def engine_for(user: UsmUser) -> Engine:
    """The engine of a user; a new one after MOST_AGENTS agents. Raises SecretFault when its secrets cannot be used."""
    engine = _engines.get(user)
    if engine is None or engine.agents >= MOST_AGENTS:
        engine = _engines[user] = _made(user)
    engine.agents += 1
    return engine


def _made(user: UsmUser) -> Engine:
    if user.auth_protocol not in AUTH_PROTOCOLS or user.priv_protocol not in PRIV_PROTOCOLS:
        raise SecretFault(f"credential {user.name}: protocols are {', '.join([*AUTH_PROTOCOLS, *PRIV_PROTOCOLS][1:])}")
    if user.priv_protocol and not user.auth_protocol:
        raise SecretFault(f"credential {user.name}: privacy needs an authentication protocol too")
    try:
        return Engine(user)
    except Exception as fault:  # noqa: BLE001  the text of a foreign fault may hold the key, so only its kind is told
        raise SecretFault(f"credential {user.name}: not usable for SNMPv3 ({type(fault).__name__})") from None


class Snmpv3Connection:
    """A socket for one agent. sent: datagrams that left, never more than the permits cover."""

    def __init__(self, made: socket.socket, permit: Permit, engine: Engine) -> None:
        permit.use()
        self._socket = made
        self._listener = datagrams((made,))
        self._peer = (str(permit.ip), permit.port)
        self._agent = (*self._peer, next(_connections))  # the engine discovers anew for each connection
        self._engine = engine
        self._draws = permit.datagrams
        self._pause_s = permit.pause_s
        self._sent_at = float("-inf")
        self.sent = 0

    async def ask(self, permit: Permit | None, ask: Ask) -> Heard:
        """Send the permitted PDU and gather the answer; before the first one learn the agent's engine id."""
        if permit is None:
            return await self._gather(ask.wait_s, ask.accepts)
        pdu = read_pdu(permit.use())
        self._draws += permit.datagrams
        try:
            if not self._engine.knows(self._agent):
                heard = await self._discover(ask.wait_s)
                if heard is not None:
                    return heard
            return await self._in_time(pdu, ask)
        except Reported as report:
            return Heard(Reply(Outcome.REFUSED, detail=f"usm: {report}"))
        except WireError as broken:
            return Heard(Reply(Outcome.GARBLED, detail=str(broken)))

    async def _discover(self, wait_s: float) -> Heard | None:
        """Learn the engine id, which all keys are bound to; None when it is known now, else what came instead."""
        try:
            heard = await self._sent(rfc1905.GetRequestPDU(), wait_s)  # type: ignore[no-untyped-call]
        except Reported as report:
            if report.counter != UNKNOWN_ENGINE or not self._engine.knows(self._agent):
                raise
            return None
        if heard.reply.outcome is Outcome.ANSWERED:
            return Heard(Reply(Outcome.GARBLED, detail="SNMPv3 discovery: a report expected"))
        return heard

    async def _in_time(self, pdu: Any, ask: Ask) -> Heard:
        """Ask; once more when the agent's clock was not known and a draw is left for it."""
        try:
            return await self._sent(pdu, ask.wait_s, ask.accepts)
        except Reported as report:
            if report.counter != NOT_IN_TIME or not self._draws:
                raise
        return await self._sent(pdu, ask.wait_s, ask.accepts)

    async def _sent(self, pdu: Any, wait_s: float, accepts: Callable[[bytes], bool] | None = None) -> Heard:
        """One datagram out, one answer in. Raises Reported for a report, Refusal when the permits are used up."""
        if self._draws < 1:
            raise Refusal("no permit is left for this datagram")
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._sent_at + self._pause_s - loop.time()))
        message, handle = self._engine.seal(pdu, self._agent)
        self._draws -= 1
        self.sent += 1
        self._sent_at = loop.time()
        try:
            await loop.sock_sendto(self._socket, message, self._peer)
            return await self._gather(wait_s, accepts)
        except OSError as fault:
            return Heard(told(fault))
        finally:
            self._engine.forget(handle)

    async def _gather(self, wait_s: float, accepts: Callable[[bytes], bool] | None) -> Heard:
        loop = asyncio.get_running_loop()
        began = loop.time()
        strays, late, fault = 0, 0, ""
        while late <= MOST_LATE:
            left_s = began + wait_s - loop.time()
            late += left_s <= 0
            received = await self._listener.next(left_s)
            if received is None:
                break
            message, peer = received
            try:
                unit = self._engine.open(message, self._agent) if peer == self._peer else b""
            except WireError as broken:
                unit, fault = b"", str(broken)
            if unit and (accepts is None or accepts(unit)):
                return Heard(Reply(Outcome.ANSWERED, (unit,)), (loop.time() - began) * 1000, strays)
            strays += 1
        return Heard(Reply(Outcome.GARBLED if fault else Outcome.SILENT, detail=fault), None, strays)

    async def close(self, goodbye: Permit | None = None) -> None:  # noqa: ARG002  SNMP has none
        """Close the socket."""
        self._listener.close()


async def open_snmpv3(permit: Permit, vantage: Vantage, secret: UsmUser) -> tuple[Snmpv3Connection, Heard]:
    """A socket for the permitted address and port. Nothing is sent yet. Raises SecretFault for unusable secrets."""
    engine = engine_for(secret)
    made = bound(permit.ip, socket.SOCK_DGRAM, vantage)
    tells_errors(made)
    return Snmpv3Connection(made, permit, engine), Heard(Reply(Outcome.ANSWERED))


def _judged(status: Any) -> Exception:
    """A report of the agent, or a fault that the engine found in the message itself."""
    if "sendPduHandle" not in status:
        return WireError(f"SNMPv3 message: {status.get('errorIndication') or 'not readable'}")
    name = tuple(status.get("oid") or ())
    counter = name[len(USM_STATS)] if name[: len(USM_STATS)] == USM_STATS and len(name) > len(USM_STATS) else 0
    return Reported(counter, ".".join(map(str, name)))


def _octets(text: str) -> Any:
    return rfc1902.OctetString(text.encode())  # type: ignore[no-untyped-call]


def read_pdu(pdu: bytes) -> Any:
    """A PDU of ours as the engine wants it."""
    choice, _ = decoder.decode(pdu, asn1Spec=rfc1905.PDUs())  # type: ignore[no-untyped-call]
    return choice.getComponent()
