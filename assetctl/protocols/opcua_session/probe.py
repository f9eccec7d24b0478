"""The OPC UA conversation with a session: entered as nobody, read once, and left again.

A session is made only where an endpoint without security lets anybody in; a name or a password is never sent. Whatever
comes after it was made, CloseSession and the end of the channel follow, unless the connection is gone or the gate shut.
"""

from collections.abc import Generator
from contextlib import suppress
from datetime import datetime
from functools import partial

from assetctl.errors import WireError
from assetctl.model import Claim, SubjectKind, Value
from assetctl.protocol import Context
from assetctl.protocols.opcua import claims, discovery
from assetctl.protocols.opcua.channel import Channel, Steps
from assetctl.protocols.opcua.codec import Failed
from assetctl.protocols.opcua_session import codec
from assetctl.talk import Ask, Reply, Talk

Build = dict[int, codec.BuildValue]
_TEXTS = {
    "service_product": codec.PRODUCT_NAME,
    "service_version": codec.SOFTWARE_VERSION,
    "opcua_build_product_uri": codec.PRODUCT_URI,
    "opcua_manufacturer_name": codec.MANUFACTURER_NAME,
    "opcua_build_number": codec.BUILD_NUMBER,
}


def probe(context: Context) -> Talk:
    """Read BuildInfo where a session is free for everybody."""
    channel = Channel.of(context)
    build: Build = {}
    yield from channel.open()
    try:
        policy_id = yield from _way_in(channel)
        if policy_id is not None:
            yield from _in_session(channel, policy_id, build)
    except WireError:
        pass  # what cannot be read ends the talk
    yield from channel.close()
    return (*claims.spoken(context.port), *_claims(build, context.port)) if channel.spoke else ()


def _way_in(channel: Channel) -> Generator[Ask, Reply, bytes | None]:
    """The anonymous policy of an endpoint without security; None where there is none."""
    message = yield from channel.ask(partial(discovery.encode_get_endpoints, url=channel.url))
    endpoints = discovery.decode_get_endpoints(message) if message else ()
    if isinstance(endpoints, Failed):
        return None
    for endpoint in endpoints:
        if endpoint.mode != "None" or not claims.is_binary_tcp(endpoint):
            continue
        for token in endpoint.tokens:
            if token.type == "Anonymous" and len(token.policy_id) <= codec.MOST_TOKEN:
                return token.policy_id
    return None


def _in_session(channel: Channel, policy_id: bytes, build: Build) -> Steps:
    message = yield from channel.ask(partial(codec.encode_create_session, url=channel.url))
    session = codec.decode_create_session(message) if message else None
    if not isinstance(session, codec.Session):
        return
    with suppress(WireError):  # the session must be ended all the same
        yield from _read(channel, session.authentication, policy_id, build)
    parting = partial(codec.encode_close_session, authentication=session.authentication)
    if channel.ended:
        yield from channel.say(parting)
    else:
        yield from channel.ask(parting)


def _read(channel: Channel, authentication: bytes, policy_id: bytes, build: Build) -> Steps:
    question = partial(codec.encode_activate_session, authentication=authentication, policy_id=policy_id)
    message = yield from channel.ask(question)
    if not message or not codec.decode_activate_session(message):
        return
    message = yield from channel.ask(partial(codec.encode_read_build_info, authentication=authentication))
    values = codec.decode_read(message) if message else {}
    if not isinstance(values, Failed):
        build.update(values)


def _claims(build: Build, port: int) -> list[Claim]:
    """BuildInfo is of the server software, which is the device's firmware in some and a program on a PC in others."""
    told: dict[str, Value] = {}
    for key, node in _TEXTS.items():
        value = build.get(node)
        if isinstance(value, str) and value:
            told[key] = value[: claims.MOST_TEXT]
    date = build.get(codec.BUILD_DATE)
    if isinstance(date, datetime):
        told["opcua_build_date"] = date.isoformat()
    return [Claim(key, value, SubjectKind.SERVICE, f"tcp/{port}") for key, value in told.items()]
