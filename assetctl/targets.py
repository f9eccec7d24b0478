"""From what people write to ranges of addresses: 10.20.1.7, 10.20.1.0/24, 10.20.1.1-9, fd00::7, plc7, @file, cell1/...

Nothing is guessed: a text that could mean two things is refused with the way to write it. Addresses are never left to
a resolver, which would take 0x0a000001 or 010.1.1.1 for one.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

from assetctl import text
from assetctl.documents import read_text_lines
from assetctl.errors import InputError
from assetctl.model import IPAddress
from assetctl.scope import Target
from assetctl.values import address, network, realm_name

Resolve = Callable[[str], Sequence[IPAddress]]
"""All addresses of a name, () when it has none. Raises OSError when nobody can be asked."""

MOST_ADDRESSES = 65_536
MOST_LINES = 65_536
MOST_NAMES = 64  # addresses of one name

_REALM = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)
_NUMBERS = re.compile(r"[0-9.*,/-]+", re.ASCII)
_ADDRESSLIKE = re.compile(r"\d+(\.\d+){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*", re.ASCII)
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?", re.ASCII)
_NUMBER_AT_END = re.compile(r"(?:.*\.)?(\d+|0[xX][0-9a-fA-F]*)\.?", re.ASCII)


def parse_target(
    written: str, *, realm: str, resolve: Resolve | None, folder: Path = Path(), exclude: bool = False
) -> tuple[Target, ...]:
    """What one text names; several targets for a name with several addresses and for @file.

    realm: of texts without one in front. resolve: None where names may not be used. folder: where @file starts from.
    exclude: for exclusions, which may be of any size and keep network and broadcast addresses.
    Raises InputError with one line.
    """
    try:
        return tuple(_parse(written, realm, resolve, folder, exclude))
    except ValueError as error:
        problem = str(error)
    raise InputError(problem)


def read_exclusions(path: Path, realm: str) -> tuple[Target, ...]:
    """The addresses of an exclusion file, one a line. Names are refused: nothing is resolved between two frames.

    Raises InputError, at which a caller that was sending must stop: what may be asked is no longer known.
    """
    return tuple(_read(path, realm, None, exclude=True))


def default_resolver(name: str) -> tuple[IPAddress, ...]:
    """All addresses that this machine's resolver gives for a name, in its order; () when it knows none.

    Raises OSError when the resolver did not answer.
    """
    import socket

    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        return ()
    except socket.gaierror as error:
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
            return ()
        raise
    return tuple(dict.fromkeys(ip_address(str(where[0]).partition("%")[0]) for *_, where in answers))


def _parse(written: str, realm: str, resolve: Resolve | None, folder: Path, exclude: bool) -> Iterator[Target]:
    _check_characters(written)
    front, slash, rest = written.partition("/")
    if slash and _REALM.fullmatch(front):
        realm, written = realm_name(front), rest
        _check_characters(written)
    if written == "@":
        raise ValueError('"@" is followed by the path of a file, such as @hosts.txt')
    if written.startswith("@"):
        yield from _read(folder / written[1:], realm, resolve, exclude=exclude)
    elif span := _span(written, exclude):
        yield Target(realm, *_usable(written, span, exclude))
    elif resolve is None:
        raise ValueError(
            f"{_quoted(written)} is a name: an address is expected here, since names are not looked up for it"
        )
    else:
        for found in _resolved(written, resolve):
            yield Target(realm, *_usable(written, (found, found), exclude), name=written)


def _read(path: Path, realm: str, resolve: Resolve | None, *, exclude: bool) -> Iterator[Target]:
    """The targets of a file, one a line; "#" begins a comment. A file may not name further files."""
    lines = read_text_lines(path)
    if len(lines) > MOST_LINES:
        raise InputError(
            f"{path}: at most {MOST_LINES} lines are read, {len(lines)} were found; use networks or ranges"
        )
    for number, line in enumerate(lines, start=1):
        written = line.partition("#")[0].strip(" \t\r")
        if not written:
            continue
        try:
            if "@" in written:
                raise ValueError(f"{_quoted(written)}: a file of targets may not name another; write its lines out")
            yield from _parse(written, realm, resolve, path.parent, exclude)
        except ValueError as error:
            problem = f"{path}:{number}: {error}"
        else:
            continue
        raise InputError(problem)


def _check_characters(written: str) -> None:
    if not written:
        raise ValueError("a target is expected, such as 10.20.1.7 or 10.20.1.0/24; an empty text was found")
    if not text.is_plain(written) or len(written) > 300:
        raise ValueError(f"{_quoted(written)} holds hidden characters or is too long; type the target anew")
    if re.search(r"\s", written):
        raise ValueError(f"{_quoted(written)} holds a space: give one target at a time, each on its own")
    if written.startswith("-"):
        raise ValueError(f"{_quoted(written)} begins with a hyphen: a target is expected, not an option")


def _span(written: str, exclude: bool) -> tuple[IPAddress, IPAddress] | None:
    """First and last address of a text made of addresses; None when it is a name."""
    first, hyphen, last = written.partition("-")
    if hyphen and _ADDRESSLIKE.fullmatch(first):
        return _range(written, _address(first), last)
    if "/" in written:
        return _network(written, exclude)
    if _ADDRESSLIKE.fullmatch(written):
        return _address(written), _address(written)
    if _NUMBERS.fullmatch(written) or "%" in written or ":" in written:
        raise ValueError(f"{_quoted(written)} is not a target: write 10.20.1.7, 10.20.1.0/24, 10.20.1.1-9 or fd00::7")
    return None


def _address(written: str) -> IPAddress:
    for part in written.split(".") if ":" not in written else ():
        if len(part) > 1 and part.startswith("0"):
            raise ValueError(
                f"{_quoted(written)}: {part} has a leading zero, which some read as octal; write {int(part)}"
            )
        if int(part) > 255:
            raise ValueError(f"{_quoted(written)} is not an address: {text.one_line(part, most=20)} is above 255")
    return address(written)


def _range(written: str, first: IPAddress, last: str) -> tuple[IPAddress, IPAddress]:
    """10.0.0.1-10.0.0.9, or 10.0.0.1-9 for the last part of an IPv4 address."""
    if isinstance(first, IPv4Address) and last.isascii() and last.isdigit():
        last = f"{str(first).rpartition('.')[0]}.{last}"
    if not _ADDRESSLIKE.fullmatch(last):
        raise ValueError(f"{_quoted(written)} is not a range: write 10.20.1.1-10.20.1.9 or 10.20.1.1-9")
    end = _address(last)
    if end.version != first.version or int(end) < int(first):
        raise ValueError(f"{_quoted(written)} is not a range: the second address must not lie before the first")
    return first, end


def _network(written: str, exclude: bool) -> tuple[IPAddress, IPAddress]:
    """The hosts of a network. Below /31 an IPv4 network's own address and its broadcast address are no hosts."""
    front = written.partition("/")[0]
    if not _ADDRESSLIKE.fullmatch(front):
        raise ValueError(
            f"{_quoted(written)} is not a network such as 10.20.1.0/24, nor a target behind a realm such as cell1/"
        )
    _address(front)
    held = network(written)
    first, last = held.network_address, held.broadcast_address
    if isinstance(first, IPv4Address) and held.prefixlen < 31 and not exclude:
        return first + 1, last - 1
    return first, last


