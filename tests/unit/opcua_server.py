"""Answers of an OPC UA server, encoded here with nothing but struct."""

from collections.abc import Iterable
from struct import pack

from assetctl.model import Outcome
from assetctl.protocol import Protocol
from assetctl.talk import Ask, Open, Reply, Talk

CHANNEL, TOKEN = 0x0A0B0C0D, 7
POLICY = "http://opcfoundation.org/UA/SecurityPolicy#"
BINARY = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary"
ACK = b"ACKF" + pack("<6I", 28, 0, 65535, 65535, 0, 0)


def text(value: str | bytes | None) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return b"\xff\xff\xff\xff" if raw is None else pack("<I", len(raw)) + raw


def listed(items: Iterable[bytes]) -> bytes:
    rows = tuple(items)
    return pack("<I", len(rows)) + b"".join(rows)


def answer_header(kind: int, *, status: int = 0, diagnostics: bytes = b"\0") -> bytes:
    return b"\x01\x00" + pack("<H", kind) + pack("<qII", 0, 0, status) + diagnostics + listed(()) + b"\0\0\0"


def chunk(body: bytes, *, number: int, kind: bytes = b"MSGF", channel: int = CHANNEL) -> bytes:
    return kind + pack("<5I", 24 + len(body), channel, TOKEN, 50 + number, number) + body


def opened(number: int = 1) -> bytes:
    body = answer_header(449) + pack("<3IqI", 0, CHANNEL, TOKEN, 0, 60000) + text(b"")
    unit = pack("<I", CHANNEL) + text(POLICY + "None") + text(None) + text(None) + pack("<2I", 51, number) + body
    return b"OPNF" + pack("<I", 8 + len(unit)) + unit


def application(uri: str = "urn:plc", name: str = "PLC", kind: int = 0, urls: tuple[str, ...] = ()) -> bytes:
    named = b"\x02" + text(name) + pack("<I", kind)
    return text(uri) + text("urn:product") + named + text(None) + text(None) + listed(map(text, urls))


def token(kind: int, policy: str = "", name: str = "any") -> bytes:
    return text(name) + pack("<I", kind) + text(None) + text(None) + text(POLICY + policy if policy else None)


def endpoint(
    mode: int, policy: str, *tokens: bytes, url: str = "opc.tcp://plc", transport: str = BINARY, der: bytes = b""
) -> bytes:
    security = text(der) + pack("<I", mode) + text(POLICY + policy)
    return text(url) + application() + security + listed(tokens) + text(transport) + b"\0"


def endpoints(*rows: bytes) -> bytes:
    return answer_header(431) + listed(rows)


def servers(*rows: bytes) -> bytes:
    return answer_header(425) + listed(rows)


def error(status: int, reason: str = "") -> bytes:
    return b"ERRF" + pack("<2I", 12 + len(text(reason)), status) + text(reason)


class Server:
    """Talks to a probe. messages: for each service the answer's body, a unit that is sent as it is, or an outcome."""

    def __init__(self, protocol: Protocol, messages: dict[str, bytes | Outcome | list[bytes]]) -> None:
        self.protocol = protocol
        self.messages = messages
        self.heard: list[str] = []

    def run(self, talk: Talk) -> dict[str, object]:
        """Values by key of what the probe claims."""
        reply: Reply | None = None
        waiting: list[bytes] = []
        while True:
            try:
                step = next(talk) if reply is None else talk.send(reply)
            except StopIteration as end:
                return {claim.key: claim.value for claim in end.value}
            if isinstance(step, Open):
                reply = Reply(Outcome.ANSWERED)
            elif not step.payload:
                reply = Reply(Outcome.ANSWERED, (waiting.pop(0),)) if waiting else Reply(Outcome.SILENT)
            else:
                reply = self._reply(step, waiting)

    def _reply(self, step: Ask, waiting: list[bytes]) -> Reply:
        name = self.protocol.vet(step.payload)
        self.heard.append(name)
        standard = {"hello": [ACK], "open-secure-channel": [opened()]}
        told = self.messages.get(name, standard.get(name, Outcome.SILENT))
        if isinstance(told, Outcome):
            return Reply(told)
        number = int.from_bytes(step.payload[16:20], "little")
        first, *waiting[:] = told if isinstance(told, list) else [chunk(told, number=number)]
        return Reply(Outcome.ANSWERED, (first,))
