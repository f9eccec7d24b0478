"""A walk -> what the SNMP probe makes of it: the agent is asked in memory, as it would be over the wire.

Left out is what a walk does not tell: over which version and port the agent answered.
"""

from datetime import datetime
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

from assetctl.errors import WireError
from assetctl.exchange.capture.answers import drive
from assetctl.exchange.snmp_agent import Agent
from assetctl.exchange.walk_file import Walk
from assetctl.exchange.walk_subtree import subtree_claims
from assetctl.model import Address, Claim, IPAddress, Observation, Outcome, SubjectKind, Transport
from assetctl.protocol import Context, Credential
from assetctl.protocols import registry
from assetctl.talk import Ask, Open

SOURCE = "snmp-walk"
NOT_TOLD = frozenset({"snmp_versions_answered", "snmp_versions_tried", "snmp_tables_cut"})


class _Answers:
    """The agent, for the probe."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    def opened(self, step: Open) -> bool:
        return step.transport is Transport.UDP

    def said(self, ask: Ask) -> tuple[bytes, ...]:
        try:
            return (self.agent.answer(ask.payload),)
        except WireError:
            return ()


def claims(walk: Walk) -> tuple[Claim, ...]:
    """Everything that the probe reads out of these objects."""
    snmp = registry()["snmp"]
    context = Context(port=161, depth=frozenset(snmp.depths), credentials=(Credential("walk", "snmp-v2c"),))
    agent = Agent(walk.objects)
    told = (*drive(snmp.probe(context), _Answers(agent)), *subtree_claims(agent))
    return tuple(one for one in told if one.key not in NOT_TOLD and one.kind is not SubjectKind.SERVICE)


def address_in(path: Path) -> IPAddress | None:
    """The address that a file is named after, such as 10.20.1.7.snmprec; None for another name."""
    for name in (path.stem, path.name):
        try:
            return ip_address(name)
        except ValueError:
            continue
    return None


def observation(walk: Walk, *, scan: str, realm: str, ip: IPAddress | None, at: datetime, file: str) -> Observation:
    """The device of a walk. ip: where it was asked, None when nobody says. at: when."""
    told = claims(walk)
    if ip is not None:
        told = (Claim("ip_address", str(ip), SubjectKind.INTERFACE, f"ip/{ip}"), *told)
    return Observation(
        id="walk-" + sha256(f"{realm}\n{ip}\n{walk.sha256}".encode()).hexdigest()[:24],
        scan=scan,
        source=SOURCE,
        reader=registry()["snmp"].reader,
        realm=realm,
        target=Address(realm, ip) if ip is not None else None,
        vantage="import",
        outcome=Outcome.ANSWERED,
        started=at,
        ended=at,
        exchanges=(),
        claims=tuple(dict.fromkeys(told)),
        record=f"{file}: {len(walk.objects)} objects",
    )
