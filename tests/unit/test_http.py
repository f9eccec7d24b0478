"""The first page: what head and body say, what stays open, and that nothing but GET / leaves."""

import time

import pytest

from assetctl.errors import Refusal, WireError
from assetctl.model import Outcome
from assetctl.protocol import Context
from assetctl.protocols.http import PROTOCOL, codec, page, vet
from assetctl.talk import Ask, Reply, replay
from assetctl.wire import UntilClose

QUESTION = codec.encode(host="192.0.2.1", port=80)
LOGIN = b'<form><input type="password" name=p></form>'
OPEN = {"http_redirects_to_tls": None, "http_asks_login": None}


def seen(head: bytes, body: bytes | None = None) -> dict[str, object]:
    """What is claimed of a server with this answer; no body: none is asked for, or it never comes."""
    recording = [("connect", b"", Reply(Outcome.ANSWERED))]
    recording.append(("get-first-page", QUESTION, Reply(Outcome.ANSWERED, (head + b"\r\n\r\n",))))
    recording.append(("listen", b"", Reply(Outcome.SILENT) if body is None else Reply(Outcome.ANSWERED, (body,))))
    return {c.key: c.value for c in replay(PROTOCOL.probe(Context(port=80, host="192.0.2.1")), recording).claims}


def flags(head: bytes, body: bytes | None = None) -> dict[str, object]:
    claims = seen(head, body)
    return {key: claims.get(key) for key in OPEN}


@pytest.mark.parametrize(
    ("host", "port", "line"),
    [
        ("192.0.2.1", 80, b"Host: 192.0.2.1\r\n"),
        ("192.0.2.1", 8080, b"Host: 192.0.2.1:8080\r\n"),
        ("2001:db8::1", 80, b"Host: [2001:db8::1]\r\n"),
        ("fe80::1%eth0", 8080, b"Host: [fe80::1]:8080\r\n"),
    ],
)
def test_the_host_is_the_address_as_an_authority(host: str, port: int, line: bytes) -> None:
    unit = codec.encode(host=host, port=port)
    assert line in unit
    assert vet.vet(unit) == "get-first-page"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GET", b"PUT"),
        (b"GET", b"HEAD"),
        (b"GET / ", b"GET /reset "),
        (b"GET / ", b"GET /?reboot=1 "),
        (b"192.0.2.1", b"plant.example"),
        (b"192.0.2.1", b"192.0.2.999"),
        (b"192.0.2.1", b"192.0.2.1:99999"),
        (b"192.0.2.1", b"[192.0.2.1]"),
        (b"Connection: close", b"Connection: keep-alive"),
        (b"Accept:", b"Authorization: Basic YTpi\r\nAccept:"),
        (b"Accept:", b"Cookie: a=b\r\nAccept:"),
        (b"close\r\n\r\n", b"close\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
    ],
)
def test_no_other_question_may_leave(old: bytes, new: bytes) -> None:
    assert old in QUESTION
    with pytest.raises(Refusal):
        vet.vet(QUESTION.replace(old, new))


@pytest.mark.parametrize(
    ("head", "body", "redirects", "asks"),
    [
        (b"HTTP/1.1 301 Moved\r\nLocation: https://192.0.2.1/", None, True, None),
        (b"HTTP/1.1 302 Found\r\nLocation: HTTPS://192.0.2.1/", None, True, None),
        (b"HTTP/1.1 302 Found\r\nLocation: /login", None, False, None),
        (b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/https://", None, False, None),
        (b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic", None, False, True),
        (b"HTTP/1.1 200 OK", LOGIN, False, True),
        (b"HTTP/1.1 200 OK", b"<h1>ready</h1>", False, False),
        (b"HTTP/1.1 403 Forbidden", b"<h1>no</h1>", False, None),
        (b"HTTP/1.1 200 OK", b"<script src=app.js></script>", None, None),
        (b"HTTP/1.1 200 OK", b"<meta http-equiv=refresh content='0;url=https://x/'>", None, None),
        (b"HTTP/1.1 200 OK\r\nRefresh: 0;url=/a", b"<h1>ready</h1>", None, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999", b"<h1>only a part</h1>", None, None),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json", None, None, None),
        (b"HTTP/1.1 200 OK", None, None, None),
    ],
)
def test_a_flag_is_said_only_where_nothing_else_could_say_otherwise(
    head: bytes, body: bytes | None, redirects: bool | None, asks: bool | None
) -> None:
    assert flags(head, body) == {"http_redirects_to_tls": redirects, "http_asks_login": asks}


def test_a_body_of_a_redirect_is_not_waited_for() -> None:
    recording = [("connect", b"", Reply(Outcome.ANSWERED))]
    recording.append(("get-first-page", QUESTION, Reply(Outcome.ANSWERED, (b"HTTP/1.1 301 x\r\n\r\n",))))
    asked = replay(PROTOCOL.probe(Context(port=80, host="192.0.2.1")), recording).asked
    assert sum(isinstance(a, Ask) for a in asked) == 1


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({"content-length": "12"}, 12),
        ({"content-length": "99999999"}, codec.MOST_PAGE),
        ({"content-length": "-1"}, codec.MOST_PAGE),
        ({"content-length": "12", "transfer-encoding": "chunked"}, codec.MOST_PAGE),
        ({}, codec.MOST_PAGE),
    ],
)
def test_a_body_is_read_as_far_as_its_head_says_and_never_beyond_64_kib(fields: dict[str, str], most: int) -> None:
    assert codec.body(codec.Head(200, fields)) == UntilClose(most)


