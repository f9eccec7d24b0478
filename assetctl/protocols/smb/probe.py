"""The SMB conversation: which dialect have we in common, and what do you say about yourself?

The NTLM challenge is asked on the same connection: the half-made session has no user and ends with the connection.
SMB 1 is asked on a connection of its own. A server without it closes that connection or says so; both mean no.
"""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from assetctl.errors import WireError
from assetctl.model import Claim, Outcome, SubjectKind, Transport, Value
from assetctl.protocol import Context
from assetctl.protocols.smb import codec, ntlm
from assetctl.talk import Ask, Open, Reply, Talk

NTLM_DEPTH, V1_DEPTH = "smb.ntlm", "smb.v1"
V1 = "NT LM 0.12 (SMBv1)"
DIALECTS = {0x0202: "2.0.2", 0x0210: "2.1.0", 0x0300: "3.0.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}

LEAST_BUILD = 6000  # of Windows Vista; other servers tell an invented version, mostly with build 0
MOST_NETBIOS = 15  # a longer computer name is cut to it
SECOND = 10_000_000  # in the units of a FILETIME
LEAST_UPTIME = 2 * SECOND
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_PLAUSIBLE_YEARS = range(1995, 2100)

_Asked = Generator[Open | Ask, Reply, tuple[Claim, ...]]


def probe(context: Context) -> Talk:
    """Negotiate, and where they are named ask for the NTLM challenge and for SMB 1."""
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    reply = yield Ask(codec.negotiate(), codec.FRAMING, wait_s=context.answer_s)
    if reply.outcome is Outcome.DENIED:
        return ()
    agreed = _negotiated(reply)
    claims = _negotiation(agreed, service) if agreed else _spoken(reply, service)
    if agreed and NTLM_DEPTH in context.depth:
        more, goes_on = yield from _challenge(agreed, context.answer_s)
        claims += more
        if not goes_on:
            return claims
    if V1_DEPTH in context.depth and reply.outcome in (Outcome.ANSWERED, Outcome.RESET):
        claims += yield from _version_1(agreed, context)
    return claims


def _negotiated(reply: Reply) -> codec.Negotiated | None:
    if reply.outcome is not Outcome.ANSWERED:
        return None
    try:
        return codec.decode_negotiated(reply.frames[0])
    except WireError:
        return None


def _spoken(reply: Reply, service: tuple[SubjectKind, str]) -> tuple[Claim, ...]:
    """What any message of SMB proves."""
    if reply.outcome is not Outcome.ANSWERED or not codec.is_smb(reply.frames[0]):
        return ()
    return Claim("service_name", "smb", *service), Claim("service_source", "probed", *service)


def _challenge(agreed: codec.Negotiated, wait_s: float) -> Generator[Ask, Reply, tuple[tuple[Claim, ...], bool]]:
    """What the NTLM challenge tells, and whether the talk may go on."""
    reply = yield Ask(codec.session_setup(ntlm.negotiate_token()), codec.FRAMING, wait_s=wait_s)
    if reply.outcome is not Outcome.ANSWERED:
        return (), reply.outcome is not Outcome.DENIED
    try:
        told = ntlm.challenge(codec.decode_challenge(reply.frames[0]).token)
    except WireError:
        return (), True
    return _names(told, is_windows=ntlm.NEGOEX in _mechanisms(agreed.token)), True


def _version_1(agreed: codec.Negotiated | None, context: Context) -> _Asked:
    """Whether SMB 1 is spoken, and the names that its answer holds."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    reply = yield Ask(codec.negotiate_v1(), codec.FRAMING, wait_s=context.answer_s)
    said = codec.NegotiatedV1(False)
    if reply.outcome is Outcome.ANSWERED:
        try:
            said = codec.decode_negotiated_v1(reply.frames[0])
        except WireError:
            return ()
    elif reply.outcome is not Outcome.RESET or agreed is None:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    claims = _version_1_claims(said, agreed, service)
    return claims if agreed else (*_spoken(reply, service), *claims)


def _version_1_claims(
    said: codec.NegotiatedV1, agreed: codec.Negotiated | None, service: tuple[SubjectKind, str]
) -> tuple[Claim, ...]:
    dialects = ((V1,) if said.is_spoken else ()) + ((DIALECTS[agreed.dialect],) if agreed else ())
    claims = [Claim("smb_dialects", dialects, *service)] if dialects else []
    if agreed is None and said.is_spoken:
        claims.append(Claim("smb_signing_required", said.signing_required, *service))
    names = {"hostname": said.server, "ntlm_netbios_domain": said.domain}
    return (*claims, *(Claim(key, name) for key, name in names.items() if _is_name(name)))


def _negotiation(agreed: codec.Negotiated, service: tuple[SubjectKind, str]) -> tuple[Claim, ...]:
    """The facts of an SMB 2 negotiation. Only Windows offers NEGOEX."""
    offered = _mechanisms(agreed.token)
    told: dict[str, Value] = {
        "service_name": "smb",
        "service_source": "probed",
        "smb_dialect": DIALECTS[agreed.dialect],
        "smb_signing_required": bool(agreed.security_mode & codec.SIGNING_REQUIRED),
        "smb_server_guid": _guid(agreed.server_guid),
        "smb_boot_time": _started(agreed),
        "smb_authentication": offered,
    }
    claims = tuple(Claim(key, value, *service) for key, value in told.items() if value not in ("", ()))
    return claims + ((Claim("operating_system", "Windows", confidence=75),) if ntlm.NEGOEX in offered else ())


def _mechanisms(token: bytes) -> tuple[str, ...]:
    try:
        return ntlm.mechanisms(token)
    except WireError:
        return ()


def _names(told: ntlm.Challenged, *, is_windows: bool) -> tuple[Claim, ...]:
    """The names of a challenge. Its version is the operating system's only where that is Windows."""
    is_cut = len(told.netbios_computer) >= MOST_NETBIOS
    found = {
        "hostname": told.dns_computer.partition(".")[0] if is_cut else told.netbios_computer,
        "ntlm_netbios_domain": told.netbios_domain,
        "ntlm_dns_computer": told.dns_computer,
        "ntlm_dns_domain": told.dns_domain,
        "ntlm_dns_forest": told.dns_forest,
    }
    claims = tuple(Claim(key, name) for key, name in found.items() if _is_name(name))
    if not told.version:
        return claims
    claims += (Claim("ntlm_version", told.version),)
    build = int(told.version.rpartition(".")[2])
    return claims + ((Claim("os_version", told.version),) if is_windows and build >= LEAST_BUILD else ())


def _is_name(text: str) -> bool:
    """Whether a name is one at all: not empty, nothing unprintable in it."""
    return bool(text.strip()) and text.isprintable() and len(text) <= 255


def _guid(raw: bytes) -> str:
    return str(UUID(bytes_le=raw)) if any(raw) else ""


def _started(agreed: codec.Negotiated) -> str:
    """When the server started, ISO 8601; "" where it does not say, or tells the time of the answer instead."""
    if agreed.system_filetime - agreed.boot_filetime < LEAST_UPTIME:
        return ""
    try:
        told = _EPOCH + timedelta(seconds=agreed.boot_filetime // SECOND)
    except OverflowError:
        return ""
    return told.isoformat() if told.year in _PLAUSIBLE_YEARS else ""
