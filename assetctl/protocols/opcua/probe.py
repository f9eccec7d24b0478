"""The OPC UA conversation of discovery: which servers are known here, and the endpoints of this one. No session.

Servers that are found at other addresses are told and never asked.
"""

from functools import partial

from assetctl.errors import WireError
from assetctl.protocol import Context
from assetctl.protocols.opcua import claims, discovery
from assetctl.protocols.opcua.channel import Channel
from assetctl.protocols.opcua.codec import Failed
from assetctl.talk import Talk


def probe(context: Context) -> Talk:
    """Ask FindServers and GetEndpoints on one channel."""
    channel = Channel.of(context)
    servers: tuple[discovery.Application, ...] | Failed = ()
    endpoints: tuple[discovery.Endpoint, ...] | Failed = ()
    yield from channel.open()
    try:
        message = yield from channel.ask(partial(discovery.encode_find_servers, url=channel.url))
        servers = discovery.decode_find_servers(message) if message else ()
        message = yield from channel.ask(partial(discovery.encode_get_endpoints, url=channel.url))
        endpoints = discovery.decode_get_endpoints(message) if message else ()
    except WireError:
        pass  # what was read before it stays; nothing more is asked
    yield from channel.close()
    if not channel.spoke:
        return ()
    known = () if isinstance(servers, Failed) else servers
    entrances = () if isinstance(endpoints, Failed) else endpoints
    return claims.spoken(context.port) + claims.claims(known, entrances, context.port)
