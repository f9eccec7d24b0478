"""Which connection a talk opens, by its transport and by what its units travel in."""

from collections.abc import Mapping
from typing import Protocol as Shape

from assetctl.model import Outcome, Transport
from assetctl.safety.permit import Permit
from assetctl.scope import Vantage
from assetctl.secrets.credentials import Secret, UsmUser
from assetctl.talk import Ask, Open, Reply
from assetctl.transport.community import envelope
from assetctl.transport.datagram import BARE, open_datagram
from assetctl.transport.link import open_link
from assetctl.transport.sockets import Heard
from assetctl.transport.stream import open_stream
from assetctl.transport.tls import open_tls


class Connection(Shape):
    async def ask(self, permit: Permit | None, ask: Ask) -> Heard: ...
    async def close(self, goodbye: Permit | None = None) -> None: ...


Opened = tuple[Connection | None, Heard]
_READY = Heard(Reply(Outcome.ANSWERED))


async def connected(
    action: Open, permit: Permit, vantage: Vantage, secrets: Mapping[str, Secret], *, connect_s: float
) -> Opened:
    """The connection, None where it could not be opened, and how that went."""
    if action.transport is Transport.TCP and action.envelope:
        return await open_tls(permit, vantage, connect_s=connect_s, wait_s=action.wait_s)
    if action.transport is Transport.TCP:
        return await open_stream(permit, vantage, connect_s=connect_s)
    if action.transport is Transport.LINK:
        return open_link(permit, action.groups), _READY
    secret = secrets.get(action.envelope)
    if isinstance(secret, UsmUser):
        from assetctl.transport.snmpv3 import open_snmpv3

        return await open_snmpv3(permit, vantage, secret)
    if action.envelope and secret is None:
        permit.use()
        return None, Heard(Reply(Outcome.DENIED, detail=f"credential {action.envelope} is not known"))
    return open_datagram(permit, vantage, BARE if secret is None else envelope(secret)), _READY
