"""Laws of importing flows: every format, every mistake with its line, sums that lose nothing."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.errors import InputError
from assetctl.exchange import flow_rows
from assetctl.exchange.flows import read_flows
from assetctl.model import Zone
from assetctl.store.repo import open_store
from assetctl.work.flow_import import Wanted, import_flows

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIELDS = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes".split()  # noqa: SIM905
FIELDS += "conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes".split()  # noqa: SIM905
FIELDS += ["resp_pkts", "resp_ip_bytes", "tunnel_parents"]
# the first row is that of Zeek's documentation of conn.log
ROWS = (
    "1591367999.305988 CMdzit1AMNsmfAIiQc 192.168.4.76 36844 192.168.4.1 53 udp dns 0.066852 62 141 SF - - 0 Dd 2 118 2"
    " 197 -",
    "1591367999.5 CAAAA 192.168.4.76 36846 192.168.4.9 502 tcp modbus 1.5 100 200 SF - - 0 ShADadFf 5 300 5 400 -",
    "1591368000.5 CAAAB 192.168.4.76 36847 192.168.4.9 502 tcp modbus - - - S0 - - 0 S 1 60 0 0 -",
    "1591368010.5 CAAAC 192.168.4.76 36848 192.168.4.9 502 tcp - 1.0 9 9 OTH - - 0 Dd 1 49 1 49 -",
    "1591368011.5 CAAAD fe80::1 135 ff02::1 136 icmp - - - - OTH - - 0 - 1 64 0 0 -",
)
HEAD = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2020-06-05\n"
TABBED = (
    HEAD + "#fields\t" + "\t".join(FIELDS) + "\n#types\ttime\n" + "".join("\t".join(row.split()) + "\n" for row in ROWS)
)
CSV = """\
Source IP;Destination IP;Protocol;Dst Port;Start;End;Bytes;Flows;State;App
10.0.0.1;10.0.1.1;TCP;4840;2026-02-01T10:00:00+01:00;2026-02-01T10:05:00+01:00;5000;3;allow;OPCUA
10.0.0.1;10.0.1.1;6;4840;2026-02-01 08:00:00;;100;;deny;opcua
10.0.0.1;10.0.1.1;1;;1769932800;;60;;;
"""


def _file(tmp_path: Path, content: str | bytes, name: str = "conn.log") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _sums(tmp_path, content, name="conn.log"):
    found = read_flows(_file(tmp_path, content, name), now=NOW)
    return found, {
        (str(key[0]), str(key[1]), f"{key[2]}/{key[3]}", key[4]): (
            one.connections,
            one.answered,
            one.opened,
            one.size_bytes,
        )
        for key, one in flow_rows.rows(found.gathered)
    }


def _as_json() -> str:
    lines = []
    for row in ROWS:
        told = {name: cell for name, cell in zip(FIELDS, row.split(), strict=True) if cell != "-"}
        texts = ("uid", "id.orig_h", "id.resp_h", "proto", "service", "conn_state", "history")
        numbers = {name: float(told[name]) for name in told if name not in texts}
        numbers |= {name: int(value) for name, value in numbers.items() if value == int(value) and name != "ts"}
        lines.append(json.dumps({**told, **numbers}))
    return "\n".join(lines) + "\n"


EXPECTED = {
    ("192.168.4.76", "192.168.4.1", "udp/53", "dns"): (1, 1, 1, 315),
    ("192.168.4.76", "192.168.4.9", "tcp/502", "modbus"): (2, 1, 2, 760),
    ("192.168.4.76", "192.168.4.9", "tcp/502", ""): (1, 1, 0, 98),
    ("fe80::1", "ff02::1", "icmp/0", ""): (1, 0, 1, 64),
}


def test_a_conn_log_with_tabs_gives_sums_by_address_port_and_service(tmp_path):
    found, sums = _sums(tmp_path, TABBED)
    assert (found.format, sums, found.gathered.skipped) == ("zeek", EXPECTED, 0)
    assert found.started == datetime(2020, 6, 5, 14, 39, 59, 305988, tzinfo=UTC)
    assert found.ended == datetime.fromtimestamp(1591368011.5, UTC)


def test_a_conn_log_in_json_gives_the_same(tmp_path):
    found, sums = _sums(tmp_path, _as_json())
    assert (found.format, sums) == ("zeek-json", EXPECTED)


def test_a_packed_file_gives_the_same_under_the_hash_of_the_packed_bytes(tmp_path):
    packed = gzip.compress(TABBED.encode())
    found, sums = _sums(tmp_path, packed, "conn.log.gz")
    assert sums == EXPECTED
    assert found.sha256 == __import__("hashlib").sha256(packed).hexdigest()


def test_rotated_logs_in_one_file_are_read_by_the_header_before_them(tmp_path):
    turned = list(reversed(FIELDS))
    second = "#fields\t" + "\t".join(turned) + "\n" + "\t".join(reversed(ROWS[1].split())) + "\n#close\t2020\n"
    _, sums = _sums(tmp_path, TABBED + second)
    assert sums["192.168.4.76", "192.168.4.9", "tcp/502", "modbus"] == (3, 2, 3, 1460)


def test_csv_is_read_by_its_header_whatever_the_delimiter(tmp_path):
    found, sums = _sums(tmp_path, CSV, "flows.csv")
    assert found.format == "csv"
    assert sums == {
        ("10.0.0.1", "10.0.1.1", "tcp/4840", "opcua"): (4, 3, 4, 5100),
        ("10.0.0.1", "10.0.1.1", "icmp/0", ""): (1, 1, 1, 60),
    }
    assert found.started == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert found.ended == datetime(2026, 2, 1, 9, 5, tzinfo=UTC)
    assert _sums(tmp_path, CSV.replace(";", ","), "flows.csv")[1] == sums


def test_rows_of_one_direction_each_are_one_flow_of_which_the_opener_is_not_known(tmp_path):
    """The columns of nfdump -o csv, whose summary at the end is no flow."""
    head = "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt\n"
    there = "2026-02-01 10:00:00,2026-02-01 10:00:01,1,10.0.0.5,10.0.1.9,50123,502,TCP,...AP.SF,0,0,5,300\n"
    back = "2026-02-01 10:00:00,2026-02-01 10:00:01,1,10.0.1.9,10.0.0.5,502,50123,TCP,...AP.SF,0,0,5,400\n"
    other = "2026-02-01 10:00:00,2026-02-01 10:00:01,1,10.0.0.5,10.0.1.9,123,123,UDP,........,0,0,1,76\n"
    found, sums = _sums(tmp_path, head + there + back + other + "Summary\nflows,bytes\n", "nfdump.csv")
    assert sums == {
        ("10.0.0.5", "10.0.1.9", "tcp/502", ""): (2, 2, 0, 700),
        ("10.0.0.5", "10.0.1.9", "udp/123", ""): (1, 1, 0, 76),
    }
    assert found.gathered.skipped == 2
    _, alone = _sums(tmp_path, head + back, "nfdump.csv")
    assert alone == {("10.0.0.5", "10.0.1.9", "tcp/502", ""): (1, 1, 0, 400)}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x y", "fields are expected"),
        (ROWS[0].replace("192.168.4.76", "192.168.4.760"), '"192.168.4.760" is not an address'),
        (ROWS[0].replace("192.168.4.76", "fe80::1%eth0"), "zone index"),
        (ROWS[0].replace(" udp ", " 999 "), "number of an IP protocol"),
        (ROWS[0].replace(" 53 ", " 65536 "), "not a port"),
        (ROWS[0].replace("1591367999.305988", "yesterday"), "not a time"),
        (ROWS[0].replace("1591367999.305988", "nan"), "not a time"),
        (ROWS[0].replace("1591367999.305988", "4102444800"), "cannot be right"),
        (ROWS[0].replace("1591367999.305988", "0"), "cannot be right"),
        (ROWS[0].replace("0.066852", "-1"), "cannot be right"),
        (ROWS[0].replace("0.066852", "1e300"), "cannot be right"),
        (ROWS[0].replace(" udp ", " - "), "proto is not set"),
        ("\xff" * 70_000, "longer than 64 KiB"),
    ],
)
def test_a_line_that_is_no_flow_is_told_with_its_place_and_the_others_count(tmp_path, line, said):
    bad = "\t".join(line.split())
    content = TABBED + bad + "\n" + "\t".join(ROWS[0].split()) + "\n"
    found, sums = _sums(tmp_path, content)
    (problem,) = found.gathered.problems
    assert problem.startswith(f"{tmp_path}/conn.log:{len(TABBED.splitlines()) + 1}: ")
    assert said in problem
    assert found.gathered.skipped == 1
    assert sums["192.168.4.76", "192.168.4.1", "udp/53", "dns"][0] == 2


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n\n",
        "#separator \\x09\n",
        "#fields\tts\tuid\n1\t2\n",
        "a,b,c\n1,2,3\n",
        "src,dst,proto\n10.0.0.1,10.0.0.2,tcp\n",
        "{}\n",
        "[" * 60_000 + "\n",
        '{"ts": ' + "[" * 60_000 + "\n",
        '{"ts": 1e999, "id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "id.resp_p": 1, "proto": "tcp"}\n',
        b"\x1f\x8b\x00\x01rubbish",
        b"\xff\xfe\x00",
        b"\x00" * 200_000,
        gzip.compress(TABBED.encode())[:-12],
    ],
)
def test_a_file_without_flows_is_one_clear_line(tmp_path, content):
    with pytest.raises(InputError) as caught:
        read_flows(_file(tmp_path, content), now=NOW)
    assert "conn.log" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_many_different_flows_are_refused_and_nothing_is_lost_in_silence(tmp_path, monkeypatch):
    monkeypatch.setattr(flow_rows, "MOST_FLOWS", 3)
    with pytest.raises(InputError, match=r"conn\.log:13: more than 3 different flows; split the file"):
        read_flows(_file(tmp_path, TABBED), now=NOW)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_flows_or_one_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_flows(path, now=NOW)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 99), st.booleans()), min_size=1, max_size=30
    )
)
def test_the_sums_are_those_of_a_plain_count_whatever_the_order(tmp_path_factory, told):
    path = tmp_path_factory.getbasetemp() / "sums.csv"
    head = "src,dst,proto,port,start,bytes,answered\n"
    lines = [
        f"10.0.0.{a},10.0.1.{b},tcp,502,2026-01-01T00:00:{b:02d}Z,{size},{'yes' if ok else 'no'}\n"
        for a, b, size, ok in told
    ]
    path.write_text(head + "".join(lines))
    flows = read_flows(path, now=NOW).gathered.flows
    path.write_text(head + "".join(reversed(lines)))
    assert read_flows(path, now=NOW).gathered.flows == flows
    assert sum(one.connections for one in flows.values()) == len(told)
    assert sum(one.size_bytes for one in flows.values()) == sum(size for _, _, size, _ in told)
    assert sum(one.answered for one in flows.values()) == sum(ok for *_, ok in told)
    assert len(flows) == len({(a, b) for a, b, _, _ in told})


ZONES = (Zone("cell", "plant", (ip_network("192.168.4.0/28"), ip_network("192.168.4.64/28"))),)


def test_flows_come_back_from_the_store_with_what_their_sensor_covers(tmp_path):
    path = _file(tmp_path, TABBED)
    wanted = Wanted("plant", "tap-3", ("cell", "10.0.0.0/8", "10.0.0.0/8"))
    with open_store(f"sqlite:///{tmp_path}/a.db") as store:
        told = import_flows(store, path, wanted, zones=ZONES, now=NOW)
        again = import_flows(store, path, wanted, zones=ZONES, now=NOW)
        assert told == again
        assert told.nowhere == 1
        (capture,) = store.captures()
        assert capture == told.capture
        assert capture.covers == ("192.168.4.0/28", "192.168.4.64/28", "10.0.0.0/8")
        assert (capture.records, capture.flows, capture.skipped) == (5, 4, 0)
        flows = store.flows("plant")
        assert len(flows) == 4
        assert {(one.capture, one.sensor) for one in flows} == {(capture.id, "tap-3")}
        assert flows[0].target == ip_address("192.168.4.1")
        assert store.flows("other") == ()
        assert import_flows(store, path, Wanted("plant", "tap-4"), zones=(), now=NOW).capture.id != capture.id
        assert len(store.captures()) == 2


def test_only_looking_stores_nothing(tmp_path):
    told = import_flows(None, _file(tmp_path, TABBED), Wanted("plant"), zones=(), now=NOW)
    assert (told.capture.flows, told.capture.sensor, told.capture.covers) == (4, "conn.log", ())


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted("plant", covers=("cel",)), 'neither a zone, did you mean "cell"'),
        (Wanted("other", covers=("cell",)), "no ranges in realm other"),
        (Wanted("plant", since=NOW), "which --since and --until must enclose"),
        (Wanted("plant", until=NOW + timedelta(days=1)), "lies in the future"),
    ],
)
def test_what_an_operator_says_wrongly_is_one_line(tmp_path, wanted, said):
    with pytest.raises(InputError, match=said):
        import_flows(None, _file(tmp_path, TABBED), wanted, zones=ZONES, now=NOW)
