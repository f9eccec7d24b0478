"""The language of checks: what it refuses at load, and three-valued evaluation with its trace."""

import os
import random
from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import settings

from assetctl.errors import InputError
from assetctl.model import Fact, Source, Value, Zone
from assetctl.policy.context import MOST_STEPS, Context
from assetctl.policy.expression import compile_expression
from assetctl.policy.for_each import Scope
from assetctl.policy.plant import Plant
from assetctl.policy.survey import Survey
from assetctl.policy.values import EvaluationError, Operand, Reason, Unknown
from tests.unit.policy_plants import NOW, asset, fact

MONTH = timedelta(days=30)
EXAMPLES = int(os.environ.get("ASSETCTL_POLICY_EXAMPLES", "0")) or 50 * settings.default.max_examples
"""As many for each example of the profile; the full proof is `make proof`."""


def run(text: str, *facts: Fact, params: dict[str, Value] | None = None, plant: Plant | None = None) -> Operand:
    return trace(text, *facts, params=params, plant=plant)[0]


def trace(
    text: str, *facts: Fact, params: dict[str, Value] | None = None, plant: Plant | None = None
) -> tuple[Operand, Context]:
    survey = Survey(plant or Plant((asset(*facts, zone="cell"),)), NOW)
    context = Context(survey, MONTH, survey.views["a1"])
    return compile_expression(text, Scope("asset", params or {})).run(context), context


def refused(text: str, **params: Value) -> str:
    with pytest.raises(InputError) as caught:
        compile_expression(text, Scope("asset", params))
    return str(caught.value)


def test_an_unknown_fact_is_refused_with_a_near_match() -> None:
    assert 'did you mean "manufacturer"?' in refused('asset.manufacturr == "x"')
    assert 'did you mean "asset"?' in refused('aset.model == "x"')
    assert 'did you mean "speaks"?' in refused('speak("telnet", 23)')
    assert 'did you mean "limit_days"?' in refused("params.limit_day > 1", limit_days=1)


@pytest.mark.parametrize(
    "text",
    [
        "asset.model < 3",
        'asset.slot == "3"',
        'asset.model < "b"',
        'asset.slot in ["a"]',
        "asset.model",
        "not asset.model",
        "asset.reachable and asset.slot",
        "asset.model == True",
        '"a" * 9 == "b"',
        "asset.slot * 2 == 4",
        "asset.slot ** 9 == 4",
        "1 < asset.slot < 3",
        "asset.model is None",
        "asset.slot == 1.5",
        'f"{asset.model}" == "x"',
        "(lambda: True)()",
        "[x for x in services]",
        "any(x for x in services)",
        'any(s.port_state == "open" for s in services for t in services)',
        "asset.model.upper() == 'X'",
        "asset.__class__ == 'x'",
        "().__class__ == 'x'",
        "__import__('os')",
        "services['tcp/23'] == 1",
        "service.port_state == 'open'",
        "uses_tls()",
        "port(23, 24) == 'open'",
        "port(asset.reachable) == 'open'",
        "has('model')",
        "x := 3",
        "await x",
        "",
        "(" * 300,
        "9" * 20 + " == asset.slot",
        "True if asset.reachable else False",
    ],
)
def test_what_the_language_does_not_have_is_an_error_of_the_file(text: str) -> None:
    assert refused(text)


def test_length_and_depth_are_limited() -> None:
    assert "2000 characters" in refused('asset.model == "' + "x" * 2000 + '"')
    assert "deep" in refused("not " * 40 + "asset.reachable")


def test_steps_are_limited_at_run() -> None:
    words = tuple(str(number) for number in range(150))
    text = "any(any(any(a == b and b == c and c == 'no' for a in params.w) for b in params.w) for c in params.w)"
    with pytest.raises(EvaluationError, match=str(MOST_STEPS)):
        run(text, params={"w": words})


def test_a_pattern_cannot_make_the_evaluation_hang() -> None:
    hostile = fact("model", "a" * 4000)
    assert run('glob(asset.model, "' + "*a" * 99 + 'b")', hostile) is False


