"""JSON over HTTPS with one named server of the office, such as an inventory that takes over what was found.

This asks no device and takes no part in a scan. So that nothing goes elsewhere: the name is resolved once, the caller
sees the address before anything is sent, certificates are verified, HTTP without TLS is for loopback alone, no redirect
is followed and no proxy is used. Certificates of one's own are found as OpenSSL finds them (SSL_CERT_FILE).
"""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from assetctl.errors import EnvironmentFault, InputError, SecretFault
from assetctl.model import IPAddress
from assetctl.text import one_line

WAIT_S = 30.0
MOST_WAIT_S = 120.0
MOST_BYTES = 16_777_216
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. body: the JSON value, None where there was none."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Office:
    """One server. name, port: as in its address. base: path before those of its API. ips: where its name led to."""

    name: str
    port: int
    base: str
    ips: tuple[IPAddress, ...]
    is_tls: bool
    authorization: str = field(repr=False)

    def ask(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Answer:
        """GET. Raises as `send`."""
        return self.send("GET", path + ("?" + urlencode(query) if query else ""), None)

    def send(self, method: str, path: str, body: object) -> Answer:
        """One request on a connection of its own. body: made JSON of; None for none.

        Raises EnvironmentFault when the server cannot be reached or answers no JSON, SecretFault when it does not take
        the token, InputError when it points elsewhere.
        """
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = {"Accept": "application/json", "Authorization": self.authorization, "Connection": "close"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        connection = _Pinned(self)
        try:
            connection.request(method, self.base + path, content, headers)
            return self._read(connection.getresponse())
        except (OSError, http.client.HTTPException) as fault:
            reason = one_line(str(fault) or type(fault).__name__)
            raise EnvironmentFault(f"{self}: no answer could be had ({reason}); try again when it works") from None
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> Answer:
        end = time.monotonic() + MOST_WAIT_S
        held = bytearray()
        while chunk := response.read1(_CHUNK):
            held += chunk
            if len(held) > MOST_BYTES or time.monotonic() > end:
                raise EnvironmentFault(f"{self}: its answer does not end; look at the server")
        if 300 <= response.status < 400:
            where = one_line(response.getheader("Location") or "nowhere")
            raise InputError(
                f"{self}: it points to {where}, which is not followed; name the address that answers itself"
            )
        if response.status in (401, 403):
            raise SecretFault(
                f"{self}: the token is not taken for this (HTTP {response.status}); check it and its rights"
            )
        return Answer(response.status, self._json(bytes(held), response.status))

    def _json(self, content: bytes, status: int) -> Any:
        if not content:
            return None
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise EnvironmentFault(
                f"{self}: what it answers is no JSON (HTTP {status}); is this the address?"
            ) from None

    def __str__(self) -> str:
        host = f"[{self.name}]" if ":" in self.name else self.name
        return f"{'https' if self.is_tls else 'http'}://{host}:{self.port}{self.base}"


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at, whatever the name leads to by now."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.name, office.port, timeout=WAIT_S)
        self._office = office

    def connect(self) -> None:
        found = self._reached()
        if self._office.is_tls:
            self.sock = ssl.create_default_context().wrap_socket(found, server_hostname=self._office.name)
        else:
            self.sock = found

    def _reached(self) -> socket.socket:
        *others, last = self._office.ips
        for ip in others:
            try:
                return socket.create_connection((str(ip), self._office.port), WAIT_S)
            except OSError:
                continue  # the name leads to further addresses
        return socket.create_connection((str(last), self._office.port), WAIT_S)


def office(url: str, authorization: str, refuse: Callable[[IPAddress], str]) -> Office:
    """The server at an address. refuse: says why nothing may be sent there, "" when it may.

    Raises InputError, EnvironmentFault when the name leads nowhere.
    """
    name, port, base, is_tls = _parts(url)
    ips = _resolved(name, port)
    if not is_tls and not all(ip.is_loopback for ip in ips):
        raise InputError(f"{name}: a token is sent over https only; begin the address with https://")
    for ip in ips:
        if reason := refuse(ip):
            raise InputError(f"{name} ({ip}): {reason}; nothing was sent")
    return Office(name, port, base, ips, is_tls, authorization)


def _parts(url: str) -> tuple[str, int, str, bool]:
    shown = one_line(url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InputError(f"{shown}: this is no address; https://HOST is expected") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or not url.isascii() or not url.isprintable():
        raise InputError(f"{shown}: this is no address; https://HOST is expected")
    if parts.username is not None or parts.password is not None:
        raise InputError("the address holds a name or password; give the token by reference and the address without")
    if parts.query or parts.fragment or " " in url:
        raise InputError(f"{shown}: only a host and a path are expected, as in https://HOST/netbox")
    is_tls = parts.scheme == "https"
    return parts.hostname, port or (443 if is_tls else 80), parts.path.rstrip("/").removesuffix("/api"), is_tls


def _resolved(name: str, port: int) -> tuple[IPAddress, ...]:
    """All addresses of a name, each once; IPv4 that is written as IPv6 is IPv4, as it is on the wire."""
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise EnvironmentFault(f"{one_line(name)}: this name leads to no address; check it") from None
    ips = (ip_address(str(place[0]).partition("%")[0]) for *_, place in found)
    return tuple(dict.fromkeys(getattr(ip, "ipv4_mapped", None) or ip for ip in ips))
