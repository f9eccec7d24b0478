"""One HTTP/1.1 question and the head of its answer: bytes to values and back.

Source: RFC 9112, sections 2 (message format), 3 (request line), 4 (status line), 5 (field lines), 6 and 7 (body).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Delimiter, UntilClose

MOST_PAGE = 65536
MOST_FIELDS = 100
MOST_FIELD_BYTES = 8192
HEAD = Delimiter(mark=b"\r\n\r\n", most=16384)

OWN_PORTS = {"http": 80, "https": 443}
REDIRECTS = (301, 302, 303, 307, 308)
CHALLENGES = "www-authenticate"

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\Z)")
_FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}\Z")
_DIGITS = re.compile(r"[0-9]{1,15}\Z")
_CHUNK_SIZE = re.compile(rb"[ \t]{0,8}([0-9A-Fa-f]{1,8})[ \t]{0,8}(?:;|\Z)")
_PARAMETER = re.compile(
    r"""([a-z0-9-]{1,32})[ \t]{0,4}=[ \t]{0,4}(?:"((?:[^"\\]|\\.){0,512})"|([^\s",]{1,256}))""", re.IGNORECASE
)
_BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class Head:
    """Status and header fields; names in lower case.

    Of several with one name the first counts, but challenges are drawn together, RFC 9110, 5.3 and 11.6.1.
    """

    status: int
    fields: Mapping[str, str]

    @property
    def body_bytes(self) -> int:
        """The most that belongs to the body, 0 to 65536; where the head does not say, the peer's close ends it."""
        told = self.fields.get("content-length", "")
        if self.status in _BODILESS:
            return 0
        if self.is_chunked or not _DIGITS.match(told):
            return MOST_PAGE
        return min(int(told), MOST_PAGE)

    def is_whole(self, body: bytes) -> bool:
        """Whether what came is all of the body, where the head or the last chunk says how much that is."""
        if self.is_chunked:
            return body.endswith(b"\r\n0\r\n\r\n")
        return len(body) < MOST_PAGE and ("content-length" not in self.fields or len(body) >= self.body_bytes)

    @property
    def realm(self) -> str:
        """The realm of the first challenge that names one, RFC 9110, 11.5; "" when none does."""
        for found in _PARAMETER.finditer(self.fields.get(CHALLENGES, "")[:MOST_FIELD_BYTES]):
            text = re.sub(r"\\(.)", r"\1", found[2]) if found[3] is None else found[3]
            if found[1].lower() == "realm" and text:
                return text
        return ""

    @property
    def is_chunked(self) -> bool:
        return self.fields.get("transfer-encoding", "").lower().endswith("chunked")


def encode(*, host: str, port: int, scheme: str = "http", path: str = "/") -> bytes:
    """The question for a page.

    host: an IPv4 or IPv6 address as text; a zone means nothing to others and stays here. port: 1 to 65535; the scheme's
    own, 80 or 443, is left unsaid. path: with its query, as `redirect.followed` gives it.
    """
    address = host.partition("%")[0]
    authority = (f"[{address}]" if ":" in address else address) + (f":{port}" if port != OWN_PORTS[scheme] else "")
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {authority}",
        "User-Agent: assetctl",
        "Accept: text/html, */*",
        "Accept-Encoding: identity",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def body(head: Head) -> UntilClose:
    """The framing of the body that follows a head: as long as the head says, else until the peer closes."""
    return UntilClose(head.body_bytes)


def decode_head(data: bytes) -> Head:
    """Read a whole head with its empty line. Raises WireError if it is not that of HTTP/1."""
    if not data.endswith(b"\r\n\r\n"):
        raise WireError("head: no empty line at its end")
    status_line, *lines = data[:-4].split(b"\r\n")
    found = _STATUS_LINE.match(status_line)
    if found is None:
        raise WireError("status line: HTTP/1 and a status of three digits expected")
    if len(lines) > MOST_FIELDS:
        raise WireError(f"header fields: at most {MOST_FIELDS} expected, {len(lines)} found")
    fields: dict[str, str] = {}
    for line in lines:
        name, text = _field(line)
        is_further = name == CHALLENGES and name in fields
        fields[name] = f"{fields[name]}, {text}" if is_further else fields.get(name, text)
    return Head(int(found[1]), fields)


def _field(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not colon or len(line) > MOST_FIELD_BYTES or not _FIELD_NAME.match(name.rstrip()):
        raise WireError(f"header field: name, colon and at most {MOST_FIELD_BYTES} bytes expected")
    return name.rstrip().decode("ascii").lower(), value.strip(b" \t").decode("latin-1")


def decode_body(data: bytes, head: Head) -> bytes:
    """The page of a body, which may be cut. Raises WireError when its chunks are broken at the start."""
    return _unchunked(data) if head.is_chunked else data


def _unchunked(data: bytes) -> bytes:
    """The chunks drawn together, RFC 9112, section 7.1, as far as they go."""
    page = bytearray()
    at = 0
    while at < len(data):
        line_end = data.find(b"\r\n", at, at + 128)
        found = _CHUNK_SIZE.match(data[at:line_end]) if line_end >= 0 else None
        if found is None:
            if not page:
                raise WireError(f"chunk size: hexadecimal digits expected at offset {at}")
            break
        size = int(found[1], 16)
        if size == 0:
            break
        page += data[line_end + 2 : line_end + 2 + size]
        at = line_end + 2 + size + 2
    return bytes(page)