def test_logic_follows_kleene() -> None:
    yes, no, missing = "asset.slot == 1", "asset.slot == 2", 'asset.model == "x"'
    slot = fact("slot", 1)
    assert run(f"{missing} or {yes}", slot) is True
    assert run(f"{yes} or {missing}", slot) is True
    assert run(f"{missing} and {no}", slot) is False
    assert run(f"{no} and {missing}", slot) is False
    for text in (f"{missing} and {yes}", f"{missing} or {no}", f"not ({missing})", missing, f"{missing} and {missing}"):
        assert isinstance(run(text, slot), Unknown)


def test_an_unknown_has_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(Unknown(Reason.STALE))


def test_a_missing_fact_is_unknown_even_for_an_inequality() -> None:
    assert run('asset.model != "x"') == Unknown(Reason.NOT_PROBED, "model")


def test_a_stale_fact_is_unknown_and_a_future_one_too() -> None:
    assert run('asset.model == "x"', fact("model", "x", days=31)) == Unknown(Reason.STALE, "model")
    assert run('asset.model == "x"', fact("model", "x", days=-1)) == Unknown(Reason.FUTURE, "model")
    assert run('asset.model == "x"', fact("model", "x", days=29)) is True


def test_rivals_decide_only_what_they_agree_on() -> None:
    rivals = (fact("model", "x"), fact("model", "y", source=Source("import", "nmap-xml")))
    assert run('asset.model == "x"', *rivals) == Unknown(Reason.DISAGREE)
    assert run('asset.model != "z"', *rivals) is True
    assert run('asset.model in ["x", "y"]', *rivals) is True
    assert run('glob(asset.model, "?")', *rivals) is True
    assert run('glob(asset.model, "x*")', *rivals) == Unknown(Reason.DISAGREE)


def test_a_value_of_the_wrong_type_breaks_the_check_and_is_no_answer() -> None:
    with pytest.raises(EvaluationError, match="slot: number expected"):
        run("asset.slot == 3", fact("slot", "3"))


@pytest.mark.parametrize(
    ("state", "expected"),
    [("open", False), ("closed", True), ("filtered", Reason.FILTERED), ("unprobed", Reason.NOT_PROBED)],
)
def test_only_an_open_or_closed_port_is_evidence(state: str, expected: bool | Reason) -> None:
    found = run('port(23) == "closed"', fact("tcp/23 port_state", state))
    assert (found.reason if isinstance(found, Unknown) else found) == expected


def test_a_port_that_nobody_probed_is_unknown() -> None:
    assert run('port_state("udp", 161) == "closed"') == Unknown(Reason.NOT_PROBED, "udp/161 port_state")


def test_a_port_number_alone_says_not_what_speaks_there() -> None:
    state, name = fact("tcp/23 port_state", "open"), fact("tcp/23 service_name", "telnet")
    assert run('speaks("telnet", 23)', state, name, fact("tcp/23 service_source", "probed")) is True
    assert run('speaks("ssh", "tcp/23")', state, name, fact("tcp/23 service_source", "probed")) is False
    assert run('speaks("telnet", 23)', fact("tcp/23 port_state", "closed")) is False
    for less in ((state,), (state, name), (state, name, fact("tcp/23 service_source", "table"))):
        found = run('speaks("telnet", 23)', *less)
        assert isinstance(found, Unknown)
        assert found.reason is Reason.NOT_IDENTIFIED


def test_a_name_by_the_port_number_does_not_rule_out_that_a_check_applies() -> None:
    name = compile_expression('service.service_name == "ssh"', Scope("service")).run

    def applies(*told: Fact) -> Operand:
        survey = Survey(Plant((asset(*told),)), NOW)
        return name(Context(survey, timedelta(days=30), survey.views["a1"], "tcp/2222"))

    found = applies(fact("tcp/2222 service_name", "EtherNetIP-1", confidence=30))
    assert isinstance(found, Unknown)
    assert found.reason is Reason.NOT_IDENTIFIED
    assert applies(fact("tcp/2222 service_name", "EtherNetIP-1")) is False


