"""The start of a conversation as text, kept with its observation so that a replay is the same conversation."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted

from assetctl.model import Address
from assetctl.plan import LISTEN_S, Step
from assetctl.protocol import Context, Credential
from assetctl.scope import CredentialEntry, Scope

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def context_for(step: Step, scan: str, scope: Scope, *, known: Mapping[str, str] | None = None) -> Context:
    """What the probe of a step is started with. The seed follows from scan and step, so a replay needs no luck."""
    seed = int.from_bytes(hashlib.sha256(f"{scan}\n{step.id}".encode()).digest()[:2])
    facts = _levels(scope.credentials)
    return Context(
        port=step.port,
        seed=seed,
        depth=step.depth,
        credentials=step.credentials,
        units=step.units,
        parameters={**scope.parameters.get(step.protocol, {}), **_listening(step)},
        answer_s=scope.limits.answer_s,
        known={**facts, **(known or {})},
        host=step.address.host if isinstance(step.address, Address) else step.address.interface,
    )


def _listening(step: Step) -> dict[str, str]:
    """How long to listen, as the plan says it."""
    return {LISTEN_S: f"{step.listen_s:g}"} if step.listen_s else {}


def written(context: Context) -> dict[str, str]:
    """A context as the options of an observation."""
    known, parameters = _object(context.known), _object(context.parameters)
    return {
        "context": f'{_beginning(context.answer_s, context.credentials, context.depth, context.held)},"host":'
        f'{_quoted(context.host)},"known":{known},"parameters":{parameters},"port":{context.port},"seed":{context.seed}'
        f',"units":[{",".join(map(str, context.units))}]}}'
    }


def read(options: Mapping[str, str]) -> Context:
    """The context that an observation was made with."""
    content = json.loads(options["context"])
    return Context(
        port=content["port"],
        seed=content["seed"],
        depth=frozenset(content["depth"]),
        credentials=tuple(Credential(name, kind) for name, kind in content["credentials"]),
        units=tuple(content["units"]),
        parameters=content.get("parameters", {}),
        answer_s=content["answer_s"],
        known=content["known"],
        held=frozenset(content["held"]),
        host=content.get("host", ""),
    )


@lru_cache(typed=True)  # 2 is not 2.0
def _beginning(answer_s: float, credentials: Iterable[Credential], depth: frozenset[str], held: frozenset[str]) -> str:
    """What of a context is the same for the devices of a row, the beginning of its canonical JSON."""
    content = {
        "answer_s": answer_s,
        "credentials": [[c.name, c.kind] for c in credentials],
        "depth": sorted(depth),
        "held": sorted(held),
    }
    return _ENCODER.encode(content)[:-1]


def _object(told: Mapping[str, str]) -> str:
    return _ENCODER.encode(dict(told)) if told else "{}"


def _levels(entries: tuple[CredentialEntry, ...]) -> dict[str, str]:
    return {key: told for entry in entries if entry.kind == "snmp-v3" for key, told in _level(entry).items()}


def _level(entry: CredentialEntry) -> dict[str, str]:
    """What of a credential is no secret: the SNMPv3 level and algorithms, by the names that the probe looks for."""
    auth, priv = entry.options.get("auth_protocol", ""), entry.options.get("priv_protocol", "")
    level = "authPriv" if priv else "authNoPriv" if auth else "noAuthNoPriv"
    return {f"level/{entry.name}": level, f"auth/{entry.name}": auth, f"priv/{entry.name}": priv}
