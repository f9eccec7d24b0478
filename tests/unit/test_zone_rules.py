"""Laws of zones.yaml in schema 2: nesting, members, conduits and approvals."""

from datetime import UTC, date, datetime
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetctl.errors import InputError
from assetctl.model import Zone
from assetctl.standing import Whereabouts
from assetctl.zone_rules import parents
from assetctl.zones import parse_zones, read_zones
from tests.unit.policy_plants import asset, fact

NOW = datetime(2026, 9, 2, tzinfo=UTC)
WHOLE = """\
schema: 2
suc:
  id: plant-a
  standard: "IEC 62443-3-3:2013+COR1:2014"
  approvals:
    - {by: J. Doe, date: 2026-09-01, document: RA-2026-014.pdf, sha256: %s}
zones:
  - id: production
    networks: [10.20.0.0/16]
    level: 3
    owner: Automation
    trust: trusted
  - id: cell-3
    parent: production
    networks: [10.20.3.0/24]
    vlans: [203, 204]
    positions: ["=A1+K2"]
    assets: [a-0123]
    designations: [safety, wireless]
    criticality: high
    access_points: [panel door 3]
    sl_t: {IAC: 2, RDF: 2}
    sl_t_source: RA-2026-014
    approvals: [{by: J. Doe, date: 2026-09-02}]
  - {id: dmz, networks: [10.250.0.0/24], trust: semi}
conduits:
  - id: c-hist
    from: cell-3
    to: dmz
    opens: from
    allow:
      - {proto: opcua, security: SignAndEncrypt}
      - {proto: historian, port: 5450-5457, transport: tcp}
      - {port: 123, transport: udp}
      - {proto: ping, transport: icmp}
    boundary: [fw-02]
    sl_t: {DC: 2}
    tunnel: IPsec
    trust: untrusted
    standby: true
""" % ("ab" * 32)


def _read(tmp_path, content, now=NOW):
    path = tmp_path / "zones.yaml"
    path.write_text(content)
    return read_zones(path, now=now)


def _refused(tmp_path, content):
    with pytest.raises(InputError) as caught:
        _read(tmp_path, content)
    return [line.removeprefix(f"{tmp_path}/") for line in str(caught.value).splitlines()]


def test_a_whole_file_says_what_stands_in_it(tmp_path):
    found = _read(tmp_path, WHOLE)
    assert (found.system, found.standard, found.schema) == ("plant-a", "IEC 62443-3-3:2013+COR1:2014", "2")
    assert [(one.by, one.on, one.document, one.sha256) for one in found.approvals] == [
        ("J. Doe", date(2026, 9, 1), "RA-2026-014.pdf", "ab" * 32)
    ]
    cell = found.zones[1]
    assert (cell.parent, cell.vlans, cell.positions, cell.assets) == (
        "production",
        (203, 204),
        ("=A1+K2",),
        ("a-0123",),
    )
    assert (cell.designations, cell.criticality) == (("safety", "wireless"), "high")
    assert (cell.access_points, cell.sl_t_source, cell.sl_t) == (("panel door 3",), "RA-2026-014", {"IAC": 2, "RDF": 2})
    (conduit,) = found.conduits
    assert (conduit.source, conduit.target, conduit.opens, conduit.boundary) == ("cell-3", "dmz", "from", ("fw-02",))
    assert (conduit.tunnel, conduit.trust, conduit.standby, conduit.unmediated) == ("IPsec", "untrusted", True, False)
    assert [(one.protocol, one.transport, one.ports, one.security) for one in conduit.allow] == [
        ("opcua", "tcp", (4840, 4840), "SignAndEncrypt"),
        ("historian", "tcp", (5450, 5457), ""),
        ("", "udp", (123, 123), ""),
        ("ping", "icmp", (0, 0), ""),
    ]


def test_a_protocol_without_a_port_is_allowed_on_its_usual_ports(tmp_path):
    content = (
        "schema: 2\nzones: [{id: a}, {id: b}]\nconduits: [{id: c, from: a, to: b, opens: to, allow: [{proto: DNP3}]}]\n"
    )
    allowed = _read(tmp_path, content).conduits[0].allow
    assert [(one.protocol, one.transport, one.ports) for one in allowed] == [
        ("dnp3", "tcp", (20000, 20000)),
        ("dnp3", "udp", (20000, 20000)),
    ]


