"""The SNMP conversation: who are you, what is in you, which interfaces have you?

The credentials of the scope are tried in its order, each once: a failed one may raise a trap at the device, and a wrong
community looks like a dead host. The first that is answered is kept. One Get of the system group; then the first rows
of the entity table, until the chassis, and of the interface table, until a hardware address. Depth questions only when
the scope names them, and never of a controller. Last, one Get of its maker's own objects for what the entity table did
not tell.
"""

import re
from collections.abc import Generator, Iterator

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context, Credential
from assetctl.protocols.snmp import claims, depth, entities, objects, vendors
from assetctl.protocols.snmp.objects import Oid
from assetctl.protocols.snmp.walk import Row, Rows, Session, Table, read_groups, read_scalars, read_table
from assetctl.talk import Ask, Open, Reply, Talk

MOST_CREDENTIALS = 3
IDENTITY_QUESTIONS = 12  # over all credentials

FIRST_ENTITIES = Table("entity", objects.ENTITY, rounds=4)
FIRST_INTERFACES = Table("interface", objects.FIRST_INTERFACES, rounds=3)

CONTROLLERS = frozenset(
    {"plc", "rtu", "controller", "safety-controller", "dcs-controller", "motion-controller", "robot-controller"}
    | {"drive", "io", "remote-io", "communication-module", "ied", "protection-relay"}
)
# sysDescr of controllers and their communication modules, for the first talk, when no role is known yet
_CONTROLLER = re.compile(
    r"simatic s7|simatic (?:net, )?cp ?[0-9]|\bcp ?(?:343|443|1[25]43)|\bet ?200|6es7|\b17(?:56|68|69|94)-|controllogix"
    r"|micrologix|\bbmx|\bbme ?[nph]|140 ?noe|\bm[35][48]0\b|\bplc\b|\brtu\b|melsec|sysmac|\b750-8|powerflex|sinamics"
    r"|twincat",
    re.I,
)
_NETWORK = re.compile(r"switch|router|firewall|scalance|ruggedcom", re.I)
MOST_DESCRIPTION = 512

USM = "usm:"  # how a transport begins its words about an SNMPv3 agent that answered and refused
NO_SUCH_LEVEL = "unsupported security level"  # the report for a user that is known, but not at this level
LEVEL_ANSWERS = ("wrong digest", "decryption error", NO_SUCH_LEVEL)  # reports about a user that the agent knows


def probe(context: Context) -> Talk:
    """Ask with the first credential that the agent answers to."""
    session = Session(wait_s=context.answer_s, seed=context.seed, purse=IDENTITY_QUESTIONS)
    spoke = False
    tried: list[str] = []
    refused: list[str] = []
    for credential in context.credentials[:MOST_CREDENTIALS]:
        session.is_v1 = credential.kind == "snmp-v1"
        reply = yield Open(Transport.UDP, context.port, envelope=credential.name)
        scalars: Row = {}
        if reply.outcome is Outcome.ANSWERED:
            scalars = yield from _system(session)
            reply = session.last
        if session.heard:
            tried.append(_version(credential))
            found = yield from _identify(session, context, scalars)
            return (*_service(context.port), *_access(context, credential), *_attempts(tried, refused), *found)
        by_agent = session.denied or (reply.outcome is Outcome.REFUSED and reply.detail.startswith(USM))
        spoke |= by_agent
        if by_agent:
            tried += _tried(credential, reply, denied=session.denied)
            refused += _refused(context, credential, reply, denied=session.denied)
        elif reply.outcome is not Outcome.SILENT:
            break
        session.ended = session.denied = False
    return (*_service(context.port), *_attempts(tried, refused)) if spoke else ()


def _system(session: Session) -> Generator[Ask, Reply, Row]:
    """The scalars. The engine is not asked of v1 agents: they refuse the whole question when they have none."""
    return (yield from read_scalars(session, objects.SYSTEM if session.is_v1 else objects.SCALARS))


