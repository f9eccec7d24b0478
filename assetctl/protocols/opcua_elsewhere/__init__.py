"""OPC UA on the ports that makers of servers use by default, beside the registered one.

Chosen because servers on a computer seldom have 4840, which the discovery server there holds. A connection to each of
these ports on every device would be a port scan, so they are asked where evidence shows one open, where another server
of the device names it, and where the scope names this protocol.
"""

from dataclasses import replace

from assetctl.protocol import Wants
from assetctl.protocols.opcua import PROTOCOL as OPCUA

PORTS = (48010, 49320, 53530, 62541)
"""Of servers made with Unified Automation's kit, of Kepware, of Prosys, and of the foundation's reference server."""

PROTOCOL = replace(
    OPCUA,
    name="opcua-elsewhere",
    title="OPC UA on other usual ports",
    ports=PORTS,
    wants=Wants(frozenset()),
)
