"""Laws of the scope of one run: flags narrow and tighten, and nothing in a file is silently not asked."""

from ipaddress import ip_address

import pytest

from assetctl.errors import InputError
from assetctl.model import Address, NetworkKind
from assetctl.scope import Scope
from assetctl.scoping.build import build_scope
from assetctl.scoping.offered import Known
from assetctl.settings import load_settings

NETWORKS = """
[[networks]]
range = "10.1.0.0/16"
[[networks]]
range = "10.2.0.0/16"
kind = "it"
[[networks]]
range = "10.3.0.0/16"
kind = "lab"
fragile = true
"""
OT, IT, LAB = NetworkKind.OT, NetworkKind.IT, NetworkKind.LAB


def _scope(tmp_path, content="", **flags) -> Scope:
    path = tmp_path / "assetctl.toml"
    path.write_text(content)
    settings = load_settings(path, cwd=tmp_path, environ={})
    return build_scope(settings, **({"resolve": _resolve, "cwd": tmp_path} | flags))


def _resolve(name):
    return {"plc7": (ip_address("10.1.0.7"),)}.get(name, ())


def _at(text, realm="plant"):
    return Address(realm, ip_address(text))


def _kinds(scope, *addresses, realm="plant"):
    return [scope.network_of(_at(one, realm)).kind for one in addresses]


EVERY = ("10.1.0.1", "10.2.0.1", "10.3.0.1", "10.9.0.1", "127.0.0.1", "::1", "fd00::1")


@pytest.mark.parametrize(
    ("profile", "kinds"),
    [
        (None, [OT, IT, LAB, OT, LAB, LAB, OT]),
        ("lab", [OT, IT, LAB, OT, LAB, LAB, OT]),
        ("it", [OT, IT, IT, OT, IT, IT, OT]),
        ("ot-safe", [OT, OT, OT, OT, OT, OT, OT]),
    ],
)
def test_a_profile_tightens_and_never_loosens(tmp_path, profile, kinds):
    scope = _scope(tmp_path, NETWORKS, profile=profile)
    assert _kinds(scope, *EVERY) == kinds
    assert scope.network_of(_at("10.3.0.1")).fragile, "only the kind changes"


def test_a_profile_tightens_loopback_in_every_realm_of_the_run(tmp_path):
    scope = _scope(tmp_path, targets=["cell9/127.0.0.1", "127.0.0.1"], profile="ot-safe")
    assert _kinds(scope, "127.0.0.1", realm="cell9") == _kinds(scope, "127.0.0.1") == [OT]


@pytest.mark.parametrize("profile", ["it", "lab"])
@pytest.mark.parametrize("target", ["10.9.0.0/24", "10.0.255.250-10.1.0.1", "10.3.255.0-10.4.0.9", "cell1/10.2.0.1"])
def test_a_profile_for_a_target_that_no_network_holds_wholly_is_refused(tmp_path, profile, target):
    with pytest.raises(InputError, match=rf'declare it in assetctl\.toml.*kind = "{profile}"'):
        _scope(tmp_path, NETWORKS, targets=[target], profile=profile)


def test_a_target_may_lie_across_declared_networks(tmp_path):
    assert _scope(tmp_path, NETWORKS, targets=["10.1.255.250-10.2.0.1"], profile="it").targets


def test_an_undeclared_target_of_the_file_or_under_no_profile_is_ot(tmp_path):
    content = NETWORKS + '[targets]\ninclude = ["10.9.0.1"]\n'
    assert _kinds(_scope(tmp_path, content, profile="it"), "10.9.0.1") == [OT]
    assert _kinds(_scope(tmp_path, targets=["10.9.0.1"], profile="ot-safe"), "10.9.0.1") == [OT]
    assert _scope(tmp_path, targets=["127.0.0.1", "::1"], profile="lab").targets


def test_an_unknown_profile_is_refused(tmp_path):
    with pytest.raises(InputError, match='did you mean "ot-safe"'):
        _scope(tmp_path, profile="ot_safe")


def test_targets_of_the_command_line_replace_those_of_the_file_and_exclusions_add_up(tmp_path):
    (tmp_path / "exclude.txt").write_text("10.1.0.9\n")
    content = '[targets]\ninclude = ["10.1.0.0/24"]\nexclude = ["10.1.0.7"]\nexclude_file = "exclude.txt"\n'
    assert [str(t) for t in _scope(tmp_path, content).targets] == ["plant/10.1.0.1-10.1.0.254"]
    scope = _scope(tmp_path, content, targets=["10.1.0.0/28"], exclude=["10.1.0.8", "plc7"])
    left = [last for last in range(16) if scope.includes(_at(f"10.1.0.{last}"))]
    assert left == [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14]


