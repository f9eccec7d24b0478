"""The PROFINET context manager against a device whose RPC and records scapy reads and writes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assetctl.protocol import Context
from assetctl.protocols.pnio_cm import PROTOCOL, probe
from tests.live.driver import Driven, drive, free_port

pytestmark = pytest.mark.live

HOST = "127.77.34.1"
PEER = Path(__file__).parent / "peers" / "profinet_device.py"
DEEP = frozenset({probe.DEPTH})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port(HOST)
    command = [sys.executable, str(PEER), HOST, str(number)]
    peer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert peer.stdout
        assert peer.stdout.readline() == "ready\n", peer.stderr and peer.stderr.read()
        yield number
    finally:
        peer.terminate()
        peer.communicate(timeout=10)


@pytest.fixture(scope="module")
def read(port: int) -> Driven:
    return drive(PROTOCOL, Context(port=port, seed=0x1234, depth=DEEP), HOST)


def test_the_mapper_is_asked_until_it_has_no_more(port: int) -> None:
    driven = drive(PROTOCOL, Context(port=port, seed=7), HOST)
    assert [name for name, _, _ in driven.recording] == ["connect", *["endpoint-lookup"] * 3]
    assert driven.value("order_code") == "6ES7 212-1AE40-0XB0"
    assert driven.value("firmware_software_version") == "4.5.1"
    assert driven.value("hardware_version") == "14"
    assert driven.value("profinet_device_id") == 0x010D


def test_the_records_of_device_and_modules_are_read_and_a_refused_one_costs_itself_alone(read: Driven) -> None:
    assert read.value("serial_number") == "S C-X4U421302009"
    assert read.value("plant_identification") == "=A1.PLC2"
    assert read.value("physical_location_address") == "cabinet +B3"
    parts = {claim.part: claim.value for claim in read.claims if claim.part and claim.key == "order_code"}
    assert parts == {"slot/1": "6ES7 131-6BF01-0BA0"}


def test_it_costs_no_more_than_it_says(read: Driven, port: int) -> None:
    limit = PROTOCOL.limit(Context(port=port, depth=DEEP))
    assert (read.units <= limit.units, read.connections) == (True, 1)