@pytest.mark.parametrize(
    ("zones", "line", "said"),
    [
        ("{id: a, parent: b}", 3, 'there is no zone "b"'),
        ("{id: a, parent: a}", 3, "a is part of a: a zone cannot be part of itself"),
        ("{id: a, parent: b}\n  - {id: b, parent: a}", 3, "a is part of b is part of a"),
        ("{id: a, networks: [10.0.0.0/8]}\n  - {id: b, networks: [10.1.0.0/16]}", 4, "write parent: a"),
        (
            "{id: a, networks: [10.0.0.0/8], parent: b}\n  - {id: b, networks: [10.1.0.0/16]}",
            3,
            "10.0.0.0/8 of zone a lies outside b",
        ),
        ("{id: a, networks: [10.0.0.0/24]}\n  - {id: b, parent: a, networks: [10.0.1.0/24]}", 4, "lies outside a"),
        ("{id: a, positions: [p]}\n  - {id: b, positions: [p]}", 4, 'the position "p" is in zone a and in zone b'),
        ("{id: a, assets: [x]}\n  - {id: b, realm: r, assets: [x]}", 4, 'the asset "x" is in zone a and in zone b'),
        ("{id: a, positions: [p, p]}", 3, '"p" stands there twice'),
        ("{id: a, vlans: [4095]}", 3, "less than or equal to 4094"),
        ("{id: a, designations: [wirless]}", 3, 'did you mean "wireless"'),
        ("{id: a, trust: none}", 3, "not one of untrusted, semi, trusted"),
        ("{id: a, approvals: [{by: X, date: 2026-09-03}]}", 3, "2026-09-03 lies in the future (today is 2026-09-02)"),
        ("{id: a, approvals: [{by: X, date: 3.9.2026}]}", 3, "not a day such as 2026-09-01"),
        ("{id: a, approvals: [{by: X, date: 2026-09-01, sha256: ABC}]}", 3, "not a SHA-256"),
        ("{id: a, approvals: [{date: 2026-09-01}]}", 3, '"zones[0].approvals[0].by" is missing'),
    ],
)
def test_a_mistake_in_a_zone_is_one_line_with_its_place(tmp_path, zones, line, said):
    found = [told for told in _refused(tmp_path, f"schema: 2\nzones:\n  - {zones}\n") if said in told]
    assert len(found) == 1
    assert found[0].startswith(f"zones.yaml:{line}: ")


@pytest.mark.parametrize(
    ("conduit", "said"),
    [
        ("id: c, from: a, to: x, opens: both", 'conduit c: there is no zone "x"'),
        ("id: c, from: a, to: a, opens: both", "conduit c leads from a to itself"),
        ("id: a, from: a, to: b, opens: both", 'the conduit id "a" is that of a zone already'),
        ("id: c, from: a, to: b", '"conduits[0].opens" is missing'),
        ("id: c, from: a, to: b, opens: x", "not one of from, to, both"),
        ("id: c, from: a, to: b, opens: to, allow: [{proto: unheard-of}]", "has no port that is known here"),
        ("id: c, from: a, to: b, opens: to, allow: [{proto: dhcp, transport: tcp}]", "no usual port over tcp"),
        ("id: c, from: a, to: b, opens: to, allow: [{port: 70000}]", "not a port such as 4840"),
        ("id: c, from: a, to: b, opens: to, allow: [{port: 9-8}]", "not a port such as 4840"),
        ("id: c, from: a, to: b, opens: to, boundary: [f], unmediated: true", "names a boundary and says"),
        ("id: c, from: a, to: b, opens: to, standby: yes", "true or false is expected"),
        ("id: c, from: a, to: b, opens: to, approvals: [{by: x, date: 2999-01-01}]", "lies in the future"),
    ],
)
def test_a_mistake_in_a_conduit_is_one_line_with_its_place(tmp_path, conduit, said):
    content = f"schema: 2\nzones:\n  - {{id: a}}\n  - {{id: b}}\nconduits:\n  - {{{conduit}}}\n"
    (told,) = _refused(tmp_path, content)
    assert told.startswith("zones.yaml:6: ")
    assert said in told


def test_every_mistake_is_told_in_one_run(tmp_path):
    rows = ("{id: a, parent: x}", "{id: a, networks: [10.0.0.0/8]}", "{id: b, networks: [10.0.0.0/9]}")
    content = "schema: 2\nzones:\n" + "".join(f"  - {row}\n" for row in rows)
    assert len(_refused(tmp_path, content)) == 3


@pytest.mark.parametrize(
    "more", ["conduits: []", "suc: {id: x}", "zones: [{id: a, networks: [10.0.0.0/8], parent: b}]"]
)
def test_what_only_schema_2_has_is_told_so_in_a_file_of_schema_1(tmp_path, more):
    content = more if more.startswith("zones") else f"zones: []\n{more}"
    (told,) = _refused(tmp_path, f"{content}\n")
    assert "is of schema 2; write schema: 2 at the top" in told


