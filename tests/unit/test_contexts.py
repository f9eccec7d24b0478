"""The start of a conversation is one canonical JSON text, and reads back as it was."""

import json

import pytest

from assetctl.protocol import OPEN_PORTS, Context, Credential
from assetctl.work import contexts

FULL = Context(
    port=161,
    seed=65535,
    depth=frozenset({"snmp.tables", "snmp.arp"}),
    credentials=(
        Credential('the "first"', "snmp-v2c"),
        Credential("zweite\N{LATIN SMALL LETTER U WITH DIAERESIS}", "v3"),
    ),
    units=(1, 247),
    parameters={"nodes": "7", "listen_s": "3"},
    answer_s=0.5,
    known={"model": 'a "b"\\\x00', OPEN_PORTS: "tcp/502 udp/161"},
    held=frozenset({"get-system"}),
    host="fe80::1",
)


@pytest.mark.parametrize(
    "context", [FULL, Context(port=502), Context(port=502, answer_s=2), Context(port=1, units=(3,))]
)
def test_a_context_is_canonical_json_and_reads_back(context: Context) -> None:
    text = contexts.written(context)["context"]
    assert contexts.read({"context": text}) == context
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text
    assert type(json.loads(text)["answer_s"]) is type(context.answer_s)
