"""A redirect is followed once, on the same address, port and scheme, to a path that is made harmless or left alone."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import Refusal
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.http import PROTOCOL, codec, vet
from assetctl.protocols.http.redirect import followed
from assetctl.protocols.https import PROTOCOL as HTTPS
from assetctl.protocols.https import vet as https_vet
from assetctl.talk import TLS, Ask, Open, Recorded, Reply, replay

HOST = "192.0.2.1"
OPENED = ("connect", b"", Reply(Outcome.ANSWERED))
LOGIN = b"<title>Pump 3</title><input type=password>"


def path_of(location: str, *, scheme: str = "http", host: str = HOST, port: int = 80) -> str:
    return followed(location, scheme=scheme, host=host, port=port)


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/login.html", "/login.html"),
        ("login.html", "/login.html"),
        ("./a/../b.htm", "/b.htm"),
        ("//192.0.2.1/x", "/x"),
        ("http://192.0.2.1/x", "/x"),
        ("HTTP://192.0.2.1:80/x", "/x"),
        ("/Portal/Portal.mwsl?PriNav=Start", "/Portal/Portal.mwsl?PriNav=Start"),
        ("?lang=en", "/?lang=en"),
        ("/a;jsessionid=1A", "/a;jsessionid=1A"),
        ("/a b", "/a%20b"),
        ("/%c3%9c.htm#top", "/%C3%9C.htm"),
        ("/\xdc.htm", "/%DC.htm"),
        ("/a'(b)*", "/a%27%28b%29%2A"),
    ],
)
def test_a_path_of_the_same_server_is_followed(location: str, path: str) -> None:
    assert path_of(location) == path


@pytest.mark.parametrize(
    "location",
    [
        *("", "/", "http://192.0.2.1/", "#top"),
        *("https://192.0.2.1/x", "ftp://192.0.2.1/x", "javascript:alert(1)"),
        *("http://192.0.2.2/x", "//192.0.2.2/x", "http://plc.example/x", "http://192.0.2.1.example/x"),
        *("http://192.0.2.1:8080/x", "http://192.0.2.1:x/x", "http://192.0.2.1:99999/x"),
        *("http://me@192.0.2.1/x", "http://192.0.2.2@192.0.2.1/x", "http://[192.0.2.1/x", "http://[::1]/x"),
        *("/../../etc/%2e%2e/x", "/a//b", "/x?to=http://192.0.2.1/", "/%", "/%0d%0aHost:x", "/%00", "/%41"),
        *("/reboot", "/cgi-bin/Reset.cgi", "/?do=factoryDefault", "/logout.html", "/x?cmd=ls", "/save", "/apply.cgi"),
        *("/" + "a" * 300, "/" + "a" * 5000, "/" + "\u4e3b" * 100),
    ],
)
def test_nothing_else_is(location: str) -> None:
    assert path_of(location) == ""


def test_addresses_are_compared_as_such_and_ports_by_their_scheme() -> None:
    assert path_of("http://[2001:db8:0:0::1]/x", host="2001:db8::1") == "/x"
    assert path_of("http://[fe80::1]/x", host="fe80::1%eth0") == "/x"
    assert path_of("https://192.0.2.1/x", scheme="https", port=443) == "/x"
    assert path_of("https://192.0.2.1:8443/x", scheme="https", port=8443) == "/x"
    assert path_of("https://192.0.2.1/x", scheme="https", port=8443) == ""


@given(st.text(max_size=60) | st.text(alphabet=string.printable + "%%//??..", max_size=60))
def test_what_is_followed_is_on_the_published_list(location: str) -> None:
    path = path_of(location)
    if path:
        assert vet.vet(codec.encode(host=HOST, port=80, path=path)) == "get-page-it-leads-to"


@pytest.mark.parametrize(
    "path", ["/a b", "/a\r\nX: y", "//x", "/..", "/%2e%2e/x", "/%72eboot", "/%0A", "/reBoot", "x", "/\xfc"]
)
def test_the_gate_s_own_reading_refuses_such_paths_too(path: str) -> None:
    unit = codec.encode(host=HOST, port=80).replace(b"GET / ", f"GET {path} ".encode("latin-1"))
    with pytest.raises(Refusal):
        vet.vet(unit)
    with pytest.raises(Refusal):
        https_vet.vet(unit)


# --- the conversation -------------------------------------------------------------------------------------------------


def answer(path: str, head: bytes, body: bytes | None = None, *, scheme: str = "http") -> list[Recorded]:
    port = codec.OWN_PORTS[scheme]
    question = codec.encode(host=HOST, port=port, scheme=scheme, path=path)
    said = [OPENED, ("x", question, Reply(Outcome.ANSWERED, (head + b"\r\n\r\n",)))]
    return said if body is None else [*said, ("listen", b"", Reply(Outcome.ANSWERED, (body,)))]


def told(recording: list[Recorded], *, scheme: str = "http") -> tuple[dict[str, object], list[Open | Ask], int]:
    one = {"http": PROTOCOL, "https": HTTPS}[scheme]
    replayed = replay(one.probe(Context(port=codec.OWN_PORTS[scheme], host=HOST)), recording)
    return {c.key: c.value for c in replayed.claims}, list(replayed.asked), replayed.missing


MOVED = b"HTTP/1.1 302 Found\r\nServer: first\r\nLocation: /login"


def test_the_page_it_leads_to_is_the_page_and_the_first_server_field_counts() -> None:
    claims, asked, _ = told(answer("/", MOVED) + answer("/login", b"HTTP/1.1 200 OK\r\nServer: second", LOGIN))
    assert sum(isinstance(one, Open) for one in asked) == 2
    assert (claims["http_title"], claims["http_server"], claims["http_asks_login"]) == ("Pump 3", "first", True)
    assert claims["http_redirects_to_tls"] is False


def test_a_second_redirect_is_read_and_not_followed() -> None:
    to_tls = b"HTTP/1.1 302 Found\r\nLocation: https://192.0.2.1/login"
    claims, asked, missing = told(answer("/", MOVED) + answer("/login", to_tls))
    assert (sum(isinstance(one, Open) for one in asked), missing) == (2, 0)
    assert claims["http_redirects_to_tls"] is True


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.SILENT, Outcome.RESET, Outcome.DENIED])
def test_where_the_second_page_does_not_come_the_first_answer_stands(outcome: Outcome) -> None:
    claims, _, _ = told([*answer("/", MOVED), ("connect", b"", Reply(outcome))])
    assert claims == {
        "service_name": "http",
        "service_source": "probed",
        "http_server": "first",
        "http_redirects_to_tls": False,
    }


def test_evidence_from_before_redirects_were_followed_reads_as_it_did() -> None:
    claims, _, missing = told(answer("/", MOVED))
    assert (claims["http_redirects_to_tls"], missing) == (False, 1)


def test_behind_tls_every_connection_is_in_it_and_nothing_is_said_of_a_way_there() -> None:
    claims, asked, _ = told(
        answer("/", MOVED, scheme="https") + answer("/login", b"HTTP/1.1 200 OK", LOGIN, scheme="https"), scheme="https"
    )
    assert [one.envelope for one in asked if isinstance(one, Open)] == [TLS, TLS]
    assert (claims["service_name"], claims["service_tunnel"], claims["http_title"]) == ("http", "ssl", "Pump 3")
    assert "http_redirects_to_tls" not in claims


def test_a_redirect_between_http_and_https_is_followed_by_neither() -> None:
    for scheme, other in (("http", "https"), ("https", "http")):
        moved = f"HTTP/1.1 302 Found\r\nLocation: {other}://{HOST}/login".encode()
        _, asked, missing = told(answer("/", moved, scheme=scheme), scheme=scheme)
        assert (len(asked), missing) == (2, 0)
