"""Where a redirect leads: the path on the same server that may be asked next, or nowhere.

Never another host, scheme or port. What stands in the location is text that the device chose, so it is cut, made of
harmless characters, and left alone when a word in it says that asking would do something.
"""

import re
from ipaddress import ip_address
from urllib.parse import quote, urljoin, urlsplit

from assetctl.protocols.http.codec import OWN_PORTS

MOST_LOCATION = 512
MOST_PATH = 256
_SAFE = "/!$&+,;=:@~%"
_ESCAPES = re.compile(r"%(?:2[0-9A-CF]|3[A-F]|40|5[B-F]|60|7[B-D]|[89A-F][0-9A-F])")
_ACTS = re.compile(
    r"reboot|restart|reset|shutdown|poweroff|factory|delete|erase|upgrade|upload|logout|logoff|apply|save|write|submit"
    r"|exec|cmd|command"
)


def followed(location: str, *, scheme: str, host: str, port: int) -> str:
    """The path, with its query, to which a location leads on the server that gave it; "" where it leads elsewhere.

    location: as the field has it, RFC 9110, 10.2.2. host: the address that was asked.
    """
    if not location or len(location) > MOST_LOCATION:
        return ""
    try:
        address = ip_address(host.partition("%")[0])
        inside = f"[{address}]" if address.version == 6 else str(address)
        parts = urlsplit(urljoin(f"{scheme}://{inside}:{port}/", location.strip()))
        same = parts.hostname is not None and ip_address(parts.hostname) == address
        same = same and (parts.port or OWN_PORTS.get(parts.scheme)) == port
    except ValueError:
        return ""
    if not same or parts.scheme != scheme or "@" in parts.netloc:
        return ""
    path = _quoted(parts.path or "/") + (f"?{_quoted(parts.query)}" if parts.query else "")
    return path if _is_harmless(path) else ""


def _quoted(text: str) -> str:
    """Text as it may stand in a request, RFC 3986, 2."""
    escaped = quote(text.encode("latin-1", "replace"), safe=_SAFE)
    return re.sub(r"%[0-9a-f]{2}", lambda found: found[0].upper(), escaped, flags=re.IGNORECASE)


def _is_harmless(path: str) -> bool:
    if len(path) > MOST_PATH or path == "/" or "//" in path or ".." in path:
        return False
    return "%" not in _ESCAPES.sub("", path) and not _ACTS.search(path.lower())