def _usable(written: str, span: tuple[IPAddress, IPAddress], exclude: bool) -> tuple[IPAddress, IPAddress]:
    """The span itself when it is something that can be asked. Any span can be excluded."""
    if exclude:
        return span
    if int(span[1]) - int(span[0]) >= MOST_ADDRESSES:
        raise ValueError(
            f"{_quoted(written)} holds more than {MOST_ADDRESSES} addresses: "
            "give smaller networks, or a list of known hosts as @file"
        )
    for end in span:
        if kind := _unaskable(end):
            raise ValueError(f"{_quoted(written)}: {end} is {kind}; give addresses of single devices")
    return span


def _unaskable(ip: IPAddress) -> str:
    """Why an address is not one device's, or ""."""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return f"an IPv4 address in IPv6 clothes, {ip.ipv4_mapped}"
        return "a multicast address" if ip.is_multicast else "no address" if ip.is_unspecified else ""
    if ip.is_multicast:
        return "a multicast address"
    if ip.is_reserved:
        return "a reserved or broadcast address"
    return "no address of a device" if ip in ip_network("0.0.0.0/8") else ""


def _resolved(name: str, resolve: Resolve) -> tuple[IPAddress, ...]:
    if not _NAME.fullmatch(name) or len(name) > 253 or _NUMBER_AT_END.fullmatch(name):
        raise ValueError(f"{_quoted(name)} is neither an address nor a host name; other letters need their xn-- form")
    try:
        found = tuple(dict.fromkeys(resolve(name)))
    except OSError as error:
        raise ValueError(
            f"{_quoted(name)} could not be looked up: {error.strerror or error}; give its address"
        ) from None
    if not found:
        raise ValueError(f"{_quoted(name)} has no address here; check the spelling, or give its address")
    if len(found) > MOST_NAMES:
        raise ValueError(f"{_quoted(name)} has {len(found)} addresses, at most {MOST_NAMES} are taken; give addresses")
    return found


def _quoted(written: str) -> str:
    return f'"{text.one_line(written, most=60)}"'
