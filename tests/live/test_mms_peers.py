"""MMS against libiec61850 (C) and open61850 (Python), beside what the client of libiec61850 reads."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assetctl.protocol import Context
from assetctl.protocols.mms import PROTOCOL
from tests.live.driver import Driven, drive, free_port, peer

pytestmark = pytest.mark.live

HOST = "127.77.43.1"
DEEP = frozenset({"mms.domains"})

SERVER = """
import sys, threading, pyiec61850.pyiec61850 as iec
model = iec.ConfigFileParser_createModelFromConfigFileEx(sys.argv[3])
server = iec.IedServer_create(model)
iec.IedServer_setLocalIpAddress(server, sys.argv[1])
if len(sys.argv) > 4: iec.IedServer_setServerIdentity(server, *sys.argv[4:])
iec.IedServer_start(server, int(sys.argv[2]))
threading.Event().wait()
"""
MODEL = """MODEL(IED7){
LD(Meas){
LN(LLN0){
DO(NamPlt 0){
DA(vendor 0 13 5 0 0)="ACME Relays";
}
}
}
LD(Prot){
LN(LLN0){
DO(NamPlt 0){
DA(vendor 0 13 5 0 0)="ACME Relays";
}
}
}
}
"""
# the client of this binding now and then finds its new connection lost; then it is given another
CLIENT = """
import sys, pyiec61850.pyiec61850 as iec
for attempt in range(20):
    connection = iec.IedConnection_create()
    iec.IedConnection_connect(connection, sys.argv[1], int(sys.argv[2]))
    told = iec.MmsConnection_identify(iec.IedConnection_getMmsConnection(connection), iec.MmsError_create())
    if told: break
print(told.vendorName, told.modelName, told.revision, sep="|")
iec.IedConnection_release(connection)
"""
ICD = """<?xml version="1.0" encoding="UTF-8"?>
<SCL xmlns="http://www.iec.ch/61850/2003/SCL" version="2007" revision="B"><Header id="x"/>
<IED name="IED1"><AccessPoint name="AP1"><Server><Authentication/>
<LDevice inst="LD0"><LN0 lnClass="LLN0" inst="" lnType="T"/></LDevice>
<LDevice inst="Meas"><LN0 lnClass="LLN0" inst="" lnType="T"/></LDevice>
</Server></AccessPoint></IED>
<DataTypeTemplates><LNodeType id="T" lnClass="LLN0"><DO name="NamPlt" type="LPL"/></LNodeType>
<DOType id="LPL" cdc="LPL"><DA name="vendor" bType="VisString255" fc="DC"/></DOType></DataTypeTemplates></SCL>
"""


def _libiec61850(folder: Path, port: int, *identity: str) -> list[str]:
    (folder / "mms.cfg").write_text(MODEL)
    return [sys.executable, "-c", SERVER, HOST, str(port), str(folder / "mms.cfg"), *identity]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number = free_port(HOST)
    identity = ("ACME Relays", "FR-500", "2.4.1")
    with peer(_libiec61850(tmp_path_factory.mktemp("mms"), number, *identity), HOST, number):
        yield number


@pytest.fixture(scope="module")
def identified(port: int) -> Driven:
    return drive(PROTOCOL, Context(port=port), HOST)


def test_the_server_is_identified_on_one_connection_and_left_in_good_order(identified: Driven) -> None:
    names = [name for name, _, _ in identified.recording]
    assert names == ["connect", "cotp-connect", "associate", "identify", "conclude", "release"]


def test_the_client_of_libiec61850_reads_the_same(identified: Driven, port: int) -> None:
    said = subprocess.run(
        [sys.executable, "-c", CLIENT, HOST, str(port)], capture_output=True, text=True, timeout=30, check=True
    ).stdout
    keys = ("manufacturer", "model", "firmware_software_version")
    assert said.strip().split("|") == [identified.value(key) for key in keys]


def test_logical_devices_are_listed_only_when_named(identified: Driven, port: int) -> None:
    assert identified.value("mms_logical_devices") is None
    deep = drive(PROTOCOL, Context(port=port, depth=DEEP), HOST)
    assert deep.value("mms_logical_devices") == ("IED7Meas", "IED7Prot")
    assert deep.units == identified.units + 1


def test_a_server_that_was_never_named_claims_no_maker(tmp_path: Path) -> None:
    number = free_port(HOST)
    with peer(_libiec61850(tmp_path, number), HOST, number):
        read = drive(PROTOCOL, Context(port=number), HOST)
    assert read.value("service_product") == "libIEC61850"
    assert read.value("manufacturer") is None


def test_the_other_implementation_answers_the_same_questions(tmp_path: Path) -> None:
    number = free_port(HOST)
    (tmp_path / "device.icd").write_text(ICD)
    command = [sys.executable, "-m", "open61850.server", "--host", HOST, "--port", str(number)]
    with peer([*command, str(tmp_path / "device.icd")], HOST, number):
        read = drive(PROTOCOL, Context(port=number, depth=DEEP), HOST)
    assert read.value("mms_logical_devices") == ("IED1LD0", "IED1Meas")
    assert read.value("service_product") == "open61850"


def test_associations_are_given_back(port: int) -> None:
    """More talks than the server keeps associations."""
    again = [drive(PROTOCOL, Context(port=port), HOST) for _ in range(12)]
    assert {talk.value("model") for talk in again} == {"FR-500"}


def test_a_server_of_another_protocol_is_left_after_the_first_unit() -> None:
    number = free_port(HOST)
    with peer([sys.executable, "-m", "http.server", "--bind", HOST, str(number)], HOST, number):
        read = drive(PROTOCOL, Context(port=number, answer_s=0.5), HOST)
    assert read.claims == ()
    assert read.units == 2, "a connect and one connection request"
