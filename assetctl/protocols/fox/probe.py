"""The Fox conversation: one hello each.

Neither maker nor model is said: many makers sell Niagara under their own brand, whose id is kept as it was told.
"""

from contextlib import suppress
from ipaddress import ip_address

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.fox import codec
from assetctl.talk import Ask, Open, Talk, answer_to

OWN = {
    "station.name": "application_name",
    "app.version": "application_software_version",
    "os.name": "operating_system",
    "os.version": "os_version",
    "hostId": "fox_host_id",
    "brandId": "fox_brand_id",
    "hostAddress": "fox_host_address",
}


def probe(context: Context) -> Talk:
    """Say hello and read theirs."""
    reply = yield Open(Transport.TCP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    fields = yield from answer_to(Ask(codec.encode(), codec.FRAMING, wait_s=context.answer_s), codec.decode)
    if fields is None:
        return ()
    service = SubjectKind.SERVICE, f"tcp/{context.port}"
    told = {
        "service_name": "niagara-fox",
        "service_source": "probed",
        "service_product": f"Niagara {fields['app.name']}" if "app.name" in fields else "",
        "service_version": fields.get("app.version", ""),
        "fox_version": fields.get("fox.version", ""),
    }
    claims = [Claim(key, text, *service) for key, text in told.items() if text]
    claims += [Claim(key, fields[name]) for name, key in OWN.items() if name in fields]
    if (name := fields.get("hostName", "")) and not _is_address(name):
        claims.append(Claim("hostname", name))
    machine = " ".join(fields[key] for key in ("vm.name", "vm.version") if key in fields)
    return (*claims, Claim("fox_vm", machine)) if machine else tuple(claims)


def _is_address(text: str) -> bool:
    with suppress(ValueError):
        ip_address(text)
        return True
    return False