def test_parts_that_were_not_seen_may_still_be_there() -> None:
    closed = fact("tcp/80 port_state", "closed")
    opened = fact("tcp/81 port_state", "open")
    some = 'any(s.port_state == "open" for s in services)'
    assert run(some, closed, opened) is True
    assert run(some, closed) == Unknown(Reason.NOT_COVERED)
    assert run('all(s.port_state == "open" for s in services)', opened) == Unknown(Reason.NOT_COVERED)
    assert run('all(s.port_state == "open" for s in services)', closed, opened) is False
    count = 'count(s.port_state == "open" for s in services)'
    assert run(f"{count} >= 1", opened) is True
    assert run(f"{count} < 1", opened) is False
    assert run(f"{count} <= 1", opened) == Unknown(Reason.NOT_COVERED)


def test_a_list_that_was_read_is_complete() -> None:
    keys = fact("tcp/22 ssh_host_key_types", ("ssh-rsa 1024", "ssh-ed25519 256"))
    texts = 'services["tcp/22"].ssh_host_key_types'
    assert run(f'any(glob(k, "ssh-dss*") for k in {texts})', keys) is False
    assert run(f'all(key_bits(k) >= 2048 for k in {texts} if glob(k, "ssh-rsa*"))', keys) is False
    assert run(f"count(key_bits(k) >= 1024 for k in {texts}) == 1", keys) is True


def test_arithmetic_is_plus_and_minus() -> None:
    assert run("asset.slot + 2 - 1 == 4", fact("slot", 3)) is True
    assert run("asset.slot - 1 >= 2", fact("slot", 3)) is True
    assert isinstance(run("asset.slot + 1 == 2"), Unknown)


def test_versions_are_compared_only_where_they_can_be() -> None:
    def newer(have: str) -> Operand:
        return run(
            'version_at_least(asset.firmware_software_version, "V2.10")', fact("firmware_software_version", have)
        )

    assert newer("2.10.0") is True
    assert newer("v2.9.9") is False
    assert newer("V3") is True
    for odd in ("FS12", "2.10 SP1", "2.x", "A11_U05", "latest"):
        found = newer(odd)
        assert isinstance(found, Unknown)
        assert found.reason is Reason.NOT_COMPARABLE


def test_dates_count_in_whole_days_and_nonsense_is_unknown() -> None:
    key = 'certificates["tcp/443/ab"].certificate_not_after'
    assert (
        run(f"days_until({key}) == 10", fact("tcp/443/ab certificate_not_after", "2026-03-11T09:00:00+00:00")) is True
    )
    assert run(f"days_until({key}) < 0", fact("tcp/443/ab certificate_not_after", "2026-03-01T07:59:00Z")) is True
    assert isinstance(run(f"days_until({key}) < 0", fact("tcp/443/ab certificate_not_after", "soon")), Unknown)


@pytest.mark.parametrize(("day", "days"), [("2026-02-28", -1), ("2026-03-01", 0), ("2026-03-02", 1)])
def test_a_day_without_a_time_lasts_until_its_end(day: str, days: int) -> None:
    assert run(f"days_until(asset.end_of_support) == 0 + {days}", fact("end_of_support", day)) is True


def test_a_certificate_of_long_ago_does_not_say_that_a_service_stands_behind_tls_now() -> None:
    plain = [fact("tcp/80 service_name", "http"), fact("tcp/80 service_source", "probed")]
    shown = fact("tcp/80/ab certificate_fingerprint", "ab")
    old = fact("tcp/80/ab certificate_fingerprint", "ab", days=90)
    uses = compile_expression("uses_tls()", Scope("service")).run
    found = []
    for certificate in (shown, old):
        survey = Survey(Plant((asset(*plain, certificate),)), NOW)
        found.append(uses(Context(survey, timedelta(days=30), survey.views["a1"], "tcp/80")))
    assert found == [True, False]


