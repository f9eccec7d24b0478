"""docs/protocols.md: what each protocol may ask and costs, from its PROTOCOL record."""

import inspect
import sys
from collections.abc import Iterator, Sequence

from assetctl.plan import NEVER_CONNECTED
from assetctl.planning import FINDER_PORTS
from assetctl.protocol import Cost, Protocol, Request
from assetctl.protocols import registry
from assetctl.text import counted
from tools.docs.markup import code, codes, head, table

LONG = 24


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    protocols = sorted(registry().values(), key=lambda one: one.name)
    yield from head(
        "Protocols",
        "Everything that assetctl can say to a device, as units of each protocol. A byte that differs over the stated "
        "arguments is shown as `..`, a unit of varying length ends in `…`. What is not on this page has no encoder, "
        "and the protocol's `vet` refuses it when it reads the bytes that are about to leave.",
        "Classes: *identity* is asked by default; *depth* costs the device more and is named by the scope; *stateful* "
        "takes or creates a session and is named for each device with a consent. Units are counted before sending; "
        "a TCP connect counts one. The digest is taken over name, class, unit and argument values of each request, "
        "and is part of the hash of a plan and of an approval.",
        "The port finder is the one thing beside them: it connects, closes orderly and sends no unit, on ports "
        f"{_ports(FINDER_PORTS)} unless the scope names others, and not on IT networks, where nmap looks for ports. "
        "Where a protocol of the plan connects to such a port anyway, the finder leaves it out.",
        f"Ports that are never connected to: {_ports(sorted(NEVER_CONNECTED))}.",
    )
    rows = (
        (
            f"[{one.title}](#{one.name})",
            one.transport,
            ", ".join(map(str, one.ports)) or "as named",
            _cost(one.cost),
            codes(one.depths),
        )
        for one in protocols
    )
    yield from table(("protocol", "transport", "ports", "at most for identity", "depth questions"), rows)
    for protocol in protocols:
        yield from _protocol(protocol)


def _protocol(protocol: Protocol) -> Iterator[str]:
    yield from (f"## {protocol.name}", "", f"**{protocol.title}.** {_chosen(protocol)}", "")
    over = f"{protocol.transport}" + (f", then {protocol.fallback_transport}" if protocol.fallback_transport else "")
    yield f"- Ports: {', '.join(map(str, protocol.ports)) or 'only those that the scope names'} over {over}"
    yield f"- Costs at most: {_cost(protocol.cost)}" + _unit_cost(protocol.unit_cost)
    for name, cost in protocol.depths.items():
        yield f"- Depth {code(name)}: {_cost(cost)} more"
    if protocol.everywhere:
        yield "- Asked on IT networks too, unless nmap is planned there; on OT networks after the plant's own protocols"
    if protocol.wants is not None:
        yield f"- {_wants(protocol)}"
    for name, meaning in protocol.parameters.items():
        yield f"- Told by the scope: {code(f'parameters.{protocol.name}.{name}')}, {meaning}"
    yield f"- Needs a credential: {'yes' if protocol.needs_credential else 'no'}"
    yield f"- Reader: {code(protocol.reader)}; seen to work against software of others: {_yes(protocol.verified)}"
    yield f"- Digest of the request list: {code(protocol.digest)}"
    yield f"- Never sent: {_never(protocol)}"
    yield f"- May claim: {codes(sorted(protocol.claims))}"
    yield f"- Sources: {'; '.join(protocol.sources)}"
    yield ""
    for request in protocol.requests:
        yield from _request(request)


def _wants(protocol: Protocol) -> str:
    """When it is asked, for a protocol that wants a hint."""
    assert protocol.wants is not None
    makers = ", ".join(sorted(protocol.wants.makers))
    if protocol.wants.strict:
        return f"Asked only of devices whose maker is known to be {makers}"
    if protocol.wants.tunnelled:
        return "Asked unnamed only where TLS was spoken behind a port of it"
    by_maker = f" or the maker is {makers}" if makers else ""
    return f"Asked unnamed only where a port of it is known to be open{by_maker}"


def _request(request: Request) -> Iterator[str]:
    yield from (f"### {request.name}", "", f"{request.meaning[:1].upper()}{request.meaning[1:]}.", "")
    yield from ("```", request.pattern(), "```", "")
    if "…" in request.pattern():
        yield f"- For example: {code(next(request.examples()).hex())}"
    yield f"- Class: {request.klass}"
    yield f"- Clause: {request.clause}"
    for name, values in request.arguments.items():
        yield f"- {code(name)}: {_values(values)}"
    yield ""


def _values(values: Sequence[object]) -> str:
    if isinstance(values, range):
        return f"{values[0]} to {values[-1]}"
    if type(values).__repr__ is not tuple.__repr__:
        return repr(values)
    shown = ", ".join(map(_value, values[:LONG]))
    if type(values) is not tuple and type(values).__doc__:
        return f"such as {shown}. {inspect.getdoc(type(values))}"
    return shown


def _value(value: object) -> str:
    if isinstance(value, tuple) and all(isinstance(one, int) for one in value):
        return code(".".join(map(str, value)) or "none")
    return code(f"0x{value:02x}" if isinstance(value, int) else str(value))


def _chosen(protocol: Protocol) -> str:
    """Why just these questions: the folder's own words after its first line."""
    folder = sys.modules[protocol.probe.__module__.rpartition(".")[0]]
    return " ".join((inspect.getdoc(folder) or "").partition("\n\n")[2].split())


def _never(protocol: Protocol) -> str:
    """What the vet says of itself, without its question and the remark on its making."""
    words = " ".join((inspect.getdoc(inspect.getmodule(protocol.vet)) or "").split())
    told = words.partition("?")[2].replace("Written without the codec, on purpose.", "")
    return f"anything else. {' '.join(told.split())}"


def _cost(cost: Cost) -> str:
    return f"{counted(cost.units, 'unit')}, {counted(cost.connections, 'connection')}"


def _unit_cost(cost: Cost) -> str:
    return f"; {counted(cost.units, 'unit')} more for each further unit id that the scope names" if cost.units else ""


def _yes(claim: bool) -> str:
    return "yes" if claim else "no, recordings and simulators only"


def _ports(ports: Sequence[int]) -> str:
    """Ports with runs drawn together."""
    runs: list[list[int]] = []
    for port in ports:
        if runs and port == runs[-1][-1] + 1:
            runs[-1].append(port)
        else:
            runs.append([port])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
