"""What the exchanges of a step say about the ports it touched."""

from collections.abc import Iterable

from assetctl.model import Claim, Exchange, Outcome, SubjectKind
from assetctl.transport.tls import FAULT

_OF_CONNECT = {Outcome.ANSWERED: "open", Outcome.REFUSED: "closed", Outcome.SILENT: "filtered"}
_OF_DATAGRAM = {Outcome.ANSWERED: "open", Outcome.REFUSED: "closed"}


def port_claims(exchanges: Iterable[Exchange]) -> tuple[Claim, ...]:
    """The state of each port. A silent datagram says nothing.

    Every connect tells its port first in its detail, such as "tcp/502" or "tcp/502: Connection refused". A port behind
    which a TLS handshake failed was open.
    """
    states: dict[str, str] = {}
    port = ""
    for exchange in exchanges:
        if exchange.request == "connect":
            port = exchange.detail.partition(":")[0]
        found = _port_state(port, exchange)
        if found and states.get(port) != "open":
            states[port] = found
    return tuple([Claim("port_state", states[port], SubjectKind.SERVICE, port) for port in sorted(states) if port])


def _port_state(port: str, exchange: Exchange) -> str:
    is_connect = exchange.request == "connect"
    if is_connect and exchange.detail.startswith(f"{port}: {FAULT}"):
        return "open"
    if port.startswith("tcp/"):
        return _OF_CONNECT.get(exchange.outcome, "") if is_connect else ""
    is_unit = not is_connect or exchange.outcome is Outcome.REFUSED
    if not port.startswith("udp/") or not is_unit or exchange.detail.startswith("usm:"):
        return ""
    return _OF_DATAGRAM.get(exchange.outcome, "")