def test_has_is_false_only_when_a_probe_that_tells_it_answered_without() -> None:
    name = fact("hostname", "sw1")
    tells = Plant((asset(name),), yields={"snmp": frozenset({"serial_number", "hostname"})})
    assert run("has(asset.hostname)", plant=tells) is True
    assert run("has(asset.serial_number)", plant=tells) is False
    assert isinstance(run("has(asset.serial_number)", name), Unknown)
    old = Plant((asset(fact("hostname", "sw1", days=90)),), yields=tells.yields)
    assert isinstance(run("has(asset.serial_number)", plant=old), Unknown)
    assert isinstance(run("has(asset.hostname)", plant=old), Unknown)


def test_the_target_level_is_that_of_the_zone() -> None:
    zone = Zone("cell", "plant", (), sl_t={"RDF": 2})
    plant = Plant((asset(zone="cell"),), zones=(zone,))
    assert run('sl_t("RDF") >= 2', plant=plant) is True
    assert isinstance(run('sl_t("UC") >= 2', plant=plant), Unknown)
    assert isinstance(run('sl_t("RDF") >= 2'), Unknown)


def test_every_fact_that_was_read_is_in_the_trace_with_its_source() -> None:
    found, context = trace('asset.model == "x" and port(23) == "closed"', fact("model", "x"))
    assert isinstance(found, Unknown)
    assert [(reading.key, reading.subject.local_key) for reading in context.trace] == [
        ("model", ""),
        ("port_state", "tcp/23"),
    ]
    assert context.trace[0].facts[0].source.evidence == "scan:1"


def test_what_was_decided_early_was_not_read() -> None:
    _, context = trace('asset.slot == 2 and asset.model == "x"', fact("slot", 1))
    assert [reading.key for reading in context.trace] == ["slot"]


FULL: dict[str, Value] = {
    "model": "x",
    "manufacturer": "siemens",
    "slot": 2,
    "sys_services": 72,
    "reachable": True,
    "snmp_default_community_accepted": False,
    "tags": ("a", "b"),
    "snmp_versions_answered": ("v2c",),
    "tcp/22 port_state": "open",
    "tcp/22 service_name": "ssh",
    "tcp/22 service_source": "probed",
    "tcp/22 tls_versions": ("TLSv1.2",),
    "tcp/23 port_state": "closed",
    "tcp/80 port_state": "open",
    "tcp/80 service_name": "http",
    "tcp/80 service_source": "table",
    "hostname": "plc1.plant.example",
    "host_time": "2026-03-01T08:00:30+00:00",
    "if1 ip_address": "10.0.0.5",
    "if1 interface_oper_status": "down",
    "if2 ip_address": "10.0.0.6",
    "tcp/443/ab certificate_names": ("plc1.plant.example", "10.0.0.5"),
    "p1/x neighbour_learned_by": ("lldp", "fdb"),
    "sw software_version": "1.2.10",
}
EARLIER: dict[str, Value] = {"slot": 3, "if1 interface_oper_status": "up", "tcp/22 port_state": "closed"}
"""What the source said 20 days before; it is known only together with what it says now."""


WORDS, SIGNS = ("asset.model", "'b'"), ("<", ">=", "==", "!=")
STATES, NAMES = ("'open'", "'closed'"), ("'ssh'", "'http'")
PATTERNS, LETTERS = ("'s*'", "'*z'", "'?iemens'"), ("'RDF'", "'UC'")


HELD = ("asset.slot", "asset.model", "interfaces['if1'].interface_oper_status", "services['tcp/22'].port_state")
HOLDS_NAMES = (
    "certificates['tcp/443/ab'].certificate_names",
    "['plc1']",
    "['plc2.plant.example']",
    "['10.0.0.6']",
    "['*.plant.example', '10.0.0.9']",
    "[]",
)
VERSIONS = ("'1.2.9'", "'1.3'", "'1.2.10'", "'x'")


