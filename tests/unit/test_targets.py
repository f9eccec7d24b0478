"""Laws of targets and exclusions as people write them."""

import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl.errors import InputError
from assetctl.model import Address
from assetctl.targets import MOST_LINES, default_resolver, parse_target, read_exclusions

NAMES = {
    "plc7": ("10.0.0.5", "fd00::5", "10.0.0.5"),
    "plc-1.plant.local": ("10.0.0.6",),
    "10-20-1-5.plant": ("10.20.1.5",),
    "everybody": ("224.0.0.1",),
    "nobody": ("0.0.0.0",),
    "crowd": tuple(f"10.1.0.{last}" for last in range(65)),
}


def _resolve(name):
    return tuple(ip_address(found) for found in NAMES.get(name, ()))


def _parsed(written, **other):
    return parse_target(written, **({"realm": "plant", "resolve": _resolve} | other))


def _shown(written, **other):
    return [str(target) for target in _parsed(written, **other)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("10.0.0.1", ["plant/10.0.0.1"]),
        ("fd00::1", ["plant/fd00::1"]),
        ("10.0.0.0/24", ["plant/10.0.0.1-10.0.0.254"]),
        ("10.0.0.4/30", ["plant/10.0.0.5-10.0.0.6"]),
        ("10.0.0.0/31", ["plant/10.0.0.0-10.0.0.1"]),
        ("10.0.0.7/32", ["plant/10.0.0.7"]),
        ("10.0.0.0/16", ["plant/10.0.0.1-10.0.255.254"]),
        ("fd00::/112", ["plant/fd00::-fd00::ffff"]),
        ("10.0.0.1-10.0.0.9", ["plant/10.0.0.1-10.0.0.9"]),
        ("10.0.0.1-9", ["plant/10.0.0.1-10.0.0.9"]),
        ("fd00::1-fd00::9", ["plant/fd00::1-fd00::9"]),
        ("cell1/10.0.0.0/24", ["cell1/10.0.0.1-10.0.0.254"]),
        ("cell-1_b/fd00::1", ["cell-1_b/fd00::1"]),
        ("plc7", ["plant/10.0.0.5 (plc7)", "plant/fd00::5 (plc7)"]),
        ("cell1/plc-1.plant.local", ["cell1/10.0.0.6 (plc-1.plant.local)"]),
        ("10-20-1-5.plant", ["plant/10.20.1.5 (10-20-1-5.plant)"]),
        ("127.0.0.1", ["plant/127.0.0.1"]),
        ("::1", ["plant/::1"]),
    ],
)
def test_a_target_is_what_it_says(written, expected):
    assert _shown(written) == expected


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "empty"),
        (" ", "space"),
        ("10.0.0.1 ", "space"),
        ("10.0.0.1 10.0.0.2", "space"),
        ("-oN x", "space"),
        ("-oN", "hyphen"),
        ("--script=x", "hyphen"),
        ("cell1/-oN", "hyphen"),
        ("10.0.0.1\u200b", "hidden"),
        ("10.0.0.1\n", "hidden"),
        ("\u202e1.0.0.01", "hidden"),
        ("x" * 301, "too long"),
        ("010.1.1.1", "leading zero"),
        ("10.1.1.01", "leading zero"),
        ("010.0.0.0/8", "leading zero"),
        ("10.0.0.1-010.0.0.9", "leading zero"),
        ("10.0.0.1-09", "leading zero"),
        ("10.0.0.300", "300 is above 255"),
        ("10.0.0.1-300", "300 is above 255"),
        ("10.0.0.5/24", "write 10.0.0.0/24"),
        ("fd00::5/64", "write fd00::/64"),
        ("10.0.0.0/255.255.255.0", "not a network"),
        ("10.0.0.0/0.0.0.255", "not a network"),
        ("10.0.0.0/33", "not a network"),
        ("10.0.0.0/024", "not a network"),
        ("10.0.0.0/", "not a network"),
        ("/10.0.0.1", "not a network"),
        ("http://plc7/x", "not a network"),
        ("Cell1/10.0.0.1", "not a network"),
        ("cell1/", "empty"),
        ("10.0.0.0/15", "more than 65536 addresses"),
        ("fd00::/64", "more than 65536 addresses"),
        ("10.0.0.0-10.1.0.0", "more than 65536 addresses"),
        ("10.0.0.9-10.0.0.1", "not lie before"),
        ("10.0.0.9-1", "not lie before"),
        ("10.0.0.1-fd00::1", "not lie before"),
        ("10.0.0.1-plc7", "not a range"),
        ("10.0.0.1-", "not a range"),
        ("fd00::1-9", "not a range"),
        ("10.0.0-3.1", "not a target"),
        ("10.0.0.*", "not a target"),
        ("10.0.0.1,2", "not a target"),
        ("10.0.0", "not a target"),
        ("1.2.3.4.5", "not a target"),
        ("167772161", "not a target"),
        ("10/8", "not a target"),
        ("10.0.0.1:502", "not a target"),
        ("plc7:502", "not a target"),
        ("fe80::1%eth0", "not a target"),
        ("1:2", "not an address"),
        ("0x0a000001", "neither an address nor a host name"),
        ("plc.0x5", "neither an address nor a host name"),
        ("plc.5", "neither an address nor a host name"),
        ("٣.1.1.1", "neither an address nor a host name"),
        ("plänt", "neither an address nor a host name"),
        ("a..b", "neither an address nor a host name"),
        ("pl;c", "neither an address nor a host name"),
        ("plc8", "no address"),
        ("everybody", "multicast"),
        ("nobody", "no address of a device"),
        ("crowd", "at most 64"),
        ("224.0.0.1", "multicast"),
        ("223.255.255.0-224.0.0.9", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "reserved or broadcast"),
        ("240.0.0.1", "reserved or broadcast"),
        ("0.0.0.0", "no address of a device"),
        ("0.0.0.0/24", "no address of a device"),
        ("::", "no address"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("@", "path of a file"),
        ("@/nowhere/hosts", "cannot be read"),
        ("@/", "a directory"),
    ],
)
def test_what_is_not_clearly_a_target_is_refused_in_one_line(written, said):
    with pytest.raises(InputError) as caught:
        _parsed(written)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text(max_size=40) | st.text(st.sampled_from("0123456789.:/-@ax*, "), max_size=30))
