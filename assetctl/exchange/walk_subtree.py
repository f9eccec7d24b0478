"""A walk of a maker's own subtree alone, without the system group: whose device it is, and what its objects tell.

Only objects of vendors.toml count, and only where all that have a value are one maker's: agents also carry tables of
other makers (a switch of HP those of Cisco's neighbour protocol), but not the serial number of another's device. An
object that names the maker stands above the number: devices are sold under other names with the agent of their maker.
"""

from collections.abc import Iterator, Mapping

from assetctl import makers
from assetctl.exchange.snmp_agent import Agent
from assetctl.model import Claim
from assetctl.protocols.snmp import codec, objects, vendors
from assetctl.protocols.snmp.claims import ENTERPRISES
from assetctl.protocols.snmp.codec import Varbind
from assetctl.protocols.snmp.objects import Oid

REQUEST_ID = codec.REQUEST_ID_BASE
CONFIDENCE = 60  # of the maker: nobody said that the agent is that maker's


def subtree_claims(agent: Agent) -> tuple[Claim, ...]:
    """The maker and what its objects tell; nothing where the walk has sysObjectID, or objects of several makers."""
    if objects.SYS_OBJECT_ID in agent.objects:
        return ()
    told: dict[str, dict[str, Claim]] = {}
    for maker, claim in _values(agent):
        told.setdefault(maker, {}).setdefault(claim.key, claim)
    if len(told) != 1:
        return ()
    ((maker, claims),) = told.items()
    return tuple({"manufacturer": Claim("manufacturer", maker, confidence=CONFIDENCE), **claims}.values())


def _values(agent: Agent) -> Iterator[tuple[str, Claim]]:
    """What the objects of each entry tell, with the maker behind their enterprise number."""
    for entry in vendors.entries():
        for maker, own in _by_maker(entry):
            if any(scalar.oid in agent.objects for scalar in own):
                yield from ((maker, claim) for claim in vendors.vendor_claims(own, _row(agent, own)))


def _by_maker(entry: vendors.Entry) -> Iterator[tuple[str, tuple[vendors.Scalar, ...]]]:
    for arc in () if entry.is_shared else sorted({prefix[:7] for prefix in entry.prefixes}):
        own = tuple(scalar for scalar in entry.scalars if scalar.oid[:7] == arc)
        maker = makers.of_enterprise(arc[6]) if arc[:6] == ENTERPRISES else None
        if maker and own:
            yield maker, own


def _row(agent: Agent, scalars: tuple[vendors.Scalar, ...]) -> Mapping[Oid, Varbind]:
    asked = codec.encode_get(request_id=REQUEST_ID, objects=(scalar.oid for scalar in scalars))
    return {one.name: one for one in codec.decode(agent.answer(asked), request_id=REQUEST_ID).varbinds}
