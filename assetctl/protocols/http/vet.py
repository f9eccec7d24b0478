"""May this HTTP unit leave? Only GET of "/" may, with these header fields and an address as host: no other method or
path, no query, no credentials, no cookie, no body. Written without the codec, on purpose."""

import re
from ipaddress import ip_address

from assetctl.errors import Refusal

_QUESTION = re.compile(
    rb"GET / HTTP/1\.1\r\n"
    rb"Host: (?:([0-9.]{7,15})|\[([0-9a-f:.]{2,45})\])(?::([1-9][0-9]{0,4}))?\r\n"
    rb"User-Agent: assetctl\r\n"
    rb"Accept: text/html, \*/\*\r\n"
    rb"Accept-Encoding: identity\r\n"
    rb"Connection: close\r\n\r\n"
)


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    found = _QUESTION.fullmatch(unit)
    if found is None:
        raise Refusal("http: only GET / with its fixed header fields is on the list")
    address = (found[1] or found[2]).decode("ascii")
    try:
        version = ip_address(address).version
    except ValueError:
        raise Refusal(f"http: host {address} is no address") from None
    if (version == 4) is not bool(found[1]) or int(found[3] or 80) > 65535:
        raise Refusal("http: the host is not written as an address and a port")
    return "get-first-page"
