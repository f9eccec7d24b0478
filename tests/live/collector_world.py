"""A centre with PostgreSQL, a connected site and an air-gapped one, each in a network namespace, with fake devices.

The connected site and the centre share one veth pair; the air-gapped site has no link at all. Both plants sit at the
same addresses. The connected site has a second settings file that treats its devices as fragile ones, so that a scan
lasts long enough to be stopped.
"""

import contextlib
import json
import os
import pwd
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.namespace import PEERS, SCANNER, Namespaces, Side, alone, end, listening, namespaces

ROOT = Path(__file__).parents[2]
CENTRE_IP, PORT = PEERS[0], 54321
SIGNING = """
[files]
keys = "keys.yaml"
[[signing]]
name = "own"
key = "own.pem"
passphrase = { env = "OWN_PASSPHRASE" }
"""
PLANT = """
schema = 1
[project]
site = "North works"
[[networks]]
range = "127.20.1.0/28"
kind = "%s"
%s
[targets]
include = ["127.20.1.2", "127.20.1.4", "127.20.1.6"]
[probes]
only = ["modbus", "s7"]
[ports]
modbus = [5502]
s7 = [11102]
"""
COLLECTOR = """
[collector]
site = "%s"
centre = "postgresql://%s@198.18.77.2:54321/centre"
centre_key = "%s"
key = "own"
approval = "approval.toml"
"""
SITES = ("centre", "north", "west", "south", "direct")


@dataclass
class Place:
    """A machine: its folder, and the namespace its commands run in."""

    name: str
    folder: Path
    side: Side

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "assetctl", *arguments]

    @property
    def environ(self) -> dict[str, str]:
        named = {key: "" for key in os.environ if key.startswith("ASSETCTL_")}
        base = {key: value for key, value in os.environ.items() if key not in named}
        home = str(self.folder)
        more = {"ASSETCTL_LOCKS": f"{home}/locks", "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "HOME": home}
        more |= {"OWN_PASSPHRASE": "correct horse battery", "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        if self.name == "centre":
            more["ASSETCTL_DATABASE_URL"] = f"postgresql+psycopg://boss@{CENTRE_IP}:{PORT}/centre"
        return base | more

    def call(self, *arguments: str, code: int | None = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [*self.side.enter, *self.command(*arguments)],
            cwd=self.folder, env=self.environ, capture_output=True, text=True, timeout=120, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert code is None or done.returncode == code, f"{arguments}: {done.returncode}\n{done.stderr}\n{done.stdout}"
        return done

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        data = json.loads(self.call("--format", "json", *arguments).stdout)["data"]
        assert isinstance(data, list)
        return data

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.side.enter, *self.command(*arguments)],
            cwd=self.folder, env=self.environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def sign(self, *plan: str) -> None:
        """Approve what a plan wants, for many runs."""
        self.call("plan", *plan, "--approval", "approval.toml")
        path = self.folder / "approval.toml"
        text = path.read_text().replace("approved_by = []", 'approved_by = ["A. Example"]')
        path.write_text(text.replace("runs = 1\n", "runs = 50\n"))


@dataclass
class World:
    places: dict[str, Place]
    keys: dict[str, str]

    def __getitem__(self, name: str) -> Place:
        return self.places[name]


@contextlib.contextmanager
def world() -> Iterator[World]:
    """Everything up, keys exchanged, sites enrolled. Raises Unable."""
    with contextlib.ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="collectors-")))
        base.chmod(0o755)
        both = stack.enter_context(namespaces())
        south = stack.enter_context(alone())
        sides = {"centre": both.peers, "north": both.scanner, "west": both.scanner, "direct": both.scanner}
        places = {name: Place(name, base / name, sides.get(name, south)) for name in SITES}
        for place in places.values():
            place.folder.mkdir()
        _database(both, base)
        for place in (places["north"], places["south"]):
            stack.callback(end, _plant(place))
        yield _settled(places)


