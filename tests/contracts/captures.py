"""Reads the recorded exchanges of the protocol folders: protocols/<name>/captures/*.toml.

A capture holds title, provenance, [context], [[exchange]] (request, outcome, sent, received) and [[claim]].
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import assetctl.protocols
from assetctl.model import Claim, Outcome, SubjectKind
from assetctl.protocol import Context, Credential, Protocol
from assetctl.talk import Recorded, Reply


@dataclass(frozen=True)
class Capture:
    protocol: Protocol
    path: Path
    title: str
    context: Context
    recording: tuple[Recorded, ...]
    claims: frozenset[Claim]

    def __str__(self) -> str:
        return f"{self.protocol.name}-{self.path.stem}"


def load(protocol: Protocol, path: Path) -> Capture:
    data = tomllib.loads(path.read_text("utf-8"))
    assert data["provenance"], path
    return Capture(
        protocol,
        path,
        data["title"],
        _context(data.get("context", {}), protocol),
        tuple(_recorded(row) for row in data["exchange"]),
        frozenset(_claim(row) for row in data.get("claim", ())),
    )


def all_captures() -> list[Capture]:
    folder = Path(assetctl.protocols.__file__).parent
    return [
        load(protocol, path)
        for protocol in assetctl.protocols.registry().values()
        for path in sorted((folder / protocol.name.replace("-", "_") / "captures").glob("*.toml"))
    ]


def _context(row: dict[str, Any], protocol: Protocol) -> Context:
    return Context(
        port=row.get("port", (*protocol.ports, 1)[0]),
        seed=row.get("seed", 0),
        depth=frozenset(row.get("depth", ())),
        credentials=tuple(Credential(c["name"], c["kind"]) for c in row.get("credentials", ())),
        units=tuple(row.get("units", ())),
        parameters=row.get("parameters", {}),
        known=row.get("known", {}),
        held=frozenset(row.get("held", ())),
        host=row.get("host", ""),
    )


def _recorded(row: dict[str, Any]) -> Recorded:
    frames = tuple(bytes.fromhex(text) for text in row.get("received", ()))
    return row["request"], bytes.fromhex(row.get("sent", "")), Reply(Outcome(row["outcome"]), frames)


def _claim(row: dict[str, Any]) -> Claim:
    value = row["value"]
    return Claim(
        row["key"],
        tuple(value) if isinstance(value, list) else value,
        SubjectKind(row.get("kind", "asset")),
        row.get("local_key", ""),
        row.get("part", ""),
        row.get("confidence", 90),
    )
