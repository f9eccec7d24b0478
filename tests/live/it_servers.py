"""Servers of the office world for the live tests, each in a folder of its own and on one loopback address."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.driver import free_port, peer

HOST = "127.77.34.1"

_NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; {http}
  server {{ listen {host}:{port}{ssl}; {server} }}
}}
"""
_TLS = "ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; ssl_protocols {versions}; {more}"
_PROFTPD = """
ServerType standalone
ServerName "plant files"
DefaultAddress {host}
Port {port}
UseIPv6 off
PidFile {folder}/proftpd.pid
ScoreboardFile {folder}/scores
DelayTable {folder}/delay
User nobody
Group nogroup
WtmpLog off
TransferLog none
SystemLog {folder}/log
"""
_SUPER_SERVER = """
import socket, subprocess, sys
listening = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    made, _ = listening.accept()
    subprocess.Popen(sys.argv[3:], stdin=made, stdout=made, stderr=subprocess.DEVNULL)
    made.close()
"""


def program(name: str) -> str:
    """The full path of a server, which some want to be started by."""
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def nginx(folder: Path, server: str, *, http: str = "") -> Iterator[int]:
    """A web server with these lines in its server block; its port."""
    with _nginx(folder, server, http=http, ssl="") as port:
        yield port


@contextmanager
def nginx_tls(
    folder: Path, versions: str, *, more: str = "", key: str = "rsa:2048", server: str = 'return 200 "";'
) -> Iterator[int]:
    """A web server behind TLS with a certificate of its own and these lines in its server block; its port."""
    make_certificate(folder, key)
    block = _TLS.format(folder=folder, versions=versions, more=more)
    with _nginx(folder, f"{block} {server}", http="", ssl=" ssl") as port:
        yield port


@contextmanager
def _nginx(folder: Path, server: str, *, http: str, ssl: str) -> Iterator[int]:
    port = free_port(HOST)
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, host=HOST, port=port, server=server, http=http, ssl=ssl))
    with peer([program("nginx"), "-p", str(folder), "-c", str(config)], HOST, port):
        yield port


def make_certificate(folder: Path, key: str) -> None:
    """A self-signed certificate with names. key: as `openssl req -newkey` takes it."""
    names = "subjectAltName=DNS:hmi-3.plant.example,IP:192.0.2.7"
    options = ["-nodes", "-days", "700", "-subj", "/C=DE/O=Plant/CN=hmi-3", "-addext", names]
    kind = ["-newkey", key] if key != "ec" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    out = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([program("openssl"), "req", "-x509", *kind, *options, *out], check=True, capture_output=True)


@contextmanager
def sshd(folder: Path, *lines: str) -> Iterator[int]:
    """OpenSSH's server with these lines of configuration; its port."""
    port = free_port(HOST)
    key = folder / "host_key"
    subprocess.run([program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    config = folder / "sshd_config"
    config.write_text("\n".join((f"ListenAddress {HOST}", f"HostKey {key}", "PidFile none", *lines, "")))
    with peer([program("sshd"), "-D", "-e", "-f", str(config), "-p", str(port)], HOST, port):
        yield port


@contextmanager
def dropbear(folder: Path) -> Iterator[int]:
    """The SSH server of small devices; its port."""
    port = free_port(HOST)
    key = folder / "dropbear_key"
    subprocess.run([program("dropbearkey"), "-t", "rsa", "-s", "2048", "-f", str(key)], check=True, capture_output=True)
    command = [program("dropbear"), "-F", "-E", "-r", str(key), "-p", f"{HOST}:{port}", "-P", str(folder / "pid")]
    with peer(command, HOST, port):
        yield port


@contextmanager
def proftpd(folder: Path) -> Iterator[int]:
    """An FTP server; its port."""
    port = free_port(HOST)
    config = folder / "proftpd.conf"
    config.write_text(_PROFTPD.format(folder=folder, host=HOST, port=port))
    with peer([program("proftpd"), "--nodaemon", "--quiet", "-c", str(config)], HOST, port):
        yield port


@contextmanager
def telnetd() -> Iterator[int]:
    """A Telnet server, started for each connection as a super server does; its port."""
    port = free_port(HOST)
    with peer([sys.executable, "-c", _SUPER_SERVER, HOST, str(port), program("telnetd")], HOST, port):
        yield port
