"""Structured results of nmap's scripts -> claims. Every script's text is kept; facts are taken only where certain."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from assetctl.exchange import nmap_tls
from assetctl.exchange.nmap_elements import cut, listed, table, values
from assetctl.exchange.nmap_industrial import INDUSTRIAL
from assetctl.model import Claim, SubjectKind

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_SCRIPTS = 64
NAME_CONFIDENCE = 70  # the device's own word, over a protocol of the office network

_SSH_LISTS = {
    "kex_algorithms": "ssh_kex_algorithms",
    "encryption_algorithms": "ssh_encryption_algorithms",
    "mac_algorithms": "ssh_mac_algorithms",
}
_HOST_TEXTS = {  # script -> (element's key, fact)
    "nbstat": (("server_name", "hostname"),),
    "smb-os-discovery": (("server", "hostname"), ("os", "operating_system")),
    "rdp-ntlm-info": (("DNS_Computer_Name", "hostname"),),
}
_SSH_BANNER = re.compile(r"SSH-([0-9]\.[0-9]{1,2})-")  # RFC 4253, section 4.2
_VNC_NONE = "1"  # RFC 6143, section 7.1.2


def claims(scripts: list["Element"], key: str, nmap_version: str) -> tuple[Claim, ...]:
    """What the scripts of one port say. key: the service's local key, such as "tcp/443"."""
    found: list[Claim] = []
    if outputs := _outputs(scripts):
        found.append(Claim("script_output", outputs, SubjectKind.SERVICE, key))
    for script in scripts[:MOST_SCRIPTS]:
        name = script.get("id", "")
        if name in _READERS:
            found += _READERS[name](script, key)
        elif name in INDUSTRIAL:
            found += INDUSTRIAL[name](script)
        elif name in _HOST_TEXTS:
            found += _host_texts(name, script)
        elif name == "ssl-enum-ciphers":
            found += nmap_tls.ciphers(script, key, nmap_version)
    return tuple(found)


def host_claims(scripts: list["Element"], smb_key: str, nmap_version: str) -> tuple[Claim, ...]:
    """What the scripts about the whole host say. smb_key: the service that SMB scripts are about."""
    smb = [script for script in scripts if script.get("id", "").startswith("smb")]
    rest = [script for script in scripts if script not in smb]
    found = list(claims(smb, smb_key, nmap_version))
    if outputs := _outputs(rest):
        found.append(Claim("host_script_output", outputs))
    for script in rest[:MOST_SCRIPTS]:
        found += _host_texts(script.get("id", ""), script)
    return tuple(found)


def _outputs(scripts: list["Element"]) -> tuple[str, ...]:
    return tuple(f"{e.get('id', '')[:80]}: {cut(e.get('output'))}" for e in scripts[:MOST_SCRIPTS])


def _host_texts(name: str, script: "Element") -> Iterator[Claim]:
    told = values(script)
    for element_key, fact in _HOST_TEXTS.get(name, ()):
        text = told.get(element_key, "").replace("\\x00", "")
        if text and text != "<unknown>":
            yield Claim(fact, text, confidence=NAME_CONFIDENCE)


def _host_keys(script: "Element", key: str) -> Iterator[Claim]:
    kinds, prints = [], []
    for each in script.findall("table")[:16]:
        told = values(each)
        kinds.append(f"{told.get('type', '')} {told.get('bits', '')}".strip())
        prints.append(nmap_tls.ssh_fingerprint(told.get("key", ""), told.get("fingerprint", "")))
    for fact, texts in (("ssh_host_key_types", kinds), ("ssh_host_key_fingerprints", prints)):
        if known := tuple(dict.fromkeys(text for text in texts if text)):
            yield Claim(fact, known, SubjectKind.SERVICE, key)


def _ssh_algorithms(script: "Element", key: str) -> Iterator[Claim]:
    for name, fact in _SSH_LISTS.items():
        if algorithms := listed(table(script, name)):
            yield Claim(fact, algorithms, SubjectKind.SERVICE, key)


def _dialects(script: "Element", key: str) -> Iterator[Claim]:
    """SMB dialects, by number; older scripts write 2:0:2 and add a warning to the first."""
    texts = (text.partition(" [")[0].replace(":", ".") for text in listed(table(script, "dialects")))
    if dialects := tuple(dict.fromkeys(texts)):
        yield Claim("smb_dialects", dialects, SubjectKind.SERVICE, key)


def _title(script: "Element", key: str) -> Iterator[Claim]:
    if title := values(script).get("title", ""):
        yield Claim("http_title", title, SubjectKind.SERVICE, key)


def _server_header(script: "Element", key: str) -> Iterator[Claim]:
    if servers := listed(script):
        yield Claim("http_server", servers[0], SubjectKind.SERVICE, key)


def _banner(script: "Element", key: str) -> Iterator[Claim]:
    if text := cut(script.get("output")):
        yield Claim("service_banner", text, SubjectKind.SERVICE, key)
        if found := _SSH_BANNER.match(text):
            yield Claim("ssh_protocol_version", found[1], SubjectKind.SERVICE, key)


def _anonymous_ftp(script: "Element", key: str) -> Iterator[Claim]:
    """The script says so only when it got in; its silence means nothing."""
    if cut(script.get("output")).startswith("Anonymous FTP login allowed"):
        yield Claim("anonymous_access", True, SubjectKind.SERVICE, key)


def _vnc(script: "Element", key: str) -> Iterator[Claim]:
    kinds = table(script, "Security types")
    if kinds is not None and (numbers := [values(each).get("type", "") for each in kinds.findall("table")]):
        yield Claim("anonymous_access", _VNC_NONE in numbers, SubjectKind.SERVICE, key)


def _description(script: "Element", _key: str) -> Iterator[Claim]:
    """sysDescr; the script adds a line of its own about the uptime."""
    text = cut(script.get("output")).partition("\n  System uptime:")[0].strip()
    if text:
        yield Claim("description", text, confidence=80)


_READERS: dict[str, Callable[["Element", str], Iterator[Claim]]] = {
    "banner": _banner,
    "ftp-anon": _anonymous_ftp,
    "http-server-header": _server_header,
    "http-title": _title,
    "smb-protocols": _dialects,
    "snmp-sysdescr": _description,
    "ssh-hostkey": _host_keys,
    "ssh2-enum-algos": _ssh_algorithms,
    "ssl-cert": nmap_tls.certificate,
    "vnc-info": _vnc,
}
