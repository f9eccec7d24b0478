"""What nmap may be asked: exact arguments from validated values, and nothing else."""

import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import EnvironmentFault, Refusal
from assetctl.model import IPAddress
from assetctl.safety.permit import Lease, Seal
from assetctl.transport import leash, tool
from assetctl.transport.tool import FORBIDDEN_PORTS, PROFILES, allowed_ports, argv_for, run_nmap

ONE = (ip_address("127.61.1.1"),)


def lease(**changed: Any) -> Lease:
    fields: dict[str, Any] = {
        "addresses": ONE,
        "ports": (80,),
        "profile": "it-ports",
        "argv": argv_for(ONE, (80,), "it-ports", 10),
        "seconds": 10.0,
        "sequence": 1,
    }
    return Lease(Seal(), **(fields | changed))


def test_the_arguments_are_exact() -> None:
    addresses = (ip_address("10.0.0.1"), ip_address("10.0.0.2"))
    assert argv_for(addresses, (443, 80, 443), "it-light", 20) == (
        *("-oX", "-", "10.0.0.1", "10.0.0.2", "-p", "80,443", "-n", "-Pn", "-sT", "--unprivileged", "--no-stylesheet"),
        *("--max-retries", "1", "--max-rtt-timeout", "1s", "--max-parallelism", "4", "--host-timeout", "50s"),
        *("-sV", "--version-intensity", "2", "--script-timeout", "10s", "--max-rate", "20"),
    )
    assert argv_for((ip_address("::1"),), (22,), "it-ports", 1)[-1] == "-6"


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_no_profile_holds_what_harms(profile: str) -> None:
    flags = set(PROFILES[profile])
    assert {"-sT", "-Pn", "-n", "--unprivileged"} <= flags
    assert not flags & {"-A", "-O", "-sS", "-sU", "-sC", "-p-", "-T4", "-T5", "--script", "-iL", "-oN", "-oG", "-oA"}
    assert not any(" " in flag or "'" in flag or '"' in flag or "\\" in flag for flag in flags)


@given(
    st.lists(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), min_size=1, max_size=20),
    st.lists(st.integers(-5, 70_000), min_size=1, max_size=8),
)
def test_what_python_nmap_would_start_is_what_the_lease_says(addresses: list[IPAddress], ports: list[int]) -> None:
    import shlex

    try:
        argv = argv_for(tuple(addresses), tuple(ports), "it-light", 20)
    except Refusal:
        return
    at = argv.index("-p")
    hosts, options = " ".join(argv[2:at]), " ".join(argv[at + 2 :])
    assert ["-oX", "-", *shlex.split(hosts), "-p", argv[at + 1], *shlex.split(options)] == list(argv)
    assert len(addresses) <= 16
    assert not FORBIDDEN_PORTS & set(ports)
    assert not any(host.startswith("-") for host in argv[2:at])


class Forged(IPv4Address):
    def __str__(self) -> str:
        return "127.0.0.1 -oN stolen"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1 -oN out.txt",
        "127.0.0.1",
        "-iL/etc/passwd",
        "$(id)",
        Forged("127.0.0.1"),
        IPv6Address("fe80::1%-oN out"),
        IPv6Address("fe80::1%eth0 -oN out"),
        IPv6Address("fe80::1%-x"),
        IPv6Address("fe80::1%e'th"),
        ip_address("224.0.0.1"),
        ip_address("255.255.255.255"),
        ip_address("0.0.0.0"),
        ip_address("ff02::1"),
    ],
    ids=repr,
)
def test_only_the_address_of_one_device_becomes_an_argument(host: Any) -> None:
    with pytest.raises(Refusal, match=r"^nmap: "):
        argv_for((host,), (80,), "it-ports", 10)


def test_an_address_with_the_name_of_an_interface_is_one() -> None:
    assert "fe80::1%eth0" in argv_for((IPv6Address("fe80::1%eth0"),), (80,), "it-ports", 10)


