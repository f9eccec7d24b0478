"""Functions about ports and services: what state they are in, what they speak, and whether behind TLS."""

from collections.abc import Mapping
from functools import lru_cache

from assetctl.model import PortState, SubjectKind
from assetctl.policy.callables import Function
from assetctl.policy.context import Context
from assetctl.policy.values import DISAGREE, Operand, Reason, Rivals, Span, Unknown, possible

_SERVICE = SubjectKind.SERVICE


def port_state(c: Context, transport: str, number: int) -> Operand:
    return c.read(c.seen, _SERVICE, f"{transport}/{number}", "port_state").value


def port(c: Context, which: str | int) -> Operand:
    """The state of a port. which: 23 for tcp/23, or a text such as udp/161."""
    where = _service_at(which)
    if where is None:
        return Unknown(Reason.NOT_COMPARABLE, str(which))
    return c.read(c.seen, _SERVICE, where, "port_state").value


@lru_cache(4096)
def _service_at(which: str | int) -> str | None:
    """The service of a port such as 23 or "udp/161", None for what is no port."""
    transport, _, number = which.partition("/") if isinstance(which, str) else ("tcp", "/", str(which))
    return f"{transport}/{int(number)}" if transport in ("tcp", "udp") and number.isdecimal() else None


def speaks(c: Context, protocol: str, which: str | int) -> Operand:
    """A closed port speaks nothing; an open one speaks what was recognised, not what its number suggests."""
    state = port(c, which)
    if isinstance(state, Rivals):
        return DISAGREE
    if state != PortState.OPEN:
        return False if state == PortState.CLOSED else state
    where = which if isinstance(which, str) else f"tcp/{which}"
    if not _was_probed(c, where):
        return Unknown(Reason.NOT_IDENTIFIED, where)
    name = c.read(c.seen, _SERVICE, where, "service_name")
    if isinstance(name.value, str):
        return name.value.casefold() == protocol.casefold()
    return Unknown(Reason.NOT_IDENTIFIED, where) if isinstance(name.value, Unknown) else Unknown(Reason.DISAGREE, where)


def uses_tls(c: Context) -> Operand:
    """Whether the service stands behind TLS; no only when the service was recognised and no TLS was seen."""
    view, where = c.seen, c.local_key
    tunnel = view.read(_SERVICE, where, "service_tunnel", c.max_age)
    versions = view.read(_SERVICE, where, "tls_versions", c.max_age)
    for reading in (tunnel, versions):
        if isinstance(reading.value, str | tuple) and reading.value:
            c.trace.append(reading)
            return True
    for key in view.parts.get(SubjectKind.CERTIFICATE, ()):
        if key.startswith(f"{where}/"):
            shown = c.read(view, SubjectKind.CERTIFICATE, key, "certificate_fingerprint")
            if not isinstance(shown.value, Unknown):
                return True
    name = c.read(view, _SERVICE, where, "service_name")
    if isinstance(name.value, str) and _was_probed(c, where):
        return False
    return Unknown(Reason.NOT_IDENTIFIED, where)


def tried_tls(c: Context, version: str) -> Operand:
    """Yes when some source tried that version on the service; else open, since one handshake tries only a few."""
    tried = c.read(c.seen, _SERVICE, c.local_key, "tls_versions_tried")
    if isinstance(tried.value, Unknown | Span):
        return tried.value
    if any(isinstance(versions, tuple) and version in versions for versions in possible(tried.value)):
        return True
    return Unknown(Reason.NOT_PROBED, f"{c.local_key}: {version} was not tried")


def _was_probed(c: Context, where: str) -> bool:
    """Whether some source recognised the service itself, not only its port number."""
    source = c.read(c.seen, _SERVICE, where, "service_source")
    return not isinstance(source.value, Unknown | Span) and "probed" in possible(source.value)


_STATE = ("port_state",)
_NAMED = ("port_state", "service_name", "service_source")
_TLS = ("service_tunnel", "tls_versions", "service_name", "service_source")

SERVICES: Mapping[str, Function] = {
    "port": Function(("text|number",), "text", port, "state of a port: open or closed", "asset", reads=_STATE),
    "port_state": Function(
        ("text", "number"), "text", port_state, "state of a port of a transport", "asset", reads=_STATE
    ),
    "speaks": Function(
        ("text", "text|number"), "flag", speaks, "a protocol was recognised on a port", "asset", reads=_NAMED
    ),
    "uses_tls": Function((), "flag", uses_tls, "the service stands behind TLS", "service", reads=_TLS),
    "tried_tls": Function(
        ("text",),
        "flag",
        tried_tls,
        "a TLS version was tried; open when it was not",
        "service",
        reads=("tls_versions_tried",),
    ),
}
