"""Reads nmap's XML reports: one observation per host, finished hosts kept even when the file breaks off.

The report is a foreign file: entities are refused, depth and size are bounded, and every text in it stays text.
nmap's own DOCTYPE is harmless and accepted. Layout: the nmap.dtd that comes with nmap, versions 4 to 7.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from ipaddress import ip_address
from typing import TYPE_CHECKING
from xml.parsers.expat import errors as expat

from assetctl.errors import InputError
from assetctl.exchange import nmap_host
from assetctl.model import Address, Claim, IPAddress, Observation, Outcome
from assetctl.text import one_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

READER = "nmap-xml/1"
MOST_BYTES = 200_000_000
MOST_DEPTH = 32
MOST_ELEMENTS = 500_000  # in one host
MOST_WARNINGS = 50

_EARLY_ENDS = tuple(
    expat.codes[message]
    for message in (
        expat.XML_ERROR_NO_ELEMENTS,
        expat.XML_ERROR_UNCLOSED_TOKEN,
        expat.XML_ERROR_PARTIAL_CHAR,
        expat.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What one report brought.

    warnings: one line each, for people. complete: nmap ended well and everything in the file was read; only then is
    what is missing in it evidence of absence. arguments: nmap's command line. scanner: such as "nmap 7.93".
    """

    observations: tuple[Observation, ...]
    warnings: tuple[str, ...]
    complete: bool
    started: datetime
    ended: datetime
    arguments: str = ""
    scanner: str = ""


@dataclass(slots=True)
class _Report:
    """What is known of the report while it is read.

    is_nmap: its root was seen. broken: what ended the reading early, "" for nothing.
    """

    file: str
    is_nmap: bool = False
    root: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    finished: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    broken: str = ""
    hosts: int = 0

    def warn(self, text: str) -> None:
        self.warnings.append(f"{self.file}: {text}")


def read(raw: bytes, *, scan: str, realm: str, file: str) -> Imported:
    """The hosts of one report.

    file: its name, for messages and records. A host that nothing answered from becomes a silent observation without
    claims: an address alone is no asset. Raises InputError when this is no nmap report.
    """
    if len(raw) > MOST_BYTES:
        raise InputError(f"{file}: {len(raw) // 1_000_000} MB; at most {MOST_BYTES // 1_000_000}: split the scan")
    if not raw.strip():
        raise InputError(f"{file}: the file is empty")
    report = _Report(file)
    digest = hashlib.sha256(raw).hexdigest()
    names: dict[str, int] = {}
    closed: dict[str, Claim] = {}
    observations = []
    for host in _hosts(raw, report):
        report.hosts += 1
        observation = _observation(host, report, closed, scan=scan, realm=realm, digest=digest, names=names)
        if observation:
            observations.append(observation)
    return _imported(report, tuple(observations))


def _imported(report: _Report, observations: tuple[Observation, ...]) -> Imported:
    started = _moment(report.root.get("start"), datetime.fromtimestamp(0, UTC))
    ended = _moment(report.finished.get("time"), max((o.ended for o in observations), default=started))
    complete = _is_complete(report)
    if "start" not in report.root:
        report.warn("no time of the scan in it; taken as 1970, so everything in it counts as stale")
    rest = len(report.warnings) - MOST_WARNINGS
    warnings = report.warnings if rest <= 0 else [*report.warnings[-MOST_WARNINGS:], f"and {rest} more warnings"]
    scanner = one_line(f"{report.root.get('scanner', 'nmap')} {report.root.get('version', '')}".strip())
    arguments = report.root.get("args", "")[:4096]
    return Imported(observations, tuple(warnings), complete, started, max(started, ended), arguments, scanner)


def _is_complete(report: _Report) -> bool:
    if report.broken:
        report.warn(f"{report.broken}; {report.hosts} finished hosts were kept")
    elif not report.finished:
        report.warn(f"nmap's closing line is missing; {report.hosts} finished hosts were kept")
    elif report.finished.get("exit", "success") != "success":
        reason = one_line(report.finished.get("errormsg", "")) or "no reason given"
        report.warn(f"nmap ended with an error: {reason}")
    else:
        return True
    return False


