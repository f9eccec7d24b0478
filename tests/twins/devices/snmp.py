"""An SNMP agent in versions 1 and 2c (RFC 1157, RFC 3416) that tells its twin what it is asked."""

from collections.abc import Mapping
from typing import Any, ClassVar

from assetctl.demo import ber, snmp
from assetctl.protocols.snmp import objects as o
from assetctl.wire import Reader
from tests.twins.twin import Answers, Twin

PORT = 161
COMMUNITY = b"public"


class SnmpTwin(Twin):
    """A device with an agent. agent: in the words of the demo plant."""

    udp = (PORT,)
    agent: ClassVar[Mapping[str, Any]]

    def __init__(self) -> None:
        super().__init__()
        self.objects = dict(snmp.objects_of(self.agent, (self.address(),)))

    def uptime_ticks(self, now_s: float) -> int:
        """What sysUpTime says, in hundredths of a second."""
        return 123_456_700 + int(now_s * 100)

    def asked(self, kind: int, names: int, repetitions: int, now_s: float) -> bool:
        """Take note of a question; False when it stays without an answer."""
        return True

    async def answer(self, port: int, frame: bytes, now_s: float) -> Answers:
        if port != PORT:
            return ()
        r = Reader(ber.take(Reader(frame), ber.SEQUENCE, "message"))
        version, community = ber.take_integer(r, "version"), ber.take(r, ber.OCTETS, "community")
        pdu = r.rest()
        if version > 1 or community != COMMUNITY or not self.asked(*shape(pdu), now_s):
            return ()
        self.objects[o.SYS_UP_TIME] = ber.integer(self.uptime_ticks(now_s), snmp.TIME_TICKS)
        body = ber.integer(version) + ber.tlv(ber.OCTETS, community) + self.respond(pdu)
        return (ber.tlv(ber.SEQUENCE, body),)

    def respond(self, pdu: bytes) -> bytes:
        return snmp.Agent(self.objects).answer(pdu)


def shape(pdu: bytes) -> tuple[int, int, int]:
    """Type of a PDU, how many objects it names, and its third number, which in a bulk question is the repetitions."""
    kind, body = ber.take_any(Reader(pdu), "PDU")
    r = Reader(body)
    ber.take_integer(r, "request id")
    ber.take_integer(r, "non-repeaters")
    repetitions = ber.take_integer(r, "repetitions")
    r = Reader(ber.take(r, ber.SEQUENCE, "variable bindings"))
    names = 0
    while r.left():
        ber.take(r, ber.SEQUENCE, "variable binding")
        names += 1
    return kind, names, repetitions