def test_chunks_are_drawn_together_and_a_cut_one_counts_as_far_as_it_came() -> None:
    head = codec.Head(200, {"transfer-encoding": "chunked"})
    assert codec.decode_body(b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", head) == b"hello world"
    assert codec.decode_body(b"5\r\nhello\r\nff\r\n wor", head) == b"hello wor"
    with pytest.raises(WireError):
        codec.decode_body(b"<html>", head)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 9000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
    ],
)
def test_a_head_that_is_none_is_refused(head: bytes) -> None:
    with pytest.raises(WireError):
        codec.decode_head(head)


@pytest.mark.parametrize(
    ("data", "charset", "title"),
    [
        (b"<TITLE lang=en>Pump\r\n  &amp; valve</TITLE>", "", "Pump & valve"),
        ("<title>Übersicht</title>".encode(), "utf-8", "Übersicht"),
        ("<title>Übersicht</title>".encode("latin-1"), "", "Übersicht"),
        ("<title>控制台</title>".encode("gb2312"), "gb2312", "控制台"),
        (b"<title>never closed", "", ""),
        (b"<title>" + b"x" * 5000 + b"</title>", "", "x" * page.MOST_TITLE),
    ],
)
def test_the_title_is_one_line_of_text(data: bytes, charset: str, title: str) -> None:
    assert page.read(data, charset).title == title


@pytest.mark.parametrize(
    ("data", "asks"),
    [
        (b"<INPUT NAME=p TYPE=PASSWORD>", True),
        (b"<input\n type = 'password'\n/>", True),
        (b'<input type="text" name="password">', False),
        (b"<input placeholder='type=password please'", False),
        (b"password", False),
    ],
)
def test_a_password_field_is_an_input_of_that_type(data: bytes, asks: bool) -> None:
    assert page.read(data).has_password is asks


@pytest.mark.parametrize(
    "tag", [b"<a ", b"<a/", b"<input ", b"<input type=", b"<!--", b"<title>", b"&", b'<a b="', b"<"]
)
def test_hostile_tags_take_no_time(tag: bytes) -> None:
    data = (tag * codec.MOST_PAGE)[: codec.MOST_PAGE]
    started = time.process_time()
    page.read(data)
    assert time.process_time() - started < 1


def test_the_server_header_is_cut() -> None:
    claims = seen(b"HTTP/1.1 200 OK\r\nServer: " + b"x" * 5000 + b"\r\nContent-Length: 0")
    assert claims["http_server"] == "x" * 256


# --- realm and generator ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("challenges", "realm"),
    [
        ([b'Basic realm="Pump station 3"'], "Pump station 3"),
        ([b"NTLM", b'Basic realm="PLANT"'], "PLANT"),
        ([b'Digest nonce="a, realm=x", realm="TC \\"2\\""'], 'TC "2"'),
        ([b"Basic realm=plain, charset=UTF-8"], "plain"),
        ([b"Negotiate"], None),
        ([b'Basic realm=""'], None),
        ([b'Basic realm="never closed'], None),
        ([b'Basic xrealm="no"'], None),
    ],
)
def test_the_realm_is_that_of_the_first_challenge_that_names_one(challenges: list[bytes], realm: str | None) -> None:
    head = b"\r\n".join((b"HTTP/1.1 401 Unauthorized", *(b"WWW-Authenticate: " + one for one in challenges)))
    claims = seen(head)
    assert claims.get("http_realm") == realm
    assert claims["http_asks_login"] is True


@pytest.mark.parametrize(
    ("markup", "generator"),
    [
        (b'<meta name="generator" content="Pump CMS 3.1 &amp; more">', "Pump CMS 3.1 & more"),
        (b"<META content='X' NAME=Generator>", "X"),
        (b'<meta charset=utf-8><meta name=viewport content="w"><meta name=generator content=Y>', "Y"),
        (b'<meta name="description" content="generator">', ""),
        (b'<meta name="generator">', ""),
        (b'<meta name="generator" content="never closed', ""),
    ],
)
def test_the_generator_is_what_the_meta_element_of_that_name_holds(markup: bytes, generator: str) -> None:
    assert page.read(b"<html><head>" + markup).generator == generator


@pytest.mark.parametrize("hostile", [b"<meta ", b"<meta name=generator ", b'<meta a="', b"a=" * 9, b"<meta a = "])
def test_hostile_metas_take_a_bounded_time(hostile: bytes) -> None:
    started = time.process_time()
    page.read((hostile * (65536 // len(hostile) + 1))[:65536])
    assert time.process_time() - started < 1


def test_hostile_challenges_take_a_bounded_time() -> None:
    head = codec.Head(401, {"www-authenticate": 'realm="' * 1000 + "\\" * 1000})
    started = time.process_time()
    assert head.realm
    assert time.process_time() - started < 1
