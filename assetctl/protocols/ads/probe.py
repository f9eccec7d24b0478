"""The ADS conversation: one datagram, one answer.

Who made the device is not said: TwinCAT also runs on other makers' computers.
"""

from assetctl.model import Claim, Outcome, SubjectKind, Transport
from assetctl.protocol import Context
from assetctl.protocols.ads import codec
from assetctl.talk import Ask, Open, Talk, answer_to

_SYSTEMS = {codec.PLATFORM_NT: "Windows", codec.PLATFORM_CE: "Windows CE"}
_FIRST_BSD = 12  # the release of FreeBSD on which the first TwinCAT/BSD stood


def probe(context: Context) -> Talk:
    """Ask for the server information."""
    reply = yield Open(Transport.UDP, context.port)
    if reply.outcome is not Outcome.ANSWERED:
        return ()
    question = Ask(codec.encode(), codec.FRAMING, wait_s=context.answer_s, accepts=codec.is_answer)
    info = yield from answer_to(question, codec.decode)
    return _claims(info, context.port) if info is not None else ()


def _claims(info: codec.ServerInfo, port: int) -> tuple[Claim, ...]:
    service = SubjectKind.SERVICE, f"udp/{port}"
    told = {
        "service_name": "ads",
        "service_source": "probed",
        "service_product": "TwinCAT" if info.twincat else "",
        "service_version": info.twincat,
    }
    claims = [Claim(key, text, *service) for key, text in told.items() if text]
    own = {
        "ads_net_id": info.net_id,
        "hostname": info.host_name,
        "application_software_version": info.twincat,
        "ads_fingerprint": info.fingerprint,
    }
    claims += [Claim(key, text) for key, text in own.items() if text]
    return (*claims, *(_system(info.os) if info.os else ()))


def _system(os: codec.OsVersion) -> tuple[Claim, ...]:
    """Name and version; of a platform whose meaning is not known nothing, since its numbers could mean anything."""
    if os.platform == codec.PLATFORM_BSD and os.major >= _FIRST_BSD:
        return Claim("operating_system", "TwinCAT/BSD", confidence=75), _os_version(f"{os.major}.{os.minor}")
    if os.platform not in _SYSTEMS or not os.major:
        return ()
    version = f"{os.major}.{os.minor}.{os.build}" if os.build else f"{os.major}.{os.minor}"
    return Claim("operating_system", _SYSTEMS[os.platform]), _os_version(f"{version} {os.service_pack}".strip())


def _os_version(text: str) -> Claim:
    return Claim("os_version", text)
