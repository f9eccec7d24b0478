"""What an action weighs: units on the budget of its device, and packets on the pace of the run."""

from assetctl.model import Transport
from assetctl.plan import Step
from assetctl.talk import HANDSHAKE_UNITS, TLS, Ask, Open

CONNECT_PACKETS = 4  # SYN, ACK of the handshake, FIN, ACK of theirs
UNIT_PACKETS = 2  # the unit and the ACK of its answer
HANDSHAKE_PACKETS = 4 * UNIT_PACKETS  # TLS: the hello, perhaps again in another group, our part, and later the end
GREETING = 2  # datagrams of an SNMPv3 engine before its first question


def weight(step: Step, action: Open | Ask, opened: Open) -> tuple[int, int, int]:
    """Units, packets and datagrams of an action.

    A connection in TLS counts its handshake too. Opening a datagram socket sends nothing, except that an SNMPv3 engine
    asks for the agent's id and time first.
    """
    if isinstance(action, Ask):
        return 1, UNIT_PACKETS if opened.transport is Transport.TCP else 1, 1
    goodbye = 1 if action.goodbye else 0
    if action.transport is Transport.TCP and action.envelope == TLS:
        return 1 + goodbye + HANDSHAKE_UNITS, CONNECT_PACKETS + HANDSHAKE_PACKETS, 1
    if action.transport is Transport.TCP:
        return 1 + goodbye, CONNECT_PACKETS, 1
    greets = any(c.name == opened.envelope and c.kind == "snmp-v3" for c in step.credentials)
    return (GREETING, GREETING, GREETING) if greets else (0, 0, 0)
