"""An SNMP agent in memory: it reads and writes PDUs with pysnmp, which shares nothing with our codec."""

from bisect import bisect_right
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c

from assetctl.model import Claim, Outcome
from assetctl.protocols.snmp import PROTOCOL
from assetctl.talk import Ask, Open, Reply

Oid = tuple[int, ...]

TOO_BIG, NO_SUCH_NAME = 1, 2


@dataclass
class Agent:
    """Answers over a dictionary of objects, with the quirks that real agents have.

    most: varbinds it fits into one answer, else tooBig. cut: where bulk answers end. drops: whether a question is lost.
    """

    objects: dict[Oid, Any]
    is_v1: bool = False
    most: int = 1000
    cut: int = 1000
    refuses: frozenset[Oid] = frozenset()
    drops: Callable[[Any], bool] = lambda _: False
    loops: bool = False
    asked: list[bytes] = field(default_factory=list)
    ordered: list[Oid] = field(default_factory=list)

    def answer(self, unit: bytes) -> Reply:
        self.asked.append(unit)
        question = decoder.decode(unit, asn1Spec=rfc1905.PDUs())[0].getComponent()
        if self.drops(question):
            return Reply(Outcome.SILENT)
        names = [tuple(name) for name, _ in v2c.apiPDU.get_varbinds(question)]
        if isinstance(question, rfc1905.GetBulkRequestPDU):
            found = self._bulk(names, int(v2c.apiBulkPDU.get_max_repetitions(question)))
        elif isinstance(question, rfc1905.GetNextRequestPDU):
            found = [self._next(name) for name in names]
        else:
            found = [(name, self.objects.get(name, rfc1905.noSuchInstance)) for name in names]
        return Reply(Outcome.ANSWERED, (self._encoded(question, names, found),))

    def _bulk(self, names: list[Oid], repetitions: int) -> list[tuple[Oid, Any]]:
        found: list[tuple[Oid, Any]] = []
        for _ in range(repetitions):
            row = [self._next(name) for name in names]
            found += row
            names = [name for name, _ in row]
        return found[: self.cut]

    def _next(self, name: Oid) -> tuple[Oid, Any]:
        if len(self.ordered) != len(self.objects):
            self.ordered = sorted(self.objects)
        ordered = self.ordered
        at = bisect_right(ordered, name)
        if at == len(ordered):
            return name, rfc1905.endOfMibView
        return (ordered[at - 1] if self.loops and at > 3 else ordered[at]), self.objects[ordered[at]]

    def _encoded(self, question: Any, names: list[Oid], found: list[tuple[Oid, Any]]) -> bytes:
        status = index = 0
        if len(found) > self.most:
            status, found = TOO_BIG, []
        else:
            for at, (name, value) in enumerate(found, 1):
                if name in self.refuses or (self.is_v1 and value.tagSet[0].tagClass == 0x80):
                    status, index, found = NO_SUCH_NAME, at, [(n, v2c.Null("")) for n in names]
                    break
        pdu = rfc1905.ResponsePDU()
        v2c.apiPDU.set_defaults(pdu)
        v2c.apiPDU.set_request_id(pdu, v2c.apiPDU.get_request_id(question))
        v2c.apiPDU.set_varbinds(pdu, found)
        pdu.setComponentByPosition(1, status)
        pdu.setComponentByPosition(2, index)
        return bytes(encoder.encode(pdu))


@dataclass(frozen=True)
class Talked:
    """A finished conversation: what it claimed, and the names of the requests in order."""

    claims: tuple[Claim, ...]
    requests: tuple[str, ...]
    opens: tuple[str, ...]

    def value(self, key: str, *, local_key: str = "", part: str = "") -> Any:
        found = [c.value for c in self.claims if (c.key, c.local_key, c.part) == (key, local_key, part)]
        return found[0] if found else None


def talk_to(talk: "Generator[Open | Ask, Reply, tuple[Claim, ...]]", agents: dict[str, Agent]) -> Talked:
    """Drive a probe against agents by the name of the credential they answer to; others are silent."""
    reply: Reply | None = None
    requests: list[str] = []
    opens: list[str] = []
    while len(requests) < 1000:
        try:
            step = next(talk) if reply is None else talk.send(reply)
        except StopIteration as end:
            return Talked(tuple(end.value), tuple(requests), tuple(opens))
        if isinstance(step, Open):
            opens.append(step.envelope)
            reply = Reply(Outcome.ANSWERED)
            continue
        requests.append(PROTOCOL.vet(step.payload))
        agent = agents.get(opens[-1])
        reply = agent.answer(step.payload) if agent else Reply(Outcome.SILENT)
        assert not reply.frames or step.accepts is None or step.accepts(reply.frames[0])
    raise AssertionError("the probe does not end")
