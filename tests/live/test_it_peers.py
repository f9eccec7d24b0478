"""SSH, HTTP, TLS and greetings against servers that are not ours, beside what nmap reads from the same servers."""

import asyncio
import hashlib
import ssl
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from assetctl.model import NetworkKind, Observation, Outcome
from assetctl.protocol import Context
from assetctl.protocols import registry
from assetctl.scope import Vantage
from assetctl.talk import Reply, replay
from assetctl.work.converse import Surroundings, converse
from tests.live.driver import Driven, drive
from tests.live.it_servers import (
    HOST,
    dropbear,
    nginx,
    nginx_tls,
    proftpd,
    program,
    sshd,
    telnetd,
)
from tests.live.opinions import nmap_lists, nmap_script
from tests.unit.plants import first_step, gate, plan_of, scope, target

pytestmark = pytest.mark.live

OLD_CIPHERS = "ssl_ciphers ALL:@SECLEVEL=0;"
LISTS = {
    "kex_algorithms": "ssh_kex_algorithms",
    "server_host_key_algorithms": "ssh_host_key_algorithms",
    "encryption_algorithms": "ssh_encryption_algorithms",
    "mac_algorithms": "ssh_mac_algorithms",
}


def asked(name: str, port: int, *depth: str) -> Driven:
    return drive(registry()[name], Context(port=port, host=HOST, seed=0x1234, depth=frozenset(depth)), HOST)


# --- SSH --------------------------------------------------------------------------------------------------------------


def test_openssh_offers_to_us_what_it_offers_to_nmap(tmp_path: Path) -> None:
    with sshd(tmp_path, "KexAlgorithms curve25519-sha256,diffie-hellman-group14-sha1", "MACs hmac-sha1") as port:
        heard, other = asked("ssh", port), nmap_lists("ssh2-enum-algos", HOST, port)
    assert (heard.connections, heard.units) == (1, 2)
    assert str(heard.value("service_banner")).startswith("SSH-2.0-OpenSSH_")
    assert set(other) >= set(LISTS)
    assert {key: heard.value(ours) for key, ours in LISTS.items()} == {key: tuple(other[key]) for key in LISTS}


def test_dropbear_speaks_first_and_offers_the_same_to_nmap(tmp_path: Path) -> None:
    with dropbear(tmp_path) as port:
        heard, other = asked("ssh", port), nmap_lists("ssh2-enum-algos", HOST, port)
    assert (heard.connections, heard.units) == (1, 2)
    assert heard.value("ssh_protocol_version") == "2.0"
    assert heard.value("ssh_encryption_algorithms") == tuple(other["encryption_algorithms"])
    assert heard.value("ssh_mac_algorithms") == tuple(other["mac_algorithms"])


@pytest.mark.parametrize(
    "kex",
    ["curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group14-sha256", "diffie-hellman-group1-sha1"],
)
def test_the_host_key_is_shown_in_each_kind_of_exchange(tmp_path: Path, kex: str) -> None:
    with sshd(tmp_path, f"KexAlgorithms {kex}") as port:
        heard = asked("ssh", port, "ssh.hostkeys")
        own = subprocess.run(
            ["ssh-keygen", "-lf", tmp_path / "host_key.pub"], capture_output=True, text=True, check=True
        )
    assert (heard.connections, heard.units) == (2, 5)
    assert heard.value("ssh_host_key_types") == ("ssh-ed25519 256",)
    assert heard.value("ssh_host_key_fingerprints") == (own.stdout.split()[1],)


def test_dropbear_shows_the_host_key_that_it_was_given(tmp_path: Path) -> None:
    with dropbear(tmp_path) as port:
        heard = asked("ssh", port, "ssh.hostkeys")
        own = subprocess.run(
            [program("dropbearkey"), "-y", "-f", tmp_path / "dropbear_key"], capture_output=True, text=True, check=True
        )
    assert heard.value("ssh_host_key_types") == ("ssh-rsa 2048",)
    (fingerprint,) = cast("tuple[str]", heard.value("ssh_host_key_fingerprints"))
    assert fingerprint in own.stdout


# --- HTTP -------------------------------------------------------------------------------------------------------------


def test_a_page_has_the_title_that_nmap_reads(tmp_path: Path) -> None:
    page = "<html><title>Pump &amp; valve</title><input type=password></html>"
    with nginx(tmp_path, f'default_type text/html; return 200 "{page}";') as port:
        heard, other = asked("http", port), nmap_script("http-title", HOST, port)
    assert (heard.connections, heard.units) == (1, 2)
    assert other["title"] == "Pump &amp; valve"
    assert heard.value("http_title") == "Pump & valve"
    assert str(heard.value("http_server")).startswith("nginx/")
    assert heard.value("http_asks_login") is True


