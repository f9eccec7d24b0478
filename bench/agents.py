"""net-snmp's agents, one for each address with an engine id and a user of its own, for as long as a block runs."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory

from assetctl.protocols.snmp import codec, objects
from assetctl.secrets.credentials import UsmUser
from assetctl.transport.community import wrap
from bench.asking import V2C
from bench.fleet import COMMUNITY, SNMP_PORT, name_of

USER = UsmUser("fleet", "bench", "SHA", "authentic-phrase", "AES128", "private-phrase")
UP_S = 30.0


@contextmanager
def running(addresses: Sequence[str]) -> Iterator[None]:
    """The agents, each of which has answered. Raises SystemExit when one does not."""
    program = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise SystemExit("bench: snmpd is not installed; the SNMPv3 comparison asks it")
    with TemporaryDirectory() as made, ExitStack() as processes:
        for address in addresses:
            processes.enter_context(_agent(program, Path(made) / address, address))
        for address in addresses:
            _wait_until_up(address)
        yield


@contextmanager
def _agent(program: str, folder: Path, address: str) -> Iterator[None]:
    folder.mkdir()
    (folder / "snmpd.conf").write_text(_configuration(address))
    own = {"MIBS": "", "SNMP_PERSISTENT_DIR": str(folder / "state"), "SNMPCONFPATH": str(folder)}
    command = (program, "-f", "-Lo", "-C", "-c", "snmpd.conf")
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, env=os.environ | own, stdin=quiet, stdout=quiet, stderr=quiet) as agent:
        try:
            yield
        finally:
            agent.terminate()
            try:
                agent.wait(5)
            except subprocess.TimeoutExpired:
                agent.kill()


def _configuration(address: str) -> str:
    return f"""agentAddress udp:{address}:{SNMP_PORT}
exactEngineID 0x80001f88{int(IPv4Address(address)):08x}01
sysDescr ACME industrial switch, firmware 4.2.1
sysName {name_of(address)}
sysContact control room
sysLocation hall 3, cabinet 12
rocommunity {COMMUNITY.decode()}
createUser {USER.user} SHA "{USER.auth_key}" AES "{USER.priv_key}"
rouser {USER.user} authPriv
"""


def _wait_until_up(address: str) -> None:
    question = wrap(codec.encode_get(request_id=codec.REQUEST_ID_BASE, objects=(objects.SYS_DESCR,)), V2C)
    until = time.monotonic() + UP_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(0.2)
        made.connect((address, SNMP_PORT))
        while time.monotonic() < until:
            try:
                made.send(question)
                made.recv(65535)
            except (TimeoutError, ConnectionError):
                continue
            return
    raise SystemExit(f"bench: the agent at {address} did not answer within {UP_S:.0f} s")