def _atom(r: random.Random) -> str:
    return r.choice(
        (
            f"asset.model {r.choice(('==', '!='))} {r.choice(('asset.manufacturer', repr('x'), repr('y')))}",
            f"asset.slot {r.choice(('<', '<=', '>', '>=', '==', '!='))} {r.choice(('asset.sys_services', '2', '3'))}",
            f"asset.sys_services - asset.slot {r.choice(('<', '==', '>='))} 70",
            r.choice(("asset.reachable", "asset.snmp_default_community_accepted", "has(asset.model)")),
            f"{r.choice(('asset.model', repr('a'), repr('z')))} {r.choice(('in', 'not in'))} asset.tags",
            f"port({r.choice(('22', '23', '80', '99'))}) == {r.choice(STATES)}",
            f"speaks({r.choice(NAMES)}, {r.choice(('22', '23', '80', '99'))})",
            f"glob(asset.manufacturer, {r.choice(PATTERNS)})",
            'version_at_least(asset.model, "1.0")',
            f"sl_t({r.choice(LETTERS)}) >= 1",
            f"held_days({r.choice(HELD)}) {r.choice(('<', '>=', '=='))} {r.choice(('0', '5', '19', '25'))}",
            f"clock_offset_s(asset.host_time) <= {r.choice(('10', '60'))}",
            f"names_asset({r.choice(HOLDS_NAMES)})",
            f"given({r.choice(('[]', HOLDS_NAMES[1]))})",
            f"version_at_least(programs['sw'].software_version, {r.choice(VERSIONS)})",
            "any(how == 'lldp' for how in neighbours['p1/x'].neighbour_learned_by)",
            f"locally_administered({r.choice(('asset.hostname', repr('02:00:00:00:00:01')))})",
        )
    )


def _expression(r: random.Random, depth: int) -> str:
    if depth == 0:
        return _atom(r)
    inner = [_expression(r, depth - 1) for _ in range(2)]
    return r.choice(
        (
            f"({inner[0]} and {inner[1]})",
            f"({inner[0]} or {inner[1]})",
            f"not ({inner[0]})",
            f"any(t{depth} == {r.choice(WORDS)} or {inner[0]} for t{depth} in asset.tags)",
            f"all(t{depth} != 'b' and {inner[0]} for t{depth} in asset.snmp_versions_answered)",
            f"count(t{depth} != 'a' or {inner[0]} for t{depth} in asset.tags) {r.choice(SIGNS)} {r.choice('0123')}",
            f"any(s{depth}.port_state == 'open' and {inner[0]} for s{depth} in services)",
            f"all(s{depth}.service_name != 'http' for s{depth} in services if {inner[0]})",
            f"count(s{depth}.port_state == 'open' for s{depth} in services) {r.choice(SIGNS)} {r.choice('012')}",
            f"any(i{depth}.ip_address == '10.0.0.6' or {inner[0]} for i{depth} in interfaces)",
            f"all(how{depth} != 'cdp' and {inner[1]} for how{depth} in neighbours['p1/x'].neighbour_learned_by)",
            inner[0],
        )
    )


def test_a_definite_answer_never_changes_when_missing_facts_become_known() -> None:
    r = random.Random(20260301)
    whole = {place: [fact(place, value)] for place, value in FULL.items()}
    for place, value in EARLIER.items():
        whole[place].append(fact(place, value, days=20))
    zones = (Zone("cell", "plant", (), sl_t={"RDF": 2}),)
    full = Survey(Plant((asset(*chain(*whole.values()), zone="cell"),), zones), NOW)
    definite = unknown = 0
    for _ in range(EXAMPLES):
        text = _expression(r, r.randint(0, 3))
        expression = compile_expression(text, Scope("asset"))
        kept = [known[: r.randint(1, 2)] for known in whole.values() if r.random() > 0.4]
        less = Survey(Plant((asset(*chain(*kept), zone="cell"),), zones if r.random() > 0.3 else ()), NOW)
        found = expression.run(Context(less, MONTH, less.views["a1"]))
        if isinstance(found, Unknown):
            unknown += 1
            continue
        definite += 1
        assert found == expression.run(Context(full, MONTH, full.views["a1"])), text
    assert definite > EXAMPLES / 10
    assert unknown > EXAMPLES / 10
