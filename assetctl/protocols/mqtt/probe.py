"""The MQTT conversation: may I come in without a name? Whatever the broker answers, we say goodbye.

Nothing is published and nothing subscribed, not even the topics under $SYS, which would tell the broker's version.
"""

from collections.abc import Generator

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.mqtt import codec
from assetctl.talk import Ask, Open, Reply, Talk

DEPTH = "mqtt.v5"
WORDS = (  # MQTT 3.1.1, 3.2.2.3
    *("connection accepted", "unacceptable protocol version", "identifier rejected", "server unavailable"),
    *("bad user name or password", "not authorized"),
)
_REFUSED_LOGIN = {
    codec.V3_1_1: (codec.BAD_LOGIN, codec.NOT_AUTHORISED),
    codec.V5: (codec.V5_BAD_LOGIN, codec.V5_NOT_AUTHORISED, codec.V5_BAD_METHOD),
}
_BAD_LEVEL = {codec.V3_1_1: (codec.BAD_LEVEL,), codec.V5: (codec.BAD_LEVEL, codec.V5_BAD_LEVEL)}
_NAMES = {codec.V3_1_1: "3.1.1", codec.V5: "5.0"}

_Said = dict[int, codec.Answer]


def probe(context: Context) -> Talk:
    """Connect with version 3.1.1, and where it is named with version 5 too."""
    said: _Said = {}
    goes_on = yield from _ask(codec.V3_1_1, context, said)
    if goes_on and DEPTH in context.depth:
        yield from _ask(codec.V5, context, said)
    return _claims(said, context)


def _ask(level: int, context: Context, said: _Said) -> Generator[Open | Ask, Reply, bool]:
    """One connection and one CONNECT, its answer into `said`; whether there was one."""
    reply = yield Open(Transport.TCP, context.port, goodbye=codec.DISCONNECT)
    if reply.outcome is not Outcome.ANSWERED:
        return False
    reply = yield Ask(codec.encode(level=level, seed=context.seed), codec.FRAMING, wait_s=context.answer_s)
    if reply.outcome is not Outcome.ANSWERED:
        return False
    try:
        said[level] = codec.decode(reply.frames[0], level=level)
    except WireError:
        return False
    return True


def _claims(said: _Said, context: Context) -> tuple[Claim, ...]:
    if not said:
        return ()
    told: dict[str, Value | None] = {
        "service_name": "mqtt",
        "service_source": "probed",
        "mqtt_return_code": WORDS[said[codec.V3_1_1].code],
        "mqtt_versions": _versions(said),
        "anonymous_access": _is_open(said),
    }
    service = f"tcp/{context.port}"
    return tuple(Claim(key, value, SubjectKind.SERVICE, service) for key, value in told.items() if value is not None)


def _versions(said: _Said) -> tuple[str, ...] | None:
    """The versions that are spoken; None while one of the two was not tried."""
    if set(said) != set(_NAMES):
        return None
    return tuple(name for level, name in _NAMES.items() if said[level].code not in _BAD_LEVEL[level])


def _is_open(said: _Said) -> bool | None:
    """Whether anybody may come in; None where the broker refused for another reason."""
    if any(answer.code == codec.ACCEPTED for answer in said.values()):
        return True
    return False if any(answer.code in _REFUSED_LOGIN[level] for level, answer in said.items()) else None