@pytest.mark.parametrize("port", sorted(FORBIDDEN_PORTS))
def test_no_port_of_a_controller_a_serial_tunnel_or_a_printer_is_given_to_nmap(port: int) -> None:
    with pytest.raises(Refusal, match=f"port {port} "):
        argv_for(ONE, (80, port), "it-ports", 10)
    assert allowed_ports((port, 443, 80, 80)) == (80, 443)


def test_the_forbidden_ports_hold_those_of_the_rules() -> None:
    assert {102, 502, 789, 1089, 1091, 1911, 1962, 2222, 2404, 4840, 4911, 5006, 5007, 5094, 9600} <= FORBIDDEN_PORTS
    assert {11740, 18245, 20000, 20547, 34962, 34964, 44818, 47808, 48898, 55000, 55003} <= FORBIDDEN_PORTS
    assert {515, 9100, 4001, 4032, 10001, 10032, 2101, 2132} <= FORBIDDEN_PORTS
    assert not FORBIDDEN_PORTS & {21, 22, 23, 25, 80, 135, 139, 443, 445, 1433, 3306, 3389, 5432, 5900, 8080, 8443}


@pytest.mark.parametrize(
    ("ports", "profile", "rate"),
    [
        ((), "it-ports", 10),
        ((0,), "it-ports", 10),
        ((65536,), "it-ports", 10),
        ((True,), "it-ports", 10),
        (("80",), "it-ports", 10),
        (("80 -oN x",), "it-ports", 10),
        (tuple(range(20_100, 21_101)), "it-ports", 10),
        ((80,), "aggressive", 10),
        ((80,), "it-ports", 0),
        ((80,), "it-ports", 21),
        ((80,), "it-ports", "10 -oN x"),
        ((80,), "it-ports", True),
    ],
)
def test_values_out_of_range_are_refused(ports: Any, profile: str, rate: Any) -> None:
    with pytest.raises(Refusal, match=r"^nmap: "):
        argv_for(ONE, ports, profile, rate)


def test_a_lease_is_for_one_to_sixteen_addresses_of_one_family() -> None:
    with pytest.raises(Refusal, match="1 to 16"):
        argv_for((), (80,), "it-ports", 10)
    with pytest.raises(Refusal, match="1 to 16"):
        argv_for(ONE * 17, (80,), "it-ports", 10)
    with pytest.raises(Refusal, match="not both"):
        argv_for((*ONE, ip_address("::1")), (80,), "it-ports", 10)


ARGV = argv_for(ONE, (80,), "it-ports", 10)


@pytest.mark.parametrize(
    "changed",
    [
        {"argv": (*ARGV, "-A")},
        {"argv": (*ARGV[:-1], "21")},
        {"argv": (*ARGV, "--max-rate", "10")},
        {"argv": tuple(word for word in ARGV if word != "--unprivileged")},
        {"argv": tuple("127.61.1.2" if word == "127.61.1.1" else word for word in ARGV)},
        {"argv": ARGV[:-2]},
        {"argv": ()},
        {"ports": (80, 443)},
        {"profile": "it-light"},
        {"seconds": 61.0},
        {"seconds": 0.0},
        {"seconds": float("nan")},
    ],
)
def test_a_lease_whose_parts_disagree_starts_nothing(changed: dict[str, Any], tmp_path: Path) -> None:
    started = tmp_path / "started"
    program = tmp_path / "nmap"
    program.write_text(f"#!/bin/sh\ntouch {started}\n")
    program.chmod(0o700)
    wrong = lease(**changed)
    with pytest.raises(Refusal, match=r"^nmap: "):
        run_nmap(wrong, binary=program)
    assert not started.exists()
    wrong.use()


def test_without_nmap_one_line_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="nmap is not installed") as caught:
        run_nmap(lease(), binary=tmp_path / "nmap")
    assert "\n" not in str(caught.value)


def test_a_program_that_is_not_nmap_is_told_in_one_line(tmp_path: Path) -> None:
    program = tmp_path / "nmap"
    program.write_text("#!/bin/sh\necho something else\n")
    program.chmod(0o700)
    with pytest.raises(EnvironmentFault, match="nmap could not be started") as caught:
        run_nmap(lease(), binary=program)
    assert "\n" not in str(caught.value)