def _identify(session: Session, context: Context, scalars: Row) -> Talk:
    """Everything else, after the agent has answered once."""
    parts = yield from read_table(session, FIRST_ENTITIES, enough=_has_chassis)
    interfaces = yield from read_table(session, FIRST_INTERFACES, enough=_has_mac)
    found = depth.Found(parts, interfaces)
    wanted = context.depth & depth.QUESTIONS.keys()
    session.cut.clear()
    purse = session.purse
    if wanted and _is_controller(context, scalars):
        session.cut = dict.fromkeys(wanted, "not asked of a controller")
    else:
        session.cut |= dict.fromkeys(wanted & context.held, "held")
        yield from depth.read(session, frozenset(wanted - context.held), found)
    cut = tuple(f"{name}: {why}" for name, why in sorted(session.cut.items()))
    session.purse, session.is_depth = min(purse, vendors.MOST_QUESTIONS), False
    told = tuple(found.claims())
    from_maker = yield from _from_maker(session, claims.object_id(scalars), told)
    return (
        *claims.system_claims(scalars),
        *told,
        *from_maker,
        *((Claim("snmp_tables_cut", cut),) if cut else ()),
    )


def _from_maker(session: Session, sys_object_id: Oid, told: tuple[Claim, ...]) -> Talk:
    """What the maker's own objects tell of the device, asked only for what is not told for certain."""
    certain = (claim for claim in told if claim.kind is SubjectKind.ASSET and not claim.part)
    known = frozenset(claim.key for claim in certain if claim.confidence > vendors.CONFIDENCE)
    for entry in vendors.entries_of(sys_object_id):
        found = yield from _of_entry(session, entry, known)
        if found:
            return found
    return ()


def _of_entry(session: Session, entry: vendors.Entry, known: frozenset[str]) -> Talk:
    wanted = entry.missing(known)
    if not wanted or (session.is_v1 and entry.is_shared):  # version 1 takes a question for each object it lacks
        return ()
    if session.is_v1:
        row = yield from read_groups(session, vendors.groups(wanted))
    else:
        row = yield from read_scalars(session, tuple(scalar.oid for scalar in wanted))
    return tuple(vendors.vendor_claims(wanted, row))


def _is_controller(context: Context, scalars: Row) -> bool:
    role = context.known.get("asset_role_type", "").lower().replace(" ", "-")
    described = claims.text(scalars, objects.SYS_DESCR)[:MOST_DESCRIPTION]
    return role in CONTROLLERS or bool(_CONTROLLER.search(described) and not _NETWORK.search(described))


def _has_chassis(rows: Rows) -> bool:
    return any(map(entities.is_whole, rows.values()))


def _has_mac(rows: Rows) -> bool:
    return any(claims.mac_address(claims.octets(row, objects.IF_PHYS_ADDRESS)) for row in rows.values())


def _service(port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"udp/{port}"
    return Claim("service_name", "snmp", *service), Claim("service_source", "probed", *service)


def _version(credential: Credential) -> str:
    return credential.kind.removeprefix("snmp-")


def _attempts(tried: list[str], refused: list[str]) -> Iterator[Claim]:
    """Versions and levels that are known to have been tried with something the agent knows."""
    if tried:
        yield Claim("snmp_versions_tried", tuple(sorted(set(tried))))
    if refused:
        yield Claim("snmp_levels_refused", tuple(sorted(set(refused))))


def _tried(credential: Credential, reply: Reply, *, denied: bool) -> list[str]:
    """The version, where the refusal shows that the agent knows the community or user. Silence shows nothing."""
    return [_version(credential)] if denied or any(words in reply.detail for words in LEVEL_ANSWERS) else []


def _refused(context: Context, credential: Credential, reply: Reply, *, denied: bool) -> list[str]:
    """The SNMPv3 level, where it is the level that was refused and not the user or the key."""
    level = context.known.get(f"level/{credential.name}", "") if credential.kind == "snmp-v3" else ""
    return [level] if level and (denied or NO_SUCH_LEVEL in reply.detail) else []


def _access(context: Context, credential: Credential) -> list[Claim]:
    """How the agent let us in. What only the scan knows of a credential stands in the context under its name."""
    found = [Claim("snmp_versions_answered", (_version(credential),))]
    if context.known.get(f"default-community/{credential.name}") == "yes":
        found.append(Claim("snmp_default_community_accepted", True))
    if credential.kind == "snmp-v3":
        names = ("level", "snmp_security_level"), ("auth", "snmp_auth_protocol"), ("priv", "snmp_priv_protocol")
        known = ((key, context.known.get(f"{name}/{credential.name}", "")) for name, key in names)
        found += [Claim(key, value) for key, value in known if value]
    return found