def _hosts(raw: bytes, report: _Report) -> Iterator["Element"]:
    """The finished hosts, one at a time; whatever precedes and follows them goes into `report`."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse

    try:
        for child in _children(iterparse(BytesIO(raw), events=("start", "end")), report):
            match child.tag:
                case "host":
                    yield child
                case "scaninfo":
                    report.services[child.get("protocol", "")] = child.get("services", "")
                case "runstats":
                    finished = child.find("finished")
                    report.finished = {} if finished is None else dict(finished.attrib)
    except DefusedXmlException as fault:
        raise InputError(
            f"{report.file}: it declares entities, which nmap never does ({type(fault).__name__}); not read"
        ) from fault
    except ParseError as fault:
        _broken_off(fault.code, fault.position[0], report, str(fault))
    except (LookupError, ValueError) as fault:
        raise InputError(f"{report.file}: its encoding cannot be read: {one_line(str(fault))}") from fault


def _children(events: Iterator[tuple[str, "Element"]], report: _Report) -> Iterator["Element"]:
    """The root's children, each thrown away after use."""
    root = None
    depth = count = 0
    for event, element in events:
        if event == "end":
            depth -= 1
            if depth == 1 and root is not None:
                yield element
                root.clear()
                count = 0
            continue
        depth += 1
        count += 1
        if root is None:
            root = element
            _check_root(element, report)
        if depth > MOST_DEPTH or count > MOST_ELEMENTS:
            raise InputError(f"{report.file}: nested too deeply or a host too large for an nmap report; not read")


def _check_root(root: "Element", report: _Report) -> None:
    if root.tag != "nmaprun":
        raise InputError(f"{report.file}: XML of another kind: <nmaprun> expected, <{one_line(root.tag)}> found")
    report.is_nmap = True
    report.root = dict(root.attrib)


def _broken_off(code: int, line: int, report: _Report, message: str) -> None:
    """Decide whether a syntax error leaves something to keep."""
    if not report.is_nmap and code == expat.codes[expat.XML_ERROR_NO_ELEMENTS]:
        raise InputError(f"{report.file}: no XML in it; export the scan with nmap -oX")
    if not report.is_nmap:
        raise InputError(f"{report.file}: not XML ({one_line(message)}); export the scan with nmap -oX")
    if code in _EARLY_ENDS:
        report.broken = f"the file breaks off in line {line}"
    elif code == expat.codes[expat.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]:
        report.broken = f"something follows the end of the report in line {line} and was not read"
    elif report.hosts:
        report.broken = f"unreadable from line {line} on ({one_line(message)})"
    else:
        raise InputError(f"{report.file}: unreadable XML ({one_line(message)}), and no host before it")


def _observation(
    host: "Element",
    report: _Report,
    closed: dict[str, Claim],
    *,
    scan: str,
    realm: str,
    digest: str,
    names: dict[str, int],
) -> Observation | None:
    """One host, or None when the report does not tell its address."""
    ip = _address(host)
    if ip is None:
        report.warn(f"host {report.hosts}: no usable address; left out")
        return None
    label = str(ip)
    names[label] = names.get(label, 0) + 1
    unique = label if names[label] == 1 else f"{label}#{names[label]}"
    heard = nmap_host.listen(host, ip, report.services, nmap_version=report.root.get("version", ""), closed=closed)
    for warning in heard.warnings:
        report.warn(f"{label}: {warning}")
    started = _moment(host.get("starttime"), _moment(report.root.get("start"), datetime.fromtimestamp(0, UTC)))
    return Observation(
        id="nmap-" + hashlib.sha256(f"{digest}\n{unique}".encode()).hexdigest()[:24],
        scan=scan,
        source="nmap-xml",
        reader=READER,
        realm=realm,
        target=Address(realm, ip),
        vantage="import",
        outcome=Outcome.ANSWERED if heard.answered else Outcome.SILENT,
        started=started,
        ended=max(started, _moment(host.get("endtime"), started)),
        exchanges=(),
        claims=heard.claims,
        record=f"{report.file}: host {unique}",
        detail=heard.detail,
    )


def _address(host: "Element") -> IPAddress | None:
    """The host's first IPv4 address, else its first IPv6 address."""
    texts = {e.get("addrtype", ""): e.get("addr", "") for e in reversed(host.findall("address"))}
    for kind in ("ipv4", "ipv6"):
        try:
            return ip_address(texts.get(kind, "").partition("%")[0])
        except ValueError:
            continue
    return None


def _moment(text: str | None, otherwise: datetime) -> datetime:
    """A time in seconds since 1970, where the attribute holds one."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 11:
        return otherwise
    return datetime.fromtimestamp(int(text), UTC)