def test_any_text_is_a_target_or_an_input_error(written):
    try:
        targets = _parsed(written, resolve=lambda _: ())
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert targets
        assert all(1 <= len(target) <= 65_536 for target in targets)


@given(st.ip_addresses(v=4), st.integers(16, 32))
def test_a_sweep_leaves_out_network_and_broadcast_address_and_nothing_else(ip, prefix):
    from ipaddress import ip_network

    network = ip_network((ip, prefix), strict=False)
    try:
        (target,) = _parsed(str(network))
    except InputError:
        first = network.network_address
        assert first.is_multicast or first.is_reserved or int(first) < 1 << 24
    else:
        hosts = list(network.hosts())
        assert (target.first, target.last, len(target)) == (hosts[0], hosts[-1], len(hosts))


def test_a_resolver_that_cannot_be_asked_is_an_input_error():
    def fails(name):
        raise OSError("no server answers")

    with pytest.raises(InputError, match='"plc7" could not be looked up: no server answers'):
        _parsed("plc7", resolve=fails)


def test_names_are_refused_where_nothing_is_resolved():
    with pytest.raises(InputError, match='"plc7" is a name'):
        _parsed("plc7", resolve=None)


def test_the_resolver_is_never_handed_an_address():
    for written in ("10.0.0.1", "fd00::1", "10.0.0.0/24", "10.0.0.1-9"):
        _parsed(written, resolve=lambda name: pytest.fail(name))


def test_a_file_holds_one_target_a_line(tmp_path):
    (tmp_path / "hosts.txt").write_text("# cell 1\n10.0.0.1  # the PLC\n\n\tcell2/10.0.0.0/30\r\nplc7\n")
    expected = ["plant/10.0.0.1", "cell2/10.0.0.1-10.0.0.2", "plant/10.0.0.5 (plc7)", "plant/fd00::5 (plc7)"]
    assert _shown("@hosts.txt", folder=tmp_path) == expected
    assert _shown(f"@{tmp_path}/hosts.txt") == expected
    assert _shown("cell1/@hosts.txt", folder=tmp_path)[0] == "cell1/10.0.0.1"


@pytest.mark.parametrize("line", ["10.0.0.300", "@other.txt", "cell1/@other.txt", "10.0.0.1 10.0.0.2"])
def test_a_bad_line_is_named_with_its_file(tmp_path, line):
    path = tmp_path / "hosts.txt"
    path.write_text(f"10.0.0.1\n{line}\n")
    with pytest.raises(InputError) as caught:
        _parsed(f"@{path}")
    assert str(caught.value).startswith(f"{path}:2: ")


def test_a_file_of_too_many_lines_is_refused(tmp_path):
    path = tmp_path / "hosts.txt"
    path.write_text("10.0.0.1\n" * (MOST_LINES + 1))
    with pytest.raises(InputError, match="use networks or ranges"):
        _parsed(f"@{path}")


def test_exclusions_may_be_of_any_size_and_hold_every_address(tmp_path):
    path = tmp_path / "exclude.txt"
    path.write_text("10.0.0.0/8\ncell1/fd00::/64\n224.0.0.1\n10.0.0.0/24\n")
    excluded = read_exclusions(path, "plant")
    assert Address("plant", ip_address("10.0.0.0")) in excluded[0]
    assert Address("plant", ip_address("10.255.255.255")) in excluded[0]
    assert Address("cell1", ip_address("fd00::")) in excluded[1]
    assert Address("plant", ip_address("10.0.0.255")) in excluded[3]


def test_an_exclusion_file_that_cannot_be_understood_is_an_error_and_never_an_empty_list(tmp_path):
    path = tmp_path / "exclude.txt"
    for content, said in ((b"plc7\n", ":1: "), (b"10.0.0.1\n10.0.0.\n", ":2: "), (b"\xff\n", ":1: ")):
        path.write_bytes(content)
        with pytest.raises(InputError, match=said):
            read_exclusions(path, "plant")
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        read_exclusions(path, "plant")


def test_the_default_resolver_gives_each_address_once():
    try:
        found = default_resolver("localhost")
    except OSError:
        pytest.skip("no resolver here")
    assert found
    assert all(ip.is_loopback for ip in found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("code", "said"),
    [(socket.EAI_NONAME, "has no address here"), (socket.EAI_AGAIN, "could not be looked up: try again")],
)
def test_an_unknown_name_and_a_resolver_that_is_away_are_told_apart(monkeypatch, code, said):
    def fails(*args, **kwargs):
        raise socket.gaierror(code, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(InputError, match=said):
        _parsed("plc7.invalid", resolve=default_resolver)
