"""TLS around a stream, for units that travel in it: a handshake in bounds, then bytes in and out.

Nothing is verified: whoever answers is to be identified, not trusted, and no secret of ours travels. So what old
devices speak is taken too, down to TLS 1.0 with short keys, as far as this machine's OpenSSL has it. No server name is
sent: addresses have none (RFC 6066, 3). No session is resumed and none renegotiated.

A handshake that fails leaves an open port behind which no talk was possible; its detail begins with `FAULT`.
"""

import asyncio
import errno
import ssl
from contextlib import suppress
from functools import cache

from assetctl.model import Outcome
from assetctl.safety.permit import Permit
from assetctl.scope import Vantage
from assetctl.talk import Reply
from assetctl.transport.sockets import Heard, told
from assetctl.transport.stream import StreamConnection, open_stream

FAULT = "tls: "
MOST_FLIGHTS = 3  # the hello, the hello again in another group (RFC 8446, 4.1.4), our part after the server's
MOST_BYTES = 131_072  # of the server's part: its certificates are some kilobytes
MOST_RECORDS = 512
CHUNK = 65536

_CIPHERS = "ALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0"
_LEGACY_SERVER_CONNECT = 0x4  # ssl.OP_LEGACY_SERVER_CONNECT of Python 3.12: servers older than RFC 5746


class Tunnel:
    """One TLS session over bytes in memory. ended: the server says nothing more; fault: why, unless orderly."""

    def __init__(self) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = _context().wrap_bio(self._in, self._out)
        self.ended = False
        self.fault: Reply | None = None

    def advance(self) -> bool:
        """Go on with the handshake as far as what came allows; whether it is done."""
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            self.fault = _fault(error)
            return False
        return True

    def flight(self) -> bytes:
        """What is to be sent now, b"" for nothing."""
        return self._out.read()

    def take(self, chunk: bytes) -> None:
        """Take in what came from the server, b"" for its FIN."""
        if chunk:
            self._in.write(chunk)
        else:
            self._in.write_eof()

    def seal(self, unit: bytes) -> bytes:
        """A unit as it travels."""
        try:
            self._session.write(unit)
        except ssl.SSLError as error:
            raise ConnectionResetError(errno.ECONNRESET, f"{FAULT}{_reason(error)}") from None
        return self.flight()

    def unseal(self, chunk: bytes) -> bytes:
        """What a chunk from the server, b"" for its FIN, makes whole of what it said."""
        self.take(chunk)
        return self.opened()

    def opened(self) -> bytes:
        """What the server said and nobody read yet. Notes its end, whichever way it comes."""
        said = bytearray()
        while not self.ended:
            try:
                piece = self._session.read(CHUNK)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLEOFError:  # many devices end with a FIN alone, without a close_notify
                self.ended = True
            except ssl.SSLError as error:
                self.ended, self.fault = True, _fault(error)
            else:
                said += piece
                self.ended = not piece  # their close_notify
        return bytes(said)

    def farewell(self) -> bytes:
        """Our close_notify (RFC 8446, 6.1)."""
        with suppress(ssl.SSLError):  # it waits for theirs, which the stream's close does
            self._session.unwrap()
        return self.flight()


async def open_tls(
    permit: Permit, vantage: Vantage, *, connect_s: float, wait_s: float
) -> tuple[StreamConnection | None, Heard]:
    """Connect once and shake hands once. wait_s: for each answer. Without a connection the reply says why."""
    stream, heard = await open_stream(permit, vantage, connect_s=connect_s)
    if stream is None:
        return None, heard
    tunnel = Tunnel()
    try:
        fault = await _shake(stream, tunnel, wait_s=wait_s, pause_s=permit.pause_s)
    except BaseException:
        await stream.close()
        raise
    if fault is not None:
        await stream.close()
        return None, Heard(fault, heard.rtt_ms)
    stream.enter(tunnel)
    return stream, heard


async def _shake(stream: StreamConnection, tunnel: Tunnel, *, wait_s: float, pause_s: float) -> Reply | None:
    """One handshake, its flights `pause_s` apart; None when it is done, else how it failed."""
    loop = asyncio.get_running_loop()
    flights, bounds, ends = 0, _Bounds(), 0.0
    try:
        while tunnel.fault is None:
            is_done = tunnel.advance()
            if tunnel.fault is not None:
                break  # what OpenSSL would say to that is not sent: the FIN says it
            if flight := tunnel.flight():
                if (flights := flights + 1) > MOST_FLIGHTS:
                    return Reply(Outcome.GARBLED, detail=f"{FAULT}more than {MOST_FLIGHTS} flights were asked of us")
                await asyncio.sleep(pause_s)
                await stream.send(flight)
                ends = loop.time() + wait_s
            if is_done:
                return None
            chunk = await stream.receive(ends - loop.time())
            if chunk is None:
                return _late(bounds)
            if reason := bounds.crossed(chunk):
                return Reply(Outcome.GARBLED, detail=f"{FAULT}{reason}")
            tunnel.take(chunk)
    except OSError as error:
        reply = told(error)
        return Reply(reply.outcome, detail=f"{FAULT}{reply.detail}")
    return tunnel.fault


class _Bounds:
    """How much of a handshake came. Counts records by their headers (RFC 8446, 5.1)."""

    def __init__(self) -> None:
        self.size = self.records = 0
        self._skip = 0
        self._header = b""

    def crossed(self, chunk: bytes) -> str:
        """Note what came; why it is too much, or ""."""
        self.size += len(chunk)
        rest = chunk
        while rest and self.records <= MOST_RECORDS:
            passed, rest = rest[: self._skip], rest[self._skip :]
            self._skip -= len(passed)
            taken = rest[: 5 - len(self._header)]
            self._header, rest = self._header + taken, rest[len(taken) :]
            if len(self._header) == 5:
                self.records += 1
                self._skip, self._header = int.from_bytes(self._header[3:], "big"), b""
        if self.size > MOST_BYTES or self.records > MOST_RECORDS:
            return f"more than {MOST_BYTES} bytes or {MOST_RECORDS} records before the end of the handshake"
        return ""


def _late(bounds: _Bounds) -> Reply:
    if bounds.size:
        return Reply(Outcome.GARBLED, detail=f"{FAULT}the handshake stopped after {bounds.size} bytes of the server's")
    return Reply(Outcome.SILENT, detail=f"{FAULT}no answer to the hello")


def _fault(error: ssl.SSLError) -> Reply:
    """How a session ended: an alert refuses us, bytes that are no TLS are garbled, a FIN is an end."""
    detail = FAULT + _reason(error)
    if isinstance(error, ssl.SSLEOFError):
        return Reply(Outcome.RESET, detail=f"{FAULT}closed")
    return Reply(Outcome.REFUSED if "alert" in detail else Outcome.GARBLED, detail=detail)


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's name for it in words, such as "sslv3 alert handshake failure"."""
    return (error.reason or "unknown fault").lower().replace("_", " ")


@cache
def _context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    made.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    made.set_ciphers(_CIPHERS)
    made.options |= _LEGACY_SERVER_CONNECT | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    return made
