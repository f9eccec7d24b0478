"""A bug in a decoder costs the reading of one device: not its bytes, and no other device's result."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from assetctl.errors import Exit
from assetctl.protocol import Context, Protocol
from assetctl.protocols import registry
from assetctl.talk import Talk
from assetctl.work import ordering, rereading
from tests.live.killed_plant import NETWORK
from tests.unit.command import Desk
from tests.unit.scanned import desk, scanned_once, servers

__all__ = ["desk", "scanned_once", "servers"]


def broken_for(order_code: str) -> Mapping[str, Protocol]:
    """Protocols of which one trips over the answers of one device, at the end of the talk."""
    modbus = registry()["modbus"]

    def probe(context: Context) -> Talk:
        claims = yield from modbus.probe(context)
        if any(claim.value == order_code for claim in claims):
            raise IndexError("list index out of range")
        return claims

    return registry() | {"modbus": replace(modbus, probe=probe)}


def models(desk: Desk) -> dict[str, str | None]:
    data = json.loads(desk.call("--format", "json", "assets", "list").out)["data"]
    return {address: record["model"] for record in data for address in record["ip_address"]}


def test_a_broken_decoder_costs_one_reading_and_a_better_one_heals_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "assetctl.db").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(ordering, "registry", lambda: broken_for("PLC-2"))
        patch.setattr(rereading, "registry", lambda: broken_for("PLC-2"))
        said = desk.call("--format", "json", "-q", "scan", "--yes")
        assert said.code == Exit.BUG
        record = json.loads(said.out)["data"]
        assert (record["state"], record["steps"]["broken"], record["steps"]["answered"]) == ("partial", 1, 2)
        assert models(desk) == {f"{NETWORK}.1": "P-1", f"{NETWORK}.2": None, f"{NETWORK}.3": "P-3"}
        assert desk.call("evidence", "verify").code == 0
        said = desk.call("evidence", "reread")
        assert said.code == Exit.PARTIAL
        assert "IndexError" in said.err
    assert desk.call("evidence", "reread").code == 0
    assert models(desk) == {f"{NETWORK}.{n}": f"P-{n}" for n in (1, 2, 3)}
