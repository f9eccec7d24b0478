"""An inventory into a NetBox through its API: what it holds is read, what differs is shown, and written when told so.

The server is one that the user names, in the office; a name that leads to an address of an OT network, or to one that
the scope excludes, is refused before a byte is sent. What was written stays written when a later part is refused: the
next run does the rest, and a run on what is there already does nothing.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from assetctl.errors import EnvironmentFault, InputError, SecretFault
from assetctl.exchange.out_netbox_compare import Compared, Record, Step, compare
from assetctl.exchange.out_netbox_objects import INTERFACE, Objects, Ref, Value
from assetctl.model import Address, IPAddress, NetworkKind
from assetctl.scoping.build import build_scope
from assetctl.secrets.references import follow
from assetctl.settings import Settings
from assetctl.text import one_line, visible
from assetctl.transport.office import Answer, Office, office

LEAST_VERSION = (4, 3)
PAGE = 250
MOST_PAGES = 4000
BATCH = 50  # objects in one request; all of them are taken or none
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")
_WAYS = ("env", "file", "keyring", "command")


def server(settings: Settings, url: str, reference: str) -> Office:
    """The NetBox at an address. reference: to its token, as WAY:PLACE. Raises InputError, SecretFault.

    Tokens of NetBox 4.5 and later begin with nbt_ and are sent as a bearer, older ones in NetBox's own way.
    """
    way, _, where = reference.partition(":")
    if way not in _WAYS or not where:
        raise InputError(f"--token-from: one of {', '.join(f'{one}:...' for one in _WAYS)} is expected")
    token = follow(
        {way: where}, "token of NetBox", environ=os.environ, config_dir=settings.found.folder, user_config=True
    ).strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise SecretFault("token of NetBox: it holds characters that no token has; copy it again")
    scheme = "Bearer" if token.startswith("nbt_") else "Token"
    return office(url, f"{scheme} {token}", lambda ip: _refusal(settings, ip))


def compared(netbox: Office, objects: Objects) -> Compared:
    """What differs. Raises InputError for a NetBox that is too old, EnvironmentFault."""
    said = _good(netbox, netbox.ask("/api/status/"), "its status")
    version = _VERSION.match(str(said.get("netbox-version", ""))) if isinstance(said, Mapping) else None
    if version is None:
        raise InputError(f"{netbox}: this is no NetBox; name the address at which its pages begin")
    if tuple(map(int, version.groups())) < LEAST_VERSION:
        raise InputError(f"{netbox}: NetBox {version[0]} is older than 4.3; use the CSV files of `export netbox`")
    return compare(objects, lambda path, query: _records(netbox, path, query))


def write(netbox: Office, found: Compared) -> int:
    """Do the steps; how many. Raises InputError with what NetBox says against an object, EnvironmentFault."""
    ids = dict(found.ids)
    for steps in _batches(found.steps):
        bodies = [_body(step, ids) for step in steps]
        path, method = f"/api/{steps[0].path}/", "POST" if steps[0].is_new else "PATCH"
        answer = netbox.send(method, path, bodies)
        if answer.status not in (200, 201):
            kind = EnvironmentFault if answer.status >= 500 else InputError
            raise kind(f"{netbox}: {_refused(steps, answer)}; what came before it is written")
        made = _made(netbox, steps, answer)
        if steps[0].is_new:
            ids |= {step.ref: id for step, id in zip(steps, made, strict=True)}
        elif set(made) != {ids[step.ref] for step in steps}:  # NetBox tells changes in an order of its own
            raise EnvironmentFault(f"{netbox}: it changed other {steps[0].ref.kind} than it was told; look there")
    return len(found.steps)


def rows(found: Compared) -> Iterator[dict[str, object]]:
    """A line for each field that would be written."""
    for step in found.steps:
        for field, value in step.fields.items():
            yield {
                "kind": step.ref.kind,
                "object": step.ref.name,
                "action": "make" if step.is_new else "change",
                "field": field,
                "old": step.old.get(field, ""),
                "new": value.name if isinstance(value, Ref) else _text(value),
            }


def _text(value: Value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _refusal(settings: Settings, ip: IPAddress) -> str:
    """Why nothing may be sent to an address: it belongs to the plant and not to the office."""
    scope = build_scope(settings)
    if any(Address(one.realm, ip) in one for one in scope.excluded):
        return "the scope excludes this address"
    for realm in {one.realm for one in scope.networks} | {one.realm for one in scope.targets}:
        place = Address(realm, ip)
        is_declared = any(one.realm == realm and ip in one.range for one in scope.networks)
        if (is_declared or scope.includes(place)) and scope.network_of(place).kind is NetworkKind.OT:
            return "this address lies in an OT network of the scope"
    return ""


def _records(netbox: Office, path: str, query: Sequence[tuple[str, str]]) -> Iterator[Record]:
    """All that a query finds, page by page: as many as the server likes to give at once.

    Its link to the next page is not followed, since it may lead elsewhere.
    """
    offset = 0
    for _ in range(MOST_PAGES):
        place = (("limit", str(PAGE)), ("offset", str(offset)), ("ordering", "id"))
        said = _good(netbox, netbox.ask(f"/api/{path}/", (*query, *place)), path)
        results = said.get("results") if isinstance(said, Mapping) else None
        if not isinstance(results, list) or not all(_is_record(one) for one in results):
            raise EnvironmentFault(f"{netbox}: {path}: a list of objects with numbers is expected; is this a NetBox?")
        yield from results
        offset += len(results)
        if not said.get("next") or not results:
            return
    raise EnvironmentFault(f"{netbox}: {path}: the list does not end; look at the server")


def _is_record(value: object) -> bool:
    return isinstance(value, Mapping) and type(value.get("id")) is int


def _good(netbox: Office, answer: Answer, what: str) -> Any:
    if answer.status != 200:
        said = f": {one_line(str(answer.body))}" if answer.body is not None else ""
        if answer.status >= 500:
            raise EnvironmentFault(f"{netbox}: {what} cannot be read now (HTTP {answer.status}{said}); try again later")
        raise InputError(f"{netbox}: {what} cannot be read (HTTP {answer.status}{said}); name where its pages begin")
    return answer.body


def _batches(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """Runs of steps that can be one request: of one kind and way, none naming another of the same run."""
    run: list[Step] = []
    for step in steps:
        touched = {step.ref, *(value for value in step.fields.values() if isinstance(value, Ref))}
        same = run and (run[0].path, run[0].is_new) == (step.path, step.is_new)
        if run and (not same or len(run) == BATCH or touched & {one.ref for one in run}):
            yield run
            run = []
        run.append(step)
    if run:
        yield run


def _body(step: Step, ids: Mapping[Ref, int]) -> dict[str, object]:
    body = {field: _sent(field, value, ids) for field, value in step.fields.items()}
    return body if step.is_new else {"id": ids[step.ref], **body}


def _sent(field: str, value: Value, ids: Mapping[Ref, int]) -> object:
    if field.endswith("_terminations") and isinstance(value, Ref):
        return [{"object_type": INTERFACE, "object_id": ids[value]}]
    if isinstance(value, Ref):
        return ids[value]
    return list(value) if isinstance(value, tuple) else value


def _made(netbox: Office, steps: Sequence[Step], answer: Answer) -> list[int]:
    """The ids of what was written; of new objects in the order of the steps."""
    said = answer.body if isinstance(answer.body, list) else []
    if len(said) != len(steps) or not all(_is_record(one) for one in said):
        raise EnvironmentFault(
            f"{netbox}: it does not say what it made of {steps[0].ref.kind}; look there and run again"
        )
    return [one["id"] for one in said]


def _refused(steps: Sequence[Step], answer: Answer) -> str:
    """What a NetBox says against an object of a request."""
    said = answer.body
    if isinstance(said, list):
        faults = [(step, one) for step, one in zip(steps, said, strict=False) if one]
        if faults:
            step, why = faults[0]
            return f"{step.ref.kind} {visible(step.ref.name, most=200)} is refused: {_why(why)}"
    return f"{steps[0].ref.kind} are refused (HTTP {answer.status}): {_why(said)}"


def _why(said: object) -> str:
    if isinstance(said, Mapping):
        told = (f"{field}: {' '.join(map(str, why)) if isinstance(why, list) else why}" for field, why in said.items())
        return one_line("; ".join(islice(told, 5)), most=300)
    return one_line(str(said), most=300)
