"""The SNMP conversation: who are you, what is in you, which interfaces have you?

The credentials of the scope are tried in its order, each once: a failed one may raise a trap at the device, and a wrong
community looks like a dead host. The first that is answered is kept. One Get of the system group; then the first rows
of the entity table, until the chassis, and of the interface table, until a hardware address. Whole tables only when
the scope names the depth question.
"""

from collections.abc import Generator

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context, Credential
from assetctl.protocols.snmp import claims, entities, objects
from assetctl.protocols.snmp.walk import Row, Rows, Session, Table, read_scalars, read_table
from assetctl.talk import Ask, Open, Reply, Talk

DEPTH = "snmp.tables"

MOST_CREDENTIALS = 3
IDENTITY_QUESTIONS = 12  # over all credentials
DEPTH_QUESTIONS = 400

FIRST_ENTITIES = Table(objects.ENTITY, rounds=4)
FIRST_INTERFACES = Table(objects.FIRST_INTERFACES, rounds=3)
ALL_ENTITIES = Table(objects.ENTITY, rounds=140)
ALL_INTERFACES = Table(objects.INTERFACES, rounds=180)
ALL_ADDRESSES = Table(objects.ADDRESSES, rounds=40)
ALL_IPV4_ADDRESSES = Table(objects.IPV4_ADDRESSES, rounds=40)

CONTROLLERS = frozenset({"plc", "rtu", "controller", "safety controller", "dcs controller", "drive", "io"})

USM = "usm:"  # how a transport begins its words about an SNMPv3 agent that answered and refused


def probe(context: Context) -> Talk:
    """Ask with the first credential that the agent answers to."""
    session = Session(wait_s=context.answer_s, seed=context.seed, purse=IDENTITY_QUESTIONS)
    spoke = False
    for credential in context.credentials[:MOST_CREDENTIALS]:
        session.is_v1 = credential.kind == "snmp-v1"
        reply = yield Open(Transport.UDP, context.port, envelope=credential.name)
        scalars: Row = {}
        if reply.outcome is Outcome.ANSWERED:
            scalars = yield from _system(session)
            reply = session.last
        if session.heard:
            return (yield from _identify(session, context, credential, scalars))
        refused_by_agent = reply.outcome is Outcome.REFUSED and reply.detail.startswith(USM)
        spoke |= refused_by_agent
        if not refused_by_agent and reply.outcome is not Outcome.SILENT:
            break
        session.ended = False
    return tuple(_service(context.port)) if spoke else ()


def _system(session: Session) -> Generator[Ask, Reply, Row]:
    """The scalars. The engine id is not asked of v1 agents: they refuse the whole question when they have none."""
    wanted = objects.SCALARS[:-1] if session.is_v1 else objects.SCALARS
    return (yield from read_scalars(session, wanted))


def _identify(session: Session, context: Context, credential: Credential, scalars: Row) -> Talk:
    """Everything else, after the agent has answered once."""
    parts = yield from read_table(session, FIRST_ENTITIES, enough=_has_chassis)
    interfaces = yield from read_table(session, FIRST_INTERFACES, enough=_has_mac)
    addresses: Rows = {}
    if _wants_tables(context):
        session.purse, session.is_depth = DEPTH_QUESTIONS, True
        if parts:  # many agents have no such table
            parts |= yield from read_table(session, ALL_ENTITIES)
        if interfaces:
            interfaces |= yield from read_table(session, ALL_INTERFACES)
        addresses = yield from read_table(session, ALL_ADDRESSES)
        if not addresses:
            addresses = yield from read_table(session, ALL_IPV4_ADDRESSES)
    return (
        *_service(context.port),
        *_access(context, credential),
        *claims.system_claims(scalars),
        *entities.entity_claims(parts),
        *claims.interface_claims(interfaces),
        *claims.address_claims(addresses),
    )


def _wants_tables(context: Context) -> bool:
    is_controller = context.known.get("asset_role_type", "").lower() in CONTROLLERS
    return DEPTH in context.depth and DEPTH not in context.held and not is_controller


def _has_chassis(rows: Rows) -> bool:
    return any(map(entities.is_whole, rows.values()))


def _has_mac(rows: Rows) -> bool:
    values = (row[objects.IF_PHYS_ADDRESS].value for row in rows.values() if objects.IF_PHYS_ADDRESS in row)
    return any(isinstance(value, bytes) and claims.mac_address(value) for value in values)


def _service(port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"udp/{port}"
    return Claim("service_name", "snmp", *service), Claim("service_source", "probed", *service)


def _access(context: Context, credential: Credential) -> list[Claim]:
    """How the agent let us in. What only the scan knows of a credential stands in the context under its name."""
    found = [Claim("snmp_versions_answered", (credential.kind.removeprefix("snmp-"),))]
    if context.known.get(f"default-community/{credential.name}") == "yes":
        found.append(Claim("snmp_default_community_accepted", True))
    if credential.kind == "snmp-v3":
        names = ("level", "snmp_security_level"), ("auth", "snmp_auth_protocol"), ("priv", "snmp_priv_protocol")
        known = ((key, context.known.get(f"{name}/{credential.name}", "")) for name, key in names)
        found += [Claim(key, value) for key, value in known if value]
    return found