IMPOSTOR = """#!/bin/sh
if [ "$1" = -V ]; then echo "Nmap version 7.93 ( https://nmap.org )"; exit 0; fi
{body}
"""


def impostor(folder: Path, body: str) -> Path:
    program = folder / "nmap"
    program.write_text(IMPOSTOR.format(body=body))
    program.chmod(0o700)
    return program


def test_what_is_started_is_the_lease_in_a_clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NMAPDIR", "/nowhere")
    monkeypatch.setenv("SECRET_OF_OURS", "1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    program = impostor(tmp_path, f"printf '%s\\n' \"$@\" > {tmp_path}/argv; env; echo bad >&2")
    output = run_nmap(lease(), binary=program)
    assert tuple((tmp_path / "argv").read_text().splitlines()) == ARGV
    names = {line.partition("=")[0] for line in output.xml.decode().splitlines()}
    assert names <= {"PATH", "LC_ALL", "PWD", "SHLVL", "_", "OLDPWD"}
    assert f"PATH={leash.ENVIRONMENT['PATH']}" in output.xml.decode().splitlines()
    assert (output.stderr, output.stopped) == ("bad\n", "")


def test_a_lease_is_used_up(tmp_path: Path) -> None:
    once = lease()
    program = impostor(tmp_path, "echo '<nmaprun/>'")
    run_nmap(once, binary=program)
    with pytest.raises(Refusal, match="one call"):
        run_nmap(once, binary=program)


def test_an_nmap_that_says_nothing_is_told_with_its_last_words(tmp_path: Path) -> None:
    program = impostor(tmp_path, "printf 'no \\033[31m route\\n' >&2; exit 1")
    with pytest.raises(EnvironmentFault, match="ended without a report: no") as caught:
        run_nmap(lease(), binary=program)
    assert "\x1b" not in str(caught.value)


def test_its_time_is_up_and_what_it_wrote_is_kept(tmp_path: Path) -> None:
    program = impostor(tmp_path, "echo '<nmaprun>'; exec sleep 60")
    output = run_nmap(lease(seconds=0.5), binary=program)
    assert (output.xml, output.stopped) == (b"<nmaprun>\n", "time is up")


def test_one_that_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    program = impostor(tmp_path, "trap '' TERM; echo '<nmaprun>'; while :; do :; done")
    output = run_nmap(lease(seconds=0.5), binary=program)
    assert output.stopped == "time is up"


def test_a_cancel_before_the_start_starts_nothing(tmp_path: Path) -> None:
    import threading

    program = tmp_path / "nmap"
    program.write_text(f"#!/bin/sh\nwhile [ ! -e {tmp_path}/go ]; do :; done\n")
    program.chmod(0o700)
    cancel = threading.Event()
    cancel.set()
    output = run_nmap(lease(), binary=program, cancel=cancel)
    assert (output.xml, output.stopped) == (b"", "cancelled")


def test_the_leash_starts_no_other_arguments(tmp_path: Path) -> None:
    (tmp_path / "argv").write_text("\0".join(ARGV))
    program = impostor(tmp_path, f"touch {tmp_path}/started")
    command = [sys.executable, "-I", "-S", str(Path(leash.__file__)), "1", str(tmp_path), str(program), *ARGV, "-A"]
    ended = subprocess.run(command, capture_output=True, check=False)
    assert ended.returncode == 126
    assert not (tmp_path / "started").exists()


def test_the_leash_starts_nothing_for_a_parent_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "argv").write_text("\0".join(ARGV))
    program = impostor(tmp_path, f"touch {tmp_path}/started")
    command = [sys.executable, "-I", "-S", str(Path(leash.__file__)), "1", str(tmp_path), str(program), *ARGV]
    ended = subprocess.run(command, capture_output=True, check=False)
    assert ended.returncode == 125
    assert not (tmp_path / "started").exists()


def test_the_adapter_loads_without_python_nmap() -> None:
    code = "import sys; import assetctl.transport.tool; sys.exit('nmap' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nmap_is_sought_only_where_systems_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impostor(tmp_path, "")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = tool.find_nmap()
    assert found is None or found.parent != tmp_path
