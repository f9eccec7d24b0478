"""RDP negotiation: what a choice proves about what was not chosen, and that nothing of a session may leave."""

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.rdp import PROTOCOL, codec, vet
from assetctl.protocols.tls import offer
from assetctl.talk import Recorded, Reply, replay

DEEP = frozenset({"rdp.security"})


def confirm(kind: int, value: int) -> bytes:
    """A connection confirm with a negotiation response (2) or failure (3), [MS-RDPBCGR] 2.2.1.2."""
    return bytes.fromhex("030000130ed00000123400") + bytes((kind, 0, 8, 0)) + value.to_bytes(4, "little")


def claimed(answers: dict[int, Reply], depth: frozenset[str] = DEEP) -> dict[str, object]:
    """The claims of a talk with a server that answers these offers, in this order."""
    recording: list[Recorded] = []
    for security, reply in answers.items():
        recording.append(("connect", b"", Reply(Outcome.ANSWERED)))
        recording.append(("negotiate", codec.encode(security=security), reply))
    return {c.key: c.value for c in replay(PROTOCOL.probe(Context(port=3389, depth=depth)), recording).claims}


def selected(security: int) -> Reply:
    return Reply(Outcome.ANSWERED, (confirm(2, security),))


def failed(code: int) -> Reply:
    return Reply(Outcome.ANSWERED, (confirm(3, code),))


@pytest.mark.parametrize(
    ("answers", "accepted", "demands"),
    [
        ({3: selected(2), 1: failed(5), 0: failed(5)}, ("CredSSP",), True),
        ({3: selected(2), 1: selected(1), 0: failed(1)}, ("TLS", "CredSSP"), False),
        ({3: selected(1), 0: selected(0)}, ("RDP", "TLS"), False),
        ({3: failed(2), 0: selected(0)}, ("RDP",), False),
        ({3: selected(0)}, ("RDP",), False),
        ({3: selected(2), 1: selected(0)}, ("RDP", "CredSSP"), False),
    ],
)
def test_what_is_accepted_follows_when_all_three_were_settled(
    answers: dict[int, Reply], accepted: tuple[str, ...], demands: bool
) -> None:
    claims = claimed(answers)
    assert claims["rdp_securities"] == accepted
    assert claims["rdp_demands_credssp"] is demands


@pytest.mark.parametrize(
    "answers",
    [
        {3: selected(2), 1: Reply(Outcome.SILENT)},
        {3: selected(2), 1: failed(5), 0: Reply(Outcome.RESET)},
        {3: selected(2), 1: failed(4), 0: failed(5)},
    ],
)
def test_an_open_question_leaves_the_list_untold(answers: dict[int, Reply]) -> None:
    claims = claimed(answers)
    assert claims["rdp_security"] == "CredSSP"
    assert "rdp_securities" not in claims
    assert "rdp_demands_credssp" not in claims


def test_one_connection_by_default() -> None:
    claims = claimed({3: selected(2)}, frozenset())
    assert claims == {"service_name": "rdp", "service_source": "probed", "rdp_security": "CredSSP"}


@pytest.mark.parametrize(
    ("unit", "security"),
    [
        (confirm(2, 2), codec.TLS),
        (confirm(2, 3), codec.TLS_OR_CREDSSP),
        (confirm(2, 8), codec.TLS_OR_CREDSSP),
        (confirm(4, 1), codec.TLS_OR_CREDSSP),
        (confirm(2, 1).replace(b"\xd0", b"\xe0"), codec.TLS),
        (confirm(2, 1) + b"\0", codec.TLS),
        (confirm(2, 1)[:-1], codec.TLS),
    ],
)
def test_an_answer_that_fits_no_offer_is_refused(unit: bytes, security: int) -> None:
    with pytest.raises(WireError):
        codec.decode(unit, security=security)


@pytest.mark.parametrize(
    "unit",
    [
        b"\x03\0\0\x2a\x25\xe0\0\0\0\0\0Cookie: mstshash=user\r\n\x01\0\x08\0\x03\0\0\0",
        codec.encode(security=codec.CREDSSP),
        codec.encode(security=8),
        bytes.fromhex("0300000c02f0800401000100"),  # MCS erect domain
        offer.encode(version=offer.TLS_1_0, seed=1),
    ],
)
def test_no_user_no_further_step_and_no_old_hello_may_leave(unit: bytes) -> None:
    with pytest.raises(Refusal):
        vet.vet(unit)
