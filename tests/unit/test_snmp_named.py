"""What leaves as SNMP depth was named: each table belongs to its own depth questions, in the gate as in the probe."""

from pathlib import Path

import pytest

from assetctl.model import NetworkKind, Transport
from assetctl.plan import steps
from assetctl.protocol import Credential
from assetctl.protocols import registry
from assetctl.protocols.snmp import PROTOCOL, arp, bridge, codec, depth, host, lldp
from assetctl.safety.permit import Permit, Refused
from assetctl.scope import CredentialEntry
from assetctl.talk import Ask, Open
from tests.unit.plants import gate, plan_of, scope, target

OPEN = Open(Transport.UDP, 161, envelope="ro")
FIRST_OF = {
    depth.TABLES: depth.ENTITIES,
    depth.NEIGHBOURS: lldp.REMOTE,
    depth.FDB: bridge.Q_FDB,
    depth.ARP: arp.PHYSICAL,
    depth.HOST: host.SOFTWARE,
}


def question(name: str) -> Ask:
    ids = codec.REQUEST_ID_BASE | codec.DEPTH_MARK | 1
    unit = codec.encode_walk(request_id=ids, columns=FIRST_OF[name].columns, index=(), repetitions=0)
    return Ask(unit, codec.FRAMING)


@pytest.mark.parametrize("named", sorted(depth.QUESTIONS))
@pytest.mark.parametrize("asked", sorted(depth.QUESTIONS))
def test_naming_one_depth_question_lets_no_table_of_another_out(named: str, asked: str, tmp_path: Path) -> None:
    wanted = scope(
        target("10.20.1.1"),
        kind=NetworkKind.OT,
        probes=("snmp",),
        depth=frozenset({named}),
        credentials=(CredentialEntry("ro", "snmp-v2c", "plant", (), {}),),
    )
    plan = plan_of(wanted)
    step = next(iter(steps(plan, registry(), plan.rows[0].target)))[1][0]
    assert step.credentials == (Credential("ro", "snmp-v2c"),)
    named_by = {"snmp": PROTOCOL.named_by}
    answer = gate(plan, tmp_path, named_by=named_by).permit(step, question(asked), opened=OPEN)
    if named == asked:
        assert isinstance(answer, Permit)
    else:
        assert isinstance(answer, Refused)
        assert asked in answer.reason


def test_every_depth_request_says_which_depth_questions_send_it() -> None:
    for request in PROTOCOL.requests:
        assert bool(request.depths) == (request.klass == "depth"), request.name
        assert set(request.depths) <= set(PROTOCOL.depths)