def test_a_redirect_to_https_is_seen_and_not_followed(tmp_path: Path) -> None:
    with nginx(tmp_path, f"access_log {tmp_path}/access.log; return 301 https://$host/;") as port:
        heard = asked("http", port)
    assert heard.value("http_redirects_to_tls") is True
    assert [line.split('"')[1] for line in (tmp_path / "access.log").read_text().splitlines()] == ["GET / HTTP/1.1"]


def test_a_redirect_on_the_same_server_is_followed_once(tmp_path: Path) -> None:
    with nginx(tmp_path, PORTAL.format(folder=tmp_path)) as port:
        heard = asked("http", port)
    assert (heard.connections, heard.units) == (2, 4)
    assert heard.value("http_title") == "Pump & valve"


def test_the_host_that_a_server_sees_is_its_own_address(tmp_path: Path) -> None:
    with nginx(tmp_path, 'default_type text/html; return 200 "<title>$http_host</title>";') as port:
        assert asked("http", port).value("http_title") == f"{HOST}:{port}"


# --- HTTP behind TLS --------------------------------------------------------------------------------------------------

PORTAL = """location = / {{ return 302 /portal/; }}
location /portal/ {{
  access_log {folder}/access.log; default_type text/html; return 200 "<title>Pump & valve</title>";
}}"""


def scanned(port: int, folder: Path, *, kind: NetworkKind = NetworkKind.LAB) -> Observation:
    """One talk over our own sockets, as a scan has it, let out by the gate."""
    plan = plan_of(scope(target(HOST), kind=kind, probes=("https",), ports={"https": (port,)}))

    async def keep(_step: str, _exchange: object) -> None:
        return None

    around = Surroundings("s1", Vantage("plant"), {}, 0.9, keep, lambda: datetime.now(UTC))
    context = Context(port=port, host=HOST)
    protocol = registry()["https"]
    made = gate(plan, folder, clock=time.monotonic)
    talk = converse(first_step(plan), protocol.probe(context), context, protocol.reader, gate=made, around=around)
    return asyncio.run(talk)


@pytest.mark.parametrize(
    ("served", "key"),
    [
        ("TLSv1.3", "ec"),
        ("TLSv1.2", "rsa:2048"),
        ("TLSv1.2", "rsa:1024"),
        ("TLSv1.1", "rsa:2048"),
        ("TLSv1", "rsa:1024"),
    ],
)
def test_a_page_behind_any_version_of_tls_is_read_and_read_again(tmp_path: Path, served: str, key: str) -> None:
    old = "" if served == "TLSv1.3" else OLD_CIPHERS
    page = 'default_type text/html; return 200 "<title>Boiler 3</title>";'
    with nginx_tls(tmp_path, served, key=key, more=old, server=page) as port:
        heard = scanned(port, tmp_path)
    told = {claim.key: claim.value for claim in heard.claims}
    assert told["http_title"] == "Boiler 3"
    assert (told["service_name"], told["service_tunnel"], told["port_state"]) == ("http", "ssl", "open")
    again = replay(
        registry()["https"].probe(Context(port=port, host=HOST)),
        [(e.request, e.sent, Reply(e.outcome, e.received, e.detail)) for e in heard.exchanges],
    )
    assert set(again.claims) <= set(heard.claims)
    assert (again.missing, len(again.claims)) == (0, len(heard.claims) - 1), "the state of the port is the step's own"


def test_a_redirect_behind_tls_is_followed_once_on_a_connection_of_its_own(tmp_path: Path) -> None:
    with nginx_tls(tmp_path, "TLSv1.2 TLSv1.3", server=PORTAL.format(folder=tmp_path)) as port:
        heard, other = asked("https", port), scanned(port, tmp_path)
    assert (heard.connections, heard.units) == (2, 8)
    assert heard.value("http_title") == "Pump & valve"
    assert set(heard.claims) <= set(other.claims), "the standard library's TLS and ours bring the same"
    asks = [line.split('"')[1] for line in (tmp_path / "access.log").read_text().splitlines()]
    assert asks == ["GET /portal/ HTTP/1.1"] * 2


def test_a_server_that_wants_a_certificate_of_ours_still_shows_what_it_says_to_strangers(tmp_path: Path) -> None:
    more = f"ssl_verify_client on; ssl_client_certificate {tmp_path}/cert.pem;"
    with nginx_tls(tmp_path, "TLSv1.2", more=more) as port:
        told = {claim.key: claim.value for claim in scanned(port, tmp_path).claims}
    assert told["http_title"] == "400 No required SSL certificate was sent"


