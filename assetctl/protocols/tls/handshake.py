"""The beginning of one handshake on an open connection: our hello, and the server's part up to its certificate.

No close_notify is sent: it would be one more unit. Records are listened for one by one, since a server packs its
messages as it likes and then waits for a client that says no more. What TLS 1.3 seals is opened.
"""

from collections.abc import Generator
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.model import Outcome
from assetctl.protocols.tls import codec, keys, offer
from assetctl.talk import Ask, Reply

MOST_RECORDS = 8  # hello and certificate take two to four


@dataclass(slots=True)
class Heard:
    """What one handshake brought. version: the highest that was offered, in the hello `ours`.

    wants_leaf: the certificate is wanted too. spoke: a record of TLS came. ended: the talk must not go on.
    leaf: the server's own certificate in DER. stream: handshake messages so far. seal: opens what follows.
    """

    version: int
    seed: int
    ours: bytes
    wants_leaf: bool = True
    spoke: bool = False
    ended: bool = False
    hello: codec.ServerHello | None = None
    refused: codec.Alert | None = None
    leaf: bytes = b""
    stream: bytes = b""
    seal: keys.RecordKey | None = None


def shake(version: int, seed: int, wait_s: float) -> Generator[Ask, Reply, Heard]:
    """Offer this version at most and hear the server until its certificate, a refusal or the end."""
    heard = Heard(version, seed, offer.encode(version=version, seed=seed), wants_leaf=version >= offer.TLS_1_2)
    return (yield from _hear(heard, wait_s))


def shake_weak(kind: str, seed: int, wait_s: float) -> Generator[Ask, Reply, Heard]:
    """Offer weak suites of one kind alone and hear which the server takes, if any."""
    heard = Heard(offer.TLS_1_2, seed, offer.encode_weak(kind=kind, seed=seed), wants_leaf=False)
    return (yield from _hear(heard, wait_s))


def _hear(heard: Heard, wait_s: float) -> Generator[Ask, Reply, Heard]:
    question = heard.ours
    for _ in range(MOST_RECORDS):
        reply = yield Ask(question, codec.RECORD, wait_s=wait_s)
        question = b""
        if reply.outcome is not Outcome.ANSWERED:
            heard.ended = heard.hello is None or reply.outcome is Outcome.DENIED
            return heard
        try:
            is_over = _take(heard, codec.decode_record(reply.frames[0]))
        except WireError:
            heard.ended = True
            return heard
        if is_over:
            return heard
    heard.ended = True
    return heard


def _take(heard: Heard, record: codec.Record) -> bool:
    """Read one record into `heard`; whether nothing more is wanted. Raises WireError on what no server may say now."""
    if record.content_type == codec.CHANGE_CIPHER_SPEC and heard.seal is not None:
        return False  # RFC 8446, 5: sent for the sake of old middleboxes
    if record.content_type == codec.APPLICATION_DATA and heard.seal is not None:
        record = heard.seal.open(record)
    if record.content_type == codec.ALERT:
        alert = codec.decode_alert(record)
        heard.spoke = True
        heard.refused = alert if alert.level == codec.FATAL else heard.refused
        return alert.level == codec.FATAL
    if record.content_type != codec.HANDSHAKE:
        raise WireError(f"content type: a handshake expected, {record.content_type} found")
    heard.stream += record.data
    return _read(heard)


def _read(heard: Heard) -> bool:
    """Read the whole messages of the stream; whether nothing more is wanted."""
    for kind, body in codec.messages(heard.stream):
        if kind == codec.SERVER_HELLO:
            if heard.hello is None:
                _greeted(heard, codec.decode_server_hello(body))
        elif heard.hello is None:
            raise WireError(f"message: the server's hello expected first, type {kind} found")
        elif kind == codec.CERTIFICATE:
            chain = codec.decode_chain(body, is_1_3=heard.hello.version == offer.TLS_1_3)
            heard.leaf = next(iter(chain), b"")
            return True
        elif kind == codec.SERVER_HELLO_DONE:
            return True
    return heard.hello is not None and _is_enough(heard, heard.hello)


def _is_enough(heard: Heard, hello: codec.ServerHello) -> bool:
    """Whether the hello is all that is wanted, or all that can be read, since the server shows no key for the rest."""
    return not heard.wants_leaf or (hello.version == offer.TLS_1_3 and heard.seal is None)


def _greeted(heard: Heard, hello: codec.ServerHello) -> None:
    """Note a hello that chooses among what was offered, and agree on keys where it shows its own."""
    if hello.version > heard.version:
        raise WireError(f"server version: 0x{hello.version:04x} was not offered")
    heard.hello, heard.spoke = hello, True
    if hello.version == offer.TLS_1_3 and hello.group == offer.SECP256R1 and not hello.is_retry:
        ours = heard.ours[codec.RECORD.header :]
        size = 4 + int.from_bytes(heard.stream[1:4])
        transcript = ours + heard.stream[:size]
        heard.seal = keys.agree(heard.seed, hello.share, suite=hello.suite, transcript=transcript)
