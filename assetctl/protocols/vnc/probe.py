"""The RFB conversation: hear the version, answer with ours, hear the security types, and go.

No type is chosen, so no challenge is answered and no desktop shared. A server of version 3.3 chooses by itself.
"""

from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.vnc import codec, names
from assetctl.talk import Ask, Open, Talk, answer_to

NONE = 1
WITH_SECRET = frozenset({2, 30})  # types of which none holds a way in without a password


def probe(context: Context) -> Talk:
    """Read version and security types."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    version = yield from answer_to(Ask(b"", codec.VERSION, wait_s=context.answer_s), codec.decode_version)
    if version is None:
        return ()
    is_old = version.ours == codec.V3_3
    framing = codec.ONE_TYPE if is_old else codec.TYPES
    question = Ask(codec.encode(version=version.ours), framing, wait_s=context.answer_s)
    types = yield from answer_to(question, codec.decode_one_type if is_old else codec.decode_types)
    return _claims(version, types or (), context.port)


def _claims(version: codec.Version, types: tuple[int, ...], port: int) -> tuple[Claim, ...]:
    told: dict[str, Value | None] = {
        "service_name": "vnc",
        "service_source": "probed",
        "vnc_protocol_version": f"{version.major}.{version.minor}",
        "vnc_security_types": tuple(names.security_type(number) for number in types) or None,
        "anonymous_access": _is_open(types),
    }
    return tuple(
        Claim(key, value, SubjectKind.SERVICE, f"tcp/{port}") for key, value in told.items() if value is not None
    )


def _is_open(types: tuple[int, ...]) -> bool | None:
    """Whether anybody may enter; None where it depends on what a type holds within."""
    if NONE in types:
        return True
    return False if types and WITH_SECRET.issuperset(types) else None