def test_an_exclusion_without_a_realm_counts_in_every_realm_of_the_run(tmp_path):
    (tmp_path / "exclude.txt").write_text("10.1.0.3\ncell1/10.1.0.4\n")
    content = '[targets]\nexclude = ["10.1.0.1"]\nexclude_file = "exclude.txt"\n'
    scope = _scope(tmp_path, content, targets=["cell1/10.1.0.0/29"], exclude=["10.1.0.2"])
    assert [last for last in range(8) if scope.includes(_at(f"10.1.0.{last}", "cell1"))] == [5, 6]
    assert not scope.excludes(_at("10.1.0.4"))


def test_a_name_is_asked_for_once_wherever_it_stands(tmp_path):
    asked = []

    def resolve(name):
        asked.append(name)
        return (ip_address(f"10.1.0.{len(asked)}"),)

    content = '[targets]\nexclude = ["plc7"]\n'
    scope = _scope(tmp_path, content, targets=["plc7", "cell1/plc7"], resolve=resolve)
    assert asked == ["plc7"]
    assert not any(scope.includes(_at("10.1.0.1", realm)) for realm in ("plant", "cell1"))


def test_a_name_is_resolved_and_kept(tmp_path):
    (target,) = _scope(tmp_path, targets=["plc7", "plc7"]).targets
    assert (target.first, target.name) == (ip_address("10.1.0.7"), "plc7")


def test_files_of_targets_start_from_the_settings_or_from_where_the_command_runs(tmp_path):
    (tmp_path / "hosts.txt").write_text("10.1.0.1\n")
    below = tmp_path / "below"
    below.mkdir()
    (below / "hosts.txt").write_text("10.1.0.2\n")
    content = '[targets]\ninclude = ["@hosts.txt"]\n'
    assert [t.first for t in _scope(tmp_path, content, cwd=below).targets] == [ip_address("10.1.0.1")]
    assert [t.first for t in _scope(tmp_path, targets=["@hosts.txt"], cwd=below).targets] == [ip_address("10.1.0.2")]


class TestRealm:
    CELL = '[[networks]]\nrange = "10.0.0.0/8"\nrealm = "cell1"\n'

    def test_the_only_declared_realm_is_meant(self, tmp_path):
        assert _scope(tmp_path, self.CELL, targets=["10.0.0.1"]).targets[0].realm == "cell1"
        assert _scope(tmp_path, targets=["10.0.0.1"]).targets[0].realm == "plant"

    def test_of_several_the_flag_chooses(self, tmp_path):
        content = self.CELL + self.CELL.replace("cell1", "cell2")
        content += '[targets]\ninclude = ["cell1/10.0.0.1", "cell2/10.0.0.2"]\n'
        assert [t.realm for t in _scope(tmp_path, content, realm="cell2").targets] == ["cell2"]
        assert len(_scope(tmp_path, content).targets) == 2

    def test_a_misspelt_realm_is_refused(self, tmp_path):
        with pytest.raises(InputError, match='did you mean "cell1"'):
            _scope(tmp_path, self.CELL, realm="cel1")
        with pytest.raises(InputError, match="is not a realm"):
            _scope(tmp_path, realm="Cell 1")

    def test_a_target_of_another_realm_than_the_flag_is_refused(self, tmp_path):
        with pytest.raises(InputError, match="--realm cell1 asks for another realm"):
            _scope(tmp_path, realm="cell1", targets=["cell2/10.0.0.1"])


class TestPace:
    FAST = NETWORKS.replace('[[networks]]\nrange = "10.1.0.0/16"\n', "") + "[limits]\npackets_per_second = 200\n"

    @pytest.mark.parametrize("target", ["10.2.0.0/24", "127.0.0.1", "10.2.255.0-10.3.0.9"])
    def test_without_any_ot_the_declared_pace_counts(self, tmp_path, target):
        assert _scope(tmp_path, self.FAST, targets=[target]).limits.packets_per_second == 200

    @pytest.mark.parametrize("target", ["10.9.0.1", "10.3.255.0-10.4.0.9", "cell1/10.2.0.1"])
    def test_a_target_that_may_be_ot_brings_the_pace_of_ot(self, tmp_path, target):
        assert _scope(tmp_path, self.FAST, targets=[target]).limits.packets_per_second == 50

    def test_so_does_the_careful_profile(self, tmp_path):
        scope = _scope(tmp_path, self.FAST, targets=["10.2.0.1"], profile="ot-safe")
        assert scope.limits.packets_per_second == 50


