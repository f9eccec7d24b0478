"""What a server's NTLM challenge says about it, and the SPNEGO tokens around it: bytes to values and back.

Source: [MS-NLMP], sections 2.2.1.1 and 2.2.1.2 (messages), 2.2.2.1 (AV_PAIR), 2.2.2.10 (VERSION); RFC 4178, section
4.2 (SPNEGO tokens, in DER); [MS-SPNG], section 2.2.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from assetctl.errors import WireError
from assetctl.wire import Reader

SIGNATURE = b"NTLMSSP\0"
MOST_TARGETS = 32

NEGOEX = "NEGOEX"
_MECHANISMS = {
    bytes.fromhex("2b06010401823702020a"): "NTLM",
    bytes.fromhex("2a864886f712010202"): "Kerberos",
    bytes.fromhex("2a864882f712010202"): "MS-Kerberos",
    bytes.fromhex("2a864886f71201020203"): "Kerberos-U2U",
    bytes.fromhex("2b06010401823702021e"): NEGOEX,
}
_SPNEGO = bytes.fromhex("06062b0601050502")
_NTLM_OID = bytes.fromhex("060a2b06010401823702020a")
_FLAGS = 0xA2088207  # unicode, request target, NTLM, always sign, extended session security, version, 128 and 56 bit
_HAS_VERSION = 0x02000000
_AV_PAIRS = {1: "netbios_computer", 2: "netbios_domain", 3: "dns_computer", 4: "dns_domain", 5: "dns_forest"}


@dataclass(frozen=True, slots=True)
class Challenged:
    """Names from the target information, "" where it holds none. version: such as "10.0.17763", "" when not told."""

    netbios_computer: str = ""
    netbios_domain: str = ""
    dns_computer: str = ""
    dns_domain: str = ""
    dns_forest: str = ""
    version: str = ""


def negotiate_token() -> bytes:
    """A SPNEGO token that offers NTLM alone, with its first message: no domain, no workstation, version 10.0."""
    message = SIGNATURE + (1).to_bytes(4, "little") + _FLAGS.to_bytes(4, "little") + bytes(16)
    message += b"\x0a\0\0\0\0\0\0\x0f"
    inner = _tag(0xA0, _tag(0x30, _NTLM_OID)) + _tag(0xA2, _tag(0x04, message))
    return _tag(0x60, _SPNEGO + _tag(0xA0, _tag(0x30, inner)))


def mechanisms(token: bytes) -> tuple[str, ...]:
    """Names of the mechanisms that a server's first SPNEGO token offers; unknown ones in hexadecimal.

    Raises WireError if the token is broken. No token is no mechanism.
    """
    if not token:
        return ()
    whole = _inside(Reader(token), 0x60)
    whole.expect(_SPNEGO, "SPNEGO identifier")
    fields = _inside(_inside(whole, 0xA0), 0x30)
    offered = _inside(_inside(fields, 0xA0), 0x30)
    found = []
    while offered.left():
        oid = _inside(offered, 0x06).rest()
        found.append(_MECHANISMS.get(oid, oid.hex()))
    return tuple(dict.fromkeys(found))


def challenge(token: bytes) -> Challenged:
    """Read the NTLM challenge in a server's answer, bare or in SPNEGO. Raises WireError if there is none."""
    message = token if token.startswith(SIGNATURE) else _response_token(token)
    r = Reader(message)
    r.expect(SIGNATURE + b"\x02\0\0\0", "NTLM challenge")
    r.take(8, "target name")
    flags = r.u32("negotiate flags", "little")
    r.take(8 + 8, "server challenge")
    size = r.u16("target information length", "little")
    r.take(2, "target information space")
    offset = r.u32("target information offset", "little")
    version = _version(r) if flags & _HAS_VERSION and r.left() >= 8 else ""
    whole = Reader(message)
    whole.take(offset if size else 0, "target information offset")
    return Challenged(**_targets(whole.part(size, "target information")), version=version)


def _version(r: Reader) -> str:
    major, minor = r.u8("major version"), r.u8("minor version")
    return f"{major}.{minor}.{r.u16('build', 'little')}"


def _targets(r: Reader) -> Mapping[str, str]:
    """The names of the AV pairs, up to their end mark."""
    found: dict[str, str] = {}
    for _ in range(MOST_TARGETS):
        if not r.left():
            break
        kind, size = r.u16("pair id", "little"), r.u16("pair length", "little")
        value = r.take(size, "pair value")
        if kind == 0:
            break
        if kind in _AV_PAIRS:
            found[_AV_PAIRS[kind]] = value[: size // 2 * 2].decode("utf-16-le", "replace").strip("\0 ")
    return found


def _response_token(token: bytes) -> bytes:
    """The mechanism's own token in a NegTokenResp."""
    fields = _inside(_inside(Reader(token), 0xA1), 0x30)
    while fields.left():
        tag, content = _element(fields)
        if tag == 0xA2:
            return _inside(content, 0x04).rest()
    raise WireError("SPNEGO answer: no token of the mechanism")


def _inside(r: Reader, tag: int) -> Reader:
    """The content of the next element, which must have this tag."""
    found, content = _element(r)
    if found != tag:
        raise WireError(f"SPNEGO: tag 0x{tag:02x} expected, 0x{found:02x} found")
    return content


def _element(r: Reader) -> tuple[int, Reader]:
    tag, size = r.u8("tag"), r.u8("length")
    if size > 0x82:
        raise WireError(f"SPNEGO: lengths have at most 2 bytes, not {size & 0x7F}")
    if size >= 0x80:
        size = int.from_bytes(r.take(size & 0x7F, "length"))
    return tag, r.part(size, "content")


def _tag(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content
