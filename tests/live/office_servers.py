"""File, desktop, time, database and message servers for the live tests, each in a folder of its own on loopback."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.driver import free_port, peer

HOST = "127.77.36.1"
SAMBA_HOST = "127.0.0.1"  # Samba binds to addresses that an interface really has
SCREEN = ":177"

_FOLDERS = ("private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir")
_SAMBA = """
[global]
workgroup = PLANT
netbios name = HIST01
interfaces = {host}/8
bind interfaces only = yes
smb ports = {port}
server role = standalone server
load printers = no
disable spoolss = yes
log file = {folder}/log
{folders}
{more}
"""
_CHRONY = """
port {port}
bindaddress {host}
local stratum 8
allow 127.0.0.0/8
pidfile {folder}/pid
driftfile {folder}/drift
bindcmdaddress /
cmdport 0
"""
_XRDP = """
[Globals]
port=tcp://{host}:{port}
security_layer={security}
certificate={folder}/cert.pem
key_file={folder}/key.pem
crypt_level=high
fork=true
[Logging]
LogFile={folder}/log
[Xorg]
name=Xorg
lib=libxup.so
ip=127.0.0.1
"""


def program(name: str) -> str:
    """The full path of a server. A missing one is an error: tests/debian-packages.sh installs them."""
    folders = [os.environ["PATH"], "/usr/sbin", "/sbin", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))]
    found = shutil.which(name, path=os.pathsep.join(reversed(folders)))
    assert found, f"{name} is not installed; tests/debian-packages.sh installs it"
    return found


def make_certificate(key: Path, certificate: Path, *run_as: str) -> None:
    """A self-signed certificate and its key. run_as: a command before the command."""
    options = ["-nodes", "-days", "30", "-subj", "/O=Plant/CN=hmi-3", "-newkey", "rsa:2048"]
    command = [*run_as, program("openssl"), "req", "-x509", *options, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def smbd(folder: Path, *lines: str) -> Iterator[int]:
    """Samba with these lines in its configuration; its port on SAMBA_HOST. It heads a process group of its own."""
    port = free_port(SAMBA_HOST)
    made = {name: folder / name.partition(" ")[0] for name in _FOLDERS}
    for one in made.values():
        one.mkdir(mode=0o755)
    named = "\n".join(f"{name} = {one}" for name, one in made.items())
    config = folder / "smb.conf"
    text = _SAMBA.format(host=SAMBA_HOST, port=port, folder=folder, folders=named, more="\n".join(lines))
    config.write_text(text)
    with peer([program("smbd"), "-F", "-s", str(config)], SAMBA_HOST, port):
        yield port


@contextmanager
def xrdp(folder: Path, security: str) -> Iterator[int]:
    """xrdp with a security layer of rdp, tls or negotiate, and a certificate in cert.pem; its port."""
    port = free_port(HOST)
    make_certificate(folder / "key.pem", folder / "cert.pem")
    config = folder / "xrdp.ini"
    config.write_text(_XRDP.format(host=HOST, port=port, folder=folder, security=security))
    with peer([program("xrdp"), "--nodaemon", "--config", str(config)], HOST, port):
        yield port


@contextmanager
def tigervnc(types: str) -> Iterator[int]:
    """A screen of TigerVNC with these security types; its port."""
    port = free_port(HOST)
    options = ["-rfbport", str(port), "-interface", HOST, "-SecurityTypes", types, "-rfbauth", os.devnull]
    with peer([program("Xtigervnc"), SCREEN, *options, "-nolisten", "tcp"], HOST, port):
        yield port


@contextmanager
def x11vnc(folder: Path, *options: str) -> Iterator[int]:
    """x11vnc with a password, over a screen that `tigervnc` shows; its port."""
    port, secret = free_port(HOST), folder / "password"
    subprocess.run([program("x11vnc"), "-storepasswd", "plant", str(secret)], check=True, capture_output=True)
    where = ["-display", SCREEN, "-rfbport", str(port), "-listen", HOST, "-noipv6"]
    with peer([program("x11vnc"), *where, "-rfbauth", str(secret), "-forever", "-shared", *options], HOST, port):
        yield port


@contextmanager
def chronyd(folder: Path) -> Iterator[int]:
    """chrony as a clock of its own at stratum 8; its port."""
    port = free_port(HOST)
    config = folder / "chrony.conf"
    config.write_text(_CHRONY.format(host=HOST, port=port, folder=folder))
    command = [program("chronyd"), "-x", "-n", "-d", "-U", "-f", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await_time(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _await_time(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 90
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        asking.connect((HOST, port))
        while time.monotonic() < deadline:
            assert process.poll() is None, f"chronyd ended with {process.returncode}"
            try:
                asking.send(b"\x1b" + bytes(47))
                asking.recv(100)
            except OSError:
                time.sleep(0.05)
            else:
                return
    raise AssertionError("chronyd did not answer within 90 seconds")


@contextmanager
def mariadbd() -> Iterator[int]:
    """MariaDB with an empty data folder; its port."""
    port = free_port(HOST)
    with _owned("mysql") as (folder, user):
        data = folder / "data"
        made = [program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", *user, "--skip-test-db"]
        subprocess.run(made, check=True, capture_output=True)
        options = [f"--datadir={data}", f"--bind-address={HOST}", f"--port={port}", f"--socket={folder}/s", *user]
        with peer([program("mariadbd"), "--no-defaults", *options], HOST, port):
            yield port


@contextmanager
def postgres(*settings: str) -> Iterator[int]:
    """PostgreSQL with these settings; its port. It refuses to run as root, so setpriv gives it another user."""
    port = free_port(HOST)
    with _owned("postgres") as (folder, user):
        run_as = [program("setpriv"), f"--reuid={user[0][7:]}", "--clear-groups"] if user else []
        data = folder / "data"
        made = [program("initdb"), "-D", str(data), "-A", "trust", "-N"]
        subprocess.run([*run_as, *made], check=True, capture_output=True, cwd=folder)
        make_certificate(data / "server.key", data / "server.crt", *run_as)
        named = [f"listen_addresses={HOST}", f"port={port}", f"unix_socket_directories={folder}", *settings]
        options = [part for setting in named for part in ("-c", setting)]
        with peer([*run_as, program("postgres"), "-D", str(data), *options], HOST, port):
            yield port


@contextmanager
def mosquitto(folder: Path, *lines: str) -> Iterator[int]:
    """A broker with these lines in its configuration; its port."""
    port = free_port(HOST)
    config = folder / "mosquitto.conf"
    config.write_text("\n".join((f"listener {port} {HOST}", *lines, "")))
    with peer([program("mosquitto"), "-c", str(config)], HOST, port):
        yield port


@contextmanager
def _owned(name: str) -> Iterator[tuple[Path, list[str]]]:
    """A folder for a server that will not run as root, and its user as an option, where we are root."""
    with tempfile.TemporaryDirectory(prefix="db-") as text:
        folder = Path(text)
        if os.geteuid():
            yield folder, []
            return
        owner = pwd.getpwnam(name)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        yield folder, [f"--user={name}"]