class TestNames:
    KNOWN = Known(
        probes=("modbus", "snmp"), depths=("snmp.tables",), parameters={"fins": {"source_node": "a free node"}}
    )

    @pytest.mark.parametrize(
        ("content", "flags", "said"),
        [
            ("[probes]\nonly = ['modbs']", {}, 'probes.only: "modbs" is unknown, did you mean "modbus"'),
            ("[probes]\ndepth = ['snmp.table']", {}, 'did you mean "snmp.tables"'),
            ("[ports]\nhttp = [80]", {}, 'ports: "http" is unknown; known are modbus, snmp'),
            ("", {"probes": ["modbs"]}, '--only: "modbs"'),
            ("", {"depth": ["cip.all"]}, "--depth"),
            ("[parameters.modbus]\nunit = '1'", {}, 'parameters: "modbus" is unknown; known are fins'),
            ("[parameters.fins]\nsource = '1'", {}, 'parameters.fins: "source" is unknown'),
            ("[probes]\nonly = ['snmp']", {"probes": ["modbus"]}, "not among probes.only"),
            (
                "[[consents]]\nprobe = 'x'\ntargets = ['10.0.0.1']\nby = 'a'\nreason = 'b'",
                {},
                'consents.probe: "x" is unknown',
            ),
        ],
    )
    def test_a_name_that_no_protocol_has_is_refused(self, tmp_path, content, flags, said):
        with pytest.raises(InputError) as caught:
            _scope(tmp_path, content, known=self.KNOWN, **flags)
        assert said in str(caught.value)

    def test_the_flag_narrows_the_list_and_names_depth(self, tmp_path):
        content = "[probes]\nonly = ['snmp', 'modbus']\ndepth = ['snmp.tables']\n"
        content += "[parameters.fins]\nsource_node = '200'\n"
        scope = _scope(tmp_path, content, probes=["modbus"], known=self.KNOWN)
        assert scope.parameters == {"fins": {"source_node": "200"}}
        assert scope.probes == ("modbus",)
        assert scope.depth == {"snmp.tables"}
        assert _scope(tmp_path, depth=["snmp.tables"]).depth == {"snmp.tables"}


def test_every_other_declaration_reaches_the_scope(tmp_path):
    content = """
    windows = [{ days = ["sat", "mon"], start = "22:00", end = "04:00", realm = "plant" }]
    consents = [{ probe = "iec104", targets = ["10.1.0.7", "10.1.1.0/24"], by = "A", reason = "free" }]
    credentials = [{ name = "v2", kind = "snmp-v2c", community = { command = ["p", "a b"] } }]
    [project]
    timezone = "Europe/Berlin"
    contact = "4711"
    [[vantages]]
    interface = "eth1"
    source = "10.1.0.250"
    anchor = { gateway = "10.1.0.1", mac = "00-1b-1b-00-00-01" }
    [modbus]
    units = { "10.1.0.7" = [1, 2], "cell1/10.1.0.7" = [3] }
    [safety_consents]
    addresses = ["10.1.0.90"]
    [[redundant]]
    addresses = ["10.1.0.21", "10.1.0.22"]
    [approval]
    persons = 2
    [sweep]
    allowed = true
    """
    scope = _scope(tmp_path, content)
    assert scope.windows[0].days == (5, 0)
    assert scope.consents[0].reason == "free"
    assert _at("10.1.1.5") in scope.consents[0].targets[1]
    assert scope.credentials[0].secrets == {"community": {"command": '["p", "a b"]'}}
    assert (scope.timezone, scope.contact, scope.persons, scope.sweep) == ("Europe/Berlin", "4711", 2, True)
    vantage = scope.vantage_of("plant")
    assert (vantage.name, vantage.anchor_mac, vantage.declared) == ("eth1/10.1.0.250", "00:1B:1B:00:00:01", True)
    assert scope.units == {_at("10.1.0.7"): (1, 2), _at("10.1.0.7", "cell1"): (3,)}
    assert scope.safety_consents == {_at("10.1.0.90")}
    assert scope.redundant == (frozenset({_at("10.1.0.21"), _at("10.1.0.22")}),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[targets]\ninclude = ["10.0.0.300"]', "targets.include: "),
        ('[targets]\nexclude = ["10.0.0."]', "targets.exclude: "),
        ('[targets]\nexclude_file = "absent"', "absent: cannot be read"),
        ('[modbus]\nunits = { "plc7" = [1] }', "modbus.units: "),
        ('[modbus]\nunits = { "10.0.0.0/24" = [1] }', "single addresses are expected"),
        ('[modbus]\nunits = { "10.0.0.1" = [1], "plant/10.0.0.1" = [2] }', "twice"),
        ('[safety_consents]\naddresses = ["10.0.0.0/24"]', "name each address"),
        ("[[consents]]\nprobe = 'x'\ntargets = ['x y']\nby = 'a'\nreason = 'b'", "consents.targets: "),
    ],
)
def test_a_text_that_is_no_address_is_refused_with_its_key(tmp_path, content, said):
    with pytest.raises(InputError) as caught:
        _scope(tmp_path, content)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


SEVERAL = '[[networks]]\nrange = "10.0.0.0/24"\nrealm = "a"\n[[networks]]\nrange = "10.0.0.0/24"\nrealm = "b"\n'


def test_a_target_of_no_declared_realm_is_refused_where_several_are_declared(tmp_path):
    with pytest.raises(InputError, match=r"declared are a, b: write a/10\.0\.0\.1 or give --realm"):
        _scope(tmp_path, SEVERAL, targets=("10.0.0.1",))
    for flags in ({"targets": ("b/10.0.0.1",)}, {"targets": ("10.0.0.1",), "realm": "b"}):
        assert [target.realm for target in _scope(tmp_path, SEVERAL, **flags).targets] == ["b"]
