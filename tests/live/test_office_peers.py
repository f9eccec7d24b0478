"""SMB, RDP, VNC, NTP, databases and MQTT against servers that are not ours."""

import hashlib
import socket
import ssl
from pathlib import Path

import pytest

from assetctl.protocol import Context
from assetctl.protocols import registry
from assetctl.protocols.mqtt import codec as mqtt
from tests.live.driver import Driven, drive
from tests.live.office_servers import (
    HOST,
    SAMBA_HOST,
    chronyd,
    mariadbd,
    mosquitto,
    postgres,
    smbd,
    tigervnc,
    x11vnc,
    xrdp,
)
from tests.live.opinions import nmap_script

pytestmark = pytest.mark.live


def asked(name: str, port: int, *depth: str, host: str = HOST) -> Driven:
    return drive(registry()[name], Context(port=port, host=host, seed=0x1234, depth=frozenset(depth)), host)


# --- SMB --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "dialect", "dialects"),
    [
        (("server min protocol = NT1",), "3.1.1", ("NT LM 0.12 (SMBv1)", "3.1.1")),
        (("server min protocol = SMB2",), "3.1.1", ("3.1.1",)),
        (("server max protocol = SMB2_10",), "2.1.0", ("2.1.0",)),
    ],
)
def test_the_dialects_are_those_that_samba_was_told_to_speak(
    tmp_path: Path, lines: tuple[str, ...], dialect: str, dialects: tuple[str, ...]
) -> None:
    with smbd(tmp_path, *lines) as port:
        heard = asked("smb", port, "smb.v1", host=SAMBA_HOST)
    assert (heard.connections, heard.units) == (2, 4)
    assert heard.value("smb_dialect") == dialect
    assert heard.value("smb_dialects") == dialects


@pytest.mark.parametrize(("setting", "required"), [("mandatory", True), ("auto", False)])
def test_signing_is_required_where_samba_was_told_so(tmp_path: Path, setting: str, required: bool) -> None:
    with smbd(tmp_path, f"server signing = {setting}") as port:
        heard = asked("smb", port, host=SAMBA_HOST)
    assert (heard.connections, heard.units) == (1, 2)
    assert heard.value("smb_signing_required") is required
    assert heard.value("hostname") is None


def test_the_challenge_holds_the_name_and_an_invented_version_is_no_operating_system(tmp_path: Path) -> None:
    with smbd(tmp_path) as port:
        heard = asked("smb", port, "smb.ntlm", host=SAMBA_HOST)
    assert (heard.connections, heard.units) == (1, 3)
    assert heard.value("hostname") == "HIST01"
    assert heard.value("ntlm_version") == "6.1.0"
    assert heard.value("os_version") is None
    assert heard.value("operating_system") is None


# --- RDP --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("security", "chosen", "accepted"),
    [("rdp", "RDP", ("RDP",)), ("tls", "TLS", ("TLS",)), ("negotiate", "TLS", ("RDP", "TLS"))],
)
def test_the_securities_are_those_that_xrdp_was_told_to_take(
    tmp_path: Path, security: str, chosen: str, accepted: tuple[str, ...]
) -> None:
    with xrdp(tmp_path, security) as port:
        heard = asked("rdp", port, "rdp.security")
    assert heard.value("rdp_security") == chosen
    assert heard.value("rdp_securities") == accepted


def test_the_certificate_behind_the_negotiation_is_the_one_that_was_installed(tmp_path: Path) -> None:
    with xrdp(tmp_path, "tls") as port:
        heard = asked("rdp", port, "rdp.certificate")
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "cert.pem").read_text())
    assert (heard.connections, heard.units) == (1, 3)
    assert heard.value("certificate_fingerprint") == hashlib.sha256(der).hexdigest()


# --- VNC --------------------------------------------------------------------------------------------------------------


def test_the_security_types_are_those_that_were_switched_on(tmp_path: Path) -> None:
    with tigervnc("VncAuth,None") as port:
        heard = asked("vnc", port)
        with x11vnc(tmp_path) as closed, x11vnc(tmp_path, "-rfbversion", "3.3") as old:
            other, oldest = asked("vnc", closed), asked("vnc", old)
            nmap = nmap_script("vnc-info", HOST, closed)
    assert (heard.connections, heard.units) == (1, 2)
    assert heard.value("vnc_security_types") == ("VNC Authentication", "None")
    assert heard.value("anonymous_access") is True
    assert other.value("vnc_security_types") == oldest.value("vnc_security_types") == ("VNC Authentication",)
    assert other.value("anonymous_access") is oldest.value("anonymous_access") is False
    assert other.value("vnc_protocol_version") == nmap["Protocol version"]
    assert oldest.value("vnc_protocol_version") == "3.3"


# --- NTP --------------------------------------------------------------------------------------------------------------


def test_chrony_answers_a_clients_question_with_its_stratum(tmp_path: Path) -> None:
    with chronyd(tmp_path) as port:
        heard = asked("ntp", port)
    assert (heard.connections, heard.units) == (1, 2)
    assert heard.value("ntp_stratum") == 8
    assert heard.value("ntp_reference") == "127.127.1.1"


# --- databases --------------------------------------------------------------------------------------------------------


def test_mariadb_says_the_version_that_nmap_reads() -> None:
    with mariadbd() as port:
        heard, other = asked("mysql", port), nmap_script("mysql-info", HOST, port)
    assert (heard.connections, heard.units) == (1, 1)
    assert heard.value("service_banner") == other["Version"]
    assert heard.value("service_product") == "MariaDB"
    assert str(heard.value("service_version")) in other["Version"]


@pytest.mark.parametrize(("setting", "has_tls"), [("ssl=on", True), ("ssl=off", False)])
def test_postgresql_says_whether_it_speaks_tls(setting: str, has_tls: bool) -> None:
    with postgres(setting) as port:
        heard = asked("postgres", port)
    assert (heard.connections, heard.units) == (1, 2)
    assert heard.value("postgres_tls") is has_tls


# --- MQTT -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "is_open"), [("true", True), ("false", False)])
def test_mosquitto_says_whether_anybody_may_enter(tmp_path: Path, setting: str, is_open: bool) -> None:
    with mosquitto(tmp_path, f"allow_anonymous {setting}") as port:
        heard = asked("mqtt", port, "mqtt.v5")
    assert heard.connections == 2
    assert heard.value("anonymous_access") is is_open
    assert heard.value("mqtt_versions") == ("3.1.1", "5.0")


def test_the_goodbye_is_an_end_that_the_broker_knows(tmp_path: Path) -> None:
    """It closes at once, and not only when the keep-alive of 10 seconds has run out one and a half times."""
    with mosquitto(tmp_path, "allow_anonymous true") as port, socket.create_connection((HOST, port), 5) as line:
        line.sendall(mqtt.encode(level=mqtt.V3_1_1, seed=7))
        assert mqtt.decode(line.recv(64), level=mqtt.V3_1_1).code == mqtt.ACCEPTED
        line.sendall(mqtt.DISCONNECT)
        assert line.recv(64) == b""
