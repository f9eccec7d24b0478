"""May this HTTP unit leave? Only GET of "/" may, and of one page that the server sends its visitors to, with these
header fields and an address as host: no other method, no path in which a word says that asking would do something, no
credentials, no cookie, no body. Written without the codec, on purpose."""

import re
from ipaddress import ip_address

from assetctl.errors import Refusal

_QUESTION = re.compile(
    rb"GET (/(?:[A-Za-z0-9.?_~!$&+,;=:@-]|%[2-7A-F][0-9A-F]|%[89][0-9A-F]|(?<!/)/){0,255}) HTTP/1\.1\r\n"
    rb"Host: (?:([0-9.]{7,15})|\[([0-9a-f:.]{2,45})\])(?::([1-9][0-9]{0,4}))?\r\n"
    rb"User-Agent: assetctl\r\n"
    rb"Accept: text/html, \*/\*\r\n"
    rb"Accept-Encoding: identity\r\n"
    rb"Connection: close\r\n\r\n"
)
_NEEDLESS = re.compile(rb"%(?:2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AEF])")  # hides a letter, or controls
_DEEDS = (
    *(
        b"reboot",
        b"restart",
        b"reset",
        b"shutdown",
        b"poweroff",
        b"factory",
        b"delete",
        b"erase",
        b"upgrade",
        b"upload",
    ),
    *(b"logout", b"logoff", b"apply", b"save", b"write", b"submit", b"exec", b"cmd", b"command"),
)


def vet(unit: bytes) -> str:
    """Name of the request that a unit is; raises Refusal for any other unit."""
    found = _QUESTION.fullmatch(unit)
    if found is None:
        raise Refusal("http: only GET with its fixed header fields is on the list")
    path = found[1]
    if len(path) > 256 or b".." in path or _NEEDLESS.search(path) or any(word in path.lower() for word in _DEEDS):
        raise Refusal("http: this path is not one that is asked")
    address = (found[2] or found[3]).decode("ascii")
    try:
        version = ip_address(address).version
    except ValueError:
        raise Refusal(f"http: host {address} is no address") from None
    if (version == 4) is not bool(found[2]) or int(found[4] or 80) > 65535:
        raise Refusal("http: the host is not written as an address and a port")
    return "get-first-page" if path == b"/" else "get-page-it-leads-to"