def test_a_web_server_without_tls_refuses_nothing_but_garbles_the_handshake(tmp_path: Path) -> None:
    with nginx(tmp_path, 'return 200 "x";') as port:
        heard = scanned(port, tmp_path)
    assert heard.outcome is Outcome.GARBLED
    assert {claim.key: claim.value for claim in heard.claims} == {"port_state": "open"}


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["rsa:2048", "ec"])
def test_the_certificate_is_the_one_that_was_installed(tmp_path: Path, key: str) -> None:
    with nginx_tls(tmp_path, "TLSv1.2 TLSv1.3", key=key) as port:
        heard = asked("tls", port)
        other = nmap_script("ssl-cert", HOST, port)
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "cert.pem").read_text())
    assert (heard.connections, heard.units) == (1, 2)
    assert heard.value("certificate_fingerprint") == hashlib.sha256(der).hexdigest()
    assert heard.value("certificate_subject") == "CN=hmi-3,O=Plant,C=DE"
    assert heard.value("certificate_names") == ("hmi-3.plant.example", "192.0.2.7")
    assert heard.value("certificate_signature_algorithm") == other["sig_algo"]
    assert heard.value("certificate_key_type") == key.partition(":")[0]
    assert heard.value("tls_versions") == ("TLSv1.3",)


@pytest.mark.parametrize(
    ("served", "accepted", "connections"),
    [
        ("TLSv1.2 TLSv1.3", ("TLSv1.2", "TLSv1.3"), 4),
        ("TLSv1.3", ("TLSv1.3",), 4),
        ("TLSv1 TLSv1.1 TLSv1.2", ("TLSv1.0", "TLSv1.1", "TLSv1.2"), 3),
        ("TLSv1", ("TLSv1.0",), 1),
    ],
)
def test_the_versions_are_those_that_the_server_was_told_to_speak(
    tmp_path: Path, served: str, accepted: tuple[str, ...], connections: int
) -> None:
    more = "" if "TLSv1.3" in served else OLD_CIPHERS
    with nginx_tls(tmp_path, served, more=more) as port:
        heard = asked("tls", port, "tls.versions")
    assert heard.value("tls_versions") == accepted
    assert heard.connections == connections
    assert heard.units == 2 * connections


@pytest.mark.parametrize("suite", ["AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"])
def test_the_sealed_certificate_of_tls_1_3_is_the_one_that_was_installed(tmp_path: Path, suite: str) -> None:
    with nginx_tls(tmp_path, "TLSv1.3", key="ec", more=f"ssl_conf_command Ciphersuites TLS_{suite};") as port:
        heard = asked("tls", port)
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "cert.pem").read_text())
    assert (heard.connections, heard.units) == (1, 2)
    assert heard.value("tls_versions_tried") == ("TLSv1.3",)
    assert heard.value("certificate_fingerprint") == hashlib.sha256(der).hexdigest()


def test_a_server_that_wants_a_key_of_another_group_keeps_its_certificate(tmp_path: Path) -> None:
    with nginx_tls(tmp_path, "TLSv1.3", more="ssl_ecdh_curve X25519;") as port:
        heard = asked("tls", port)
    assert (heard.connections, heard.units) == (1, 2)
    assert heard.value("tls_versions") == ("TLSv1.3",)
    assert heard.value("certificate_fingerprint") is None


@pytest.mark.parametrize(
    ("served", "ciphers", "weak"),
    [
        ("TLSv1.2", "ALL:aNULL:eNULL:@SECLEVEL=0", {"NULL", "_anon_"}),
        ("TLSv1.2", "ECDHE:!aNULL:!eNULL:@SECLEVEL=0", set()),
        ("TLSv1.3", "ALL", set()),
    ],
)
def test_the_kinds_of_weak_suites_are_those_that_were_switched_on(
    tmp_path: Path, served: str, ciphers: str, weak: set[str]
) -> None:
    with nginx_tls(tmp_path, served, more=f"ssl_ciphers {ciphers};") as port:
        heard = asked("tls", port, "tls.suites")
    named = cast("tuple[str, ...]", heard.value("tls_weak_suites"))
    assert {word for word in ("NULL", "_anon_", "EXPORT", "RC4", "DES") for suite in named if word in suite} == weak


def test_a_web_server_without_tls_is_left_after_one_hello(tmp_path: Path) -> None:
    with nginx(tmp_path, 'return 200 "x";') as port:
        heard = asked("tls", port, "tls.versions")
    assert (heard.claims, heard.connections, heard.units) == ((), 1, 2)


# --- greetings --------------------------------------------------------------------------------------------------------


def test_an_ftp_server_is_known_by_its_greeting_alone(tmp_path: Path) -> None:
    with proftpd(tmp_path) as port:
        heard = asked("greeting", port)
    assert (heard.connections, heard.units) == (1, 1)
    assert heard.value("service_name") == "ftp"
    assert "ProFTPD" in str(heard.value("service_banner"))


def test_a_telnet_server_is_known_by_its_negotiation_which_is_not_answered() -> None:
    with telnetd() as port:
        heard = asked("greeting", port)
    assert (heard.connections, heard.units) == (1, 1)
    assert heard.value("service_name") == "telnet"


def test_an_ssh_server_on_such_a_port_keeps_its_banner_without_a_name(tmp_path: Path) -> None:
    with sshd(tmp_path) as port:
        heard = asked("greeting", port)
    assert heard.value("service_name") is None
    assert str(heard.value("service_banner")).startswith("SSH-2.0-")
