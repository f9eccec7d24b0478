"""Who spoke with whom in a capture, added up as for any other sensor.

A TCP connection belongs to the side that sent its SYN, a datagram exchange to the side that was heard first, unless
only the other port is one of a known protocol. What begins in the middle has no known opener. Connections are added
up and let go from time to time, so that memory grows with flows and not with the capture.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from assetctl.exchange.capture.packets import ACK, ICMP, ICMP6, SYN, TCP, UDP, Inside, Segment
from assetctl.exchange.flow_rows import Gathered, Passage
from assetctl.model import IPAddress
from assetctl.traffic import expected_on

MOST_CONNECTIONS = 100_000  # kept apart at a time; beyond it all are added up and counted on from there
QUIET = timedelta(minutes=5)  # after it a datagram begins another exchange

_Ends = tuple[IPAddress, int, IPAddress, int, str]


@dataclass(slots=True)
class _Passing:
    """One connection or exchange, from its client's side. opened: which side began was seen."""

    begun: datetime
    ended: datetime
    size_bytes: int = 0
    answered: bool = False
    opened: bool = False
    syn: int | None = None


@dataclass(slots=True)
class Flows:
    """The flows of a capture."""

    gathered: Gathered
    _passing: dict[_Ends, _Passing] = field(default_factory=dict)

    def take(self, inside: Inside, segment: Segment | None, at: datetime) -> None:
        """Count one packet. segment: its TCP or UDP header, None where it has none."""
        transport = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmp"}.get(inside.protocol, str(inside.protocol))
        ports = (segment.source_port, segment.target_port) if segment else (0, 0)
        out = (inside.source, ports[0], inside.target, ports[1], transport)
        back = (inside.target, ports[1], inside.source, ports[0], transport)
        syn = segment.sequence if segment and segment.flags & SYN and not segment.flags & ACK else None
        key, found = (out, self._passing.get(out)) if out in self._passing else (back, self._passing.get(back))
        if found is not None and self._is_another(found, syn, at):
            self._add(key, self._passing.pop(key))
            found = None
        if found is None:
            key = out if self._is_client(segment, transport, syn) else back
            found = self._begin(key, at, is_opened=syn is not None or transport != "tcp")
            found.syn = syn
        found.begun, found.ended = min(found.begun, at), max(found.ended, at)
        found.size_bytes += inside.size_bytes
        answers = segment is None or transport != "tcp" or not segment.flags & 4
        found.answered |= key is back and key != out and answers

    def finish(self) -> Gathered:
        """Everything added up."""
        for key, one in self._passing.items():
            self._add(key, one)
        self._passing.clear()
        return self.gathered

    def _begin(self, key: _Ends, at: datetime, *, is_opened: bool) -> _Passing:
        if len(self._passing) >= MOST_CONNECTIONS:
            self.finish()
        found = self._passing[key] = _Passing(at, at, opened=is_opened)
        return found

    def _is_another(self, found: _Passing, syn: int | None, at: datetime) -> bool:
        """Whether a packet begins another connection between the same ports."""
        if syn is not None:
            return found.syn != syn
        return found.syn is None and at - found.ended > QUIET

    def _is_client(self, segment: Segment | None, transport: str, syn: int | None) -> bool:
        """Whether the sender of the first packet is the client."""
        if segment is None or syn is not None:
            return True
        if transport == "tcp" and segment.flags & SYN:
            return False  # SYN ACK
        known = bool(expected_on(transport, segment.source_port)), bool(expected_on(transport, segment.target_port))
        if known[0] != known[1]:
            return known[1]
        return transport == "udp" or segment.source_port >= segment.target_port

    def _add(self, key: _Ends, one: _Passing) -> None:
        source, _, target, port, transport = key
        passage = Passage(
            source=str(source),
            target=str(target),
            transport=transport,
            port=port,
            service="",
            begun=one.begun,
            ended=one.ended,
            size_bytes=one.size_bytes,
            answered=one.answered,
            opened=one.opened,
        )
        self.gathered.read("packet", lambda: passage)