def heard(process: "subprocess.Popen[str]", words: str) -> str:
    """Wait until a started command says something on stderr; all it said until then."""
    told = ""
    assert process.stderr is not None
    while words not in told:
        assert select.select([process.stderr], [], [], 60)[0], told
        line = process.stderr.readline()
        assert line, told
        told += line
    return told


def _settled(places: dict[str, Place]) -> World:
    keys = {name: _key(places[name]) for name in SITES[:4]}
    text = (places["centre"].folder / "keys.yaml").read_text()
    assert text.count("fingerprint") == 5  # four, and the comment
    for name in SITES[1:]:
        (places[name].folder / "keys.yaml").write_text(text)
    for name in SITES:
        kind, realm = ("ot", "fragile = true") if name == "west" else ("lab", "")
        settings = PLANT % (kind, realm) + SIGNING
        if name == "west":
            settings += "[limits]\npackets_per_second = 4\n"
        if name in ("north", "west"):
            settings += COLLECTOR % (name, name, keys["centre"][:12])
        (places[name].folder / "assetctl.toml").write_text(settings)
    (places["centre"].folder / "west.toml").write_text((places["west"].folder / "assetctl.toml").read_text())
    centre = places["centre"]
    centre.call("db", "migrate")
    for name in ("north", "west"):
        realm = ("--realm", f"plant={name}")
        centre.call("collector", "enrol", name, "--key", keys[name], "--by", "B", *realm, "--role", name)
        places[name].sign(*(["--sweep"] if name == "west" else []))
    return World(places, keys)


def _key(place: Place) -> str:
    (place.folder / "assetctl.toml").write_text("schema = 1\n" + SIGNING)
    place.call("keys", "make", "own")
    book = place.folder.parent / "centre" / "keys.yaml"
    if place.name != "centre":
        (place.folder / "keys.yaml").write_bytes(book.read_bytes())
    done = place.call("keys", "enrol", "own.pub.pem", "--owner", place.name, "--by", "B")
    book.write_bytes((place.folder / "keys.yaml").read_bytes())
    return done.stderr.split("enrolled: ")[1][:64]


def _plant(place: Place) -> "subprocess.Popen[bytes]":
    log = place.folder / "plant.log"
    process = place.side.start(sys.executable, "-m", "assetctl.demo", cwd=ROOT, log=log)
    listening(place.side, process, "tcp", "127.20.1.6", 5502, log)
    return process


def _database(both: Namespaces, base: Path) -> None:
    from tests.live.postgres_server import program

    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    home = base / "pg"
    home.mkdir()
    os.chown(home, owner.pw_uid, owner.pw_gid)
    ids = ("-S", str(owner.pw_uid), "-G", str(owner.pw_gid)) if os.geteuid() == 0 else ()
    inside = Side(both.peers.holder, (*both.peers.enter[:-1], *ids, "--"))
    made = inside.run(
        program("initdb"), "-D", f"{home}/data", "-U", "boss", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"
    )
    assert made.returncode == 0, made.stderr
    with (home / "data" / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 198.18.77.0/24 trust\n")
    options = {"listen_addresses": CENTRE_IP, "port": str(PORT), "unix_socket_directories": str(home), "fsync": "off"}
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    log = base / "pg.log"
    process = inside.start(program("postgres"), "-D", f"{home}/data", *flags, cwd=base, log=log)
    both.started.append(process)
    listening(inside, process, "tcp", CENTRE_IP, PORT, log)
    code = (
        "import psycopg, sys\n"
        f"c = psycopg.connect('host={home} port={PORT} user=boss dbname=postgres', autocommit=True)\n"
        "[c.execute(s) for s in ('CREATE DATABASE centre', 'CREATE ROLE north LOGIN', 'CREATE ROLE west LOGIN')]\n"
    )
    for _ in range(200):  # the socket is bound before the server lets anybody in
        done = both.peers.run(sys.executable, "-c", code)
        if done.returncode == 0:
            return
    raise AssertionError(done.stderr)


__all__ = ["SCANNER", "Place", "World", "heard", "world"]