def test_ranges_inside_each_other_agree_when_the_parents_say_so(tmp_path):
    content = """\
schema: 2
zones:
  - {id: site}
  - {id: plant, parent: site, networks: [10.0.0.0/8, 192.168.0.0/16]}
  - {id: cell, parent: plant, networks: [10.1.0.0/16, 192.168.1.0/24]}
  - {id: inner, parent: cell, networks: [10.1.1.0/24]}
  - {id: twin, realm: other, networks: [10.1.0.0/16]}
"""
    found = _read(tmp_path, content)
    assert parents({zone.id: zone for zone in found.zones}, "inner") == ("cell", "plant", "site")


def test_dates_are_not_looked_at_without_a_clock(tmp_path):
    content = "schema: 2\nzones: [{id: a, approvals: [{by: x, date: 2999-01-01}]}]\n"
    assert _read(tmp_path, content, now=None).zones[0].approvals[0].on == date(2999, 1, 1)


def test_a_text_is_read_as_its_file_would_be(tmp_path):
    found = parse_zones(WHOLE, tmp_path / "zones.yaml", now=NOW)
    assert found.zones == _read(tmp_path, WHOLE).zones
    assert found.sha256 == _read(tmp_path, WHOLE).sha256


_NETS = st.tuples(st.integers(0, 3), st.integers(28, 32), st.integers(0, 15))


@settings(max_examples=150, deadline=None)
@given(st.lists(_NETS, min_size=1, max_size=8), st.lists(st.integers(-1, 7), min_size=8, max_size=8))
def test_a_file_is_accepted_only_if_every_range_inside_another_is_of_a_zone_below(tmp_path_factory, nets, above):
    """Held against the plain definition: all pairs, all ancestors."""
    from ipaddress import ip_network

    rows = [(at % 4, ip_network((f"10.0.0.{host}", length), strict=False)) for at, length, host in nets]
    zones = {n: sorted({net for at, net in rows if at == n}) for n in range(4)}
    parent = {n: above[n] % 4 for n in range(4) if above[n] >= 0 and above[n] % 4 < n}

    def ancestors(n):
        while n in parent:
            n = parent[n]
            yield n

    pairs = [(a, b, x, y) for a in zones for b in zones for x in zones[a] for y in zones[b] if a != b]
    wrong = any(x == y or (y.supernet_of(x) and b not in ancestors(a)) for a, b, x, y in pairs)
    for n in zones:
        outer = next((one for one in ancestors(n) if zones[one]), None)
        if outer is not None:
            wrong |= any(not any(y.supernet_of(x) for y in zones[outer]) for x in zones[n])
    lines = [
        f"  - {{id: z{n}, networks: [{', '.join(map(str, nets))}]{f', parent: z{parent[n]}' if n in parent else ''}}}"
        for n, nets in zones.items()
    ]
    written = "schema: 2\nzones:\n" + "\n".join(lines) + "\n"
    try:
        parse_zones(written, tmp_path_factory.getbasetemp() / "z.yaml", now=NOW)
    except InputError:
        assert wrong
    else:
        assert not wrong


def test_an_asset_lies_where_it_was_put_by_name_else_where_its_addresses_lie(tmp_path):
    where = Whereabouts(_read(tmp_path, WHOLE).zones)
    assert where.of_address("plant", ip_address("10.20.3.7")) == "cell-3"
    assert where.of_address("plant", ip_address("10.20.4.7")) == "production"
    assert where.of_address("other", ip_address("10.20.4.7")) is None
    assert where.of_address("plant", ip_address("fd00::7")) is None
    inner = asset(fact("e ip_address", "10.20.3.7"))
    both = asset(fact("e ip_address", "10.20.3.7"), fact("f ip_address", "10.250.0.1"))
    outside = asset(fact("e ip_address", "10.99.0.1"))
    assert [where.zone_of(one) for one in (inner, both, outside)] == ["cell-3", None, None]
    assert where.by_address(both) == ("cell-3", "dmz")
    put = asset(fact("e ip_address", "10.250.0.1"), position="=A1+K2")
    assert where.zone_of(put) == "cell-3"
    assert where.zone_of(asset(fact("e ip_address", "10.250.0.1"), id="a-0123")) == "cell-3"


def test_a_name_in_a_zone_of_another_realm_is_another_position():
    zones = (Zone("a", "r1", (), positions=("p",)), Zone("b", "r2", (), positions=("p",)))
    assert Whereabouts(zones).zone_of(asset(position="p")) is None
