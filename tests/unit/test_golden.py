"""Laws of golden inventories: what is equal, what drifted, and what nobody looked at."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetctl import baseline, baseline_text
from assetctl.baseline import Entry, Golden, Rule
from assetctl.documents import read_yaml
from assetctl.errors import Exit, InputError
from assetctl.golden.comparison import verify
from assetctl.golden.outcome import Difference, Outcome, coverage, verdict
from assetctl.identity import assign
from assetctl.inventory import build_assets
from assetctl.merge import cluster
from assetctl.model import Asset, Claim, Observation, Position, SubjectKind, Zone
from assetctl.model import Outcome as Answer
from assetctl.sightings import sightings
from assetctl.work.golding import at_least
from tests.unit.test_merge import seen, serial

ZONES = (Zone("cell-1", "plant", (ip_network("10.0.0.0/24"),)),)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # some hours after scan 1
POSITION = Position("=A1+S1", "plant", {"ip_address": "10.0.0.1"}, {}, "register.yaml", NOW)


def port(number: int, state: str) -> Claim:
    return Claim("port_state", state, SubjectKind.SERVICE, f"tcp/{number}")


def plc(number: str = "A1", firmware: str = "V3.2", *more: Claim, ip: str = "10.0.0.1", scan: int = 1) -> Observation:
    told = Claim("model", "CPU 315"), Claim("firmware_software_version", firmware), *more
    return seen(*serial(number), *told, ip=ip, scan=scan, reader="s7/1")


def assets(*observations: Observation, positions: tuple[Position, ...] = ()) -> tuple[Asset, ...]:
    clusters = cluster(sightings(observations))
    assigned = assign(clusters, {})
    return build_assets(clusters, assigned.ids, assigned.aliases, positions=positions, zones=ZONES).assets


def text_of(held: tuple[Asset, ...], **more: object) -> str:
    return baseline_text.written(baseline.approved(held, zone="cell-1", realm="plant", **more))  # type: ignore[arg-type]


def approved(held: tuple[Asset, ...], tmp_path: Path, **more: object) -> Golden:
    file = tmp_path / "cell-1.yaml"
    file.write_text(text_of(held, **more), "utf-8")
    return baseline_text.read(read_yaml(file).root, file=str(file))


def compared(
    baseline: Golden, held: tuple[Asset, ...], *, day: int = 1, covers: bool = True, **more: object
) -> list[tuple[Outcome, str]]:
    return [(one.outcome, one.field) for one in differences(baseline, held, day=day, covers=covers, **more)]


def differences(
    baseline: Golden, held: tuple[Asset, ...], *, day: int = 1, covers: bool = True, **more: object
) -> tuple[Difference, ...]:
    now = NOW + timedelta(days=day - 1)
    limits = {"max_age": timedelta(hours=12), "at_least": at_least, **more}
    begun = now - timedelta(hours=4) if covers else None
    return verify(baseline, held, looked_at=lambda *_: begun, now=now, **limits)  # type: ignore[arg-type]


def test_an_unchanged_plant_is_equal(tmp_path: Path) -> None:
    held = assets(plc("A1", "V3.2", port(102, "open"), port(80, "closed")))
    baseline = approved(held, tmp_path)
    assert compared(baseline, held) == [(Outcome.EQUAL, "")]
    assert verdict(differences(baseline, held), coverage=1.0) is Exit.DONE


def test_the_file_holds_no_confidence_source_or_volatile_value() -> None:
    held = assets(plc("A1", "V3.2", Claim("sys_uptime_s", 4711)))
    text = text_of(held, decoders={"s7": "1"}, data={"oui": "ab12"})
    assert "4711" not in text
    assert "confidence" not in text
    assert "probe" not in text
    assert '  s7: "1"' in text
    assert "  oui: ab12" in text


def test_a_device_has_the_name_of_its_position(tmp_path: Path) -> None:
    baseline = approved(assets(plc(), positions=(POSITION,)), tmp_path)
    assert [entry.key for entry in baseline.entries] == ["=A1+S1"]


def test_a_changed_value_is_drift(tmp_path: Path) -> None:
    baseline = approved(assets(plc()), tmp_path)
    found = differences(baseline, assets(plc(firmware="V9.9")))
    assert [(one.outcome, one.field, one.golden, one.current) for one in found] == [
        (Outcome.CHANGED, "firmware_software_version", "V3.2", "V9.9")
    ]
    assert verdict(found, coverage=1.0) is Exit.DRIFT


@pytest.mark.parametrize("positions", [(), (POSITION,)])
def test_a_device_exchanged_for_its_like_is_one_line(tmp_path: Path, positions: tuple[Position, ...]) -> None:
    baseline = approved(assets(plc(), positions=positions), tmp_path)
    found = differences(baseline, assets(plc(), plc("B1", scan=2), positions=positions), day=2)
    assert [(one.outcome, one.field, one.golden, one.current) for one in found] == [
        (Outcome.EXCHANGED, "serial_number", "A1", "B1")
    ]
    assert verdict(found, coverage=1.0) is Exit.DRIFT


def test_another_kind_of_device_is_changed_and_not_exchanged(tmp_path: Path) -> None:
    baseline = approved(assets(plc(), positions=(POSITION,)), tmp_path)
    other = seen(*serial("B1", maker="WAGO"), Claim("model", "750-881"), scan=2)
    found = compared(baseline, assets(plc(), other, positions=(POSITION,)), day=2)
    assert (Outcome.CHANGED, "serial_number") in found
    assert (Outcome.CHANGED, "model") in found


def test_a_moved_device_is_found_by_what_it_is(tmp_path: Path) -> None:
    baseline = approved(assets(plc()), tmp_path)
    assert compared(baseline, assets(plc(), plc(ip="10.0.0.9", scan=3)), day=3) == [(Outcome.CHANGED, "ip_address")]


def test_two_devices_that_changed_places_keep_their_names(tmp_path: Path) -> None:
    before = plc("A1"), plc("B1", ip="10.0.0.2")
    after = plc("B1", scan=3), plc("A1", ip="10.0.0.2", scan=3)
    baseline = approved(assets(*before), tmp_path)
    assert compared(baseline, assets(*before, *after), day=3) == [(Outcome.CHANGED, "ip_address")] * 2


def test_what_was_looked_for_and_is_not_there_is_missing(tmp_path: Path) -> None:
    baseline = approved(assets(plc()), tmp_path)
    silent = seen(outcome=Answer.SILENT, scan=2)
    assert compared(baseline, assets(plc(), silent), day=2) == [(Outcome.MISSING, "")]
    assert compared(baseline, (), day=2) == [(Outcome.MISSING, "")]


def test_what_nobody_looked_at_is_never_equal(tmp_path: Path) -> None:
    baseline = approved(assets(plc()), tmp_path)
    stale = differences(baseline, assets(plc()), day=2, covers=False)
    unseen = differences(baseline, (), covers=False)
    assert [one.outcome for one in stale] == [Outcome.STALE]
    assert [one.outcome for one in unseen] == [Outcome.NOT_OBSERVED]
    assert verdict(stale, coverage=coverage(baseline, stale)) is Exit.PARTIAL
    assert coverage(baseline, stale) == 0
    assert verdict(unseen, coverage=1.0) is Exit.PARTIAL


def test_a_field_that_was_not_asked_this_time_is_not_observed(tmp_path: Path) -> None:
    baseline = approved(assets(plc("A1", "V3.2", port(102, "open"))), tmp_path)
    only_identity = seen(*serial("A1"), scan=2, reader="s7/1")
    found = compared(baseline, assets(plc("A1", "V3.2", port(102, "open")), only_identity), day=2)
    assert set(found) == {
        (Outcome.NOT_OBSERVED, "model"),
        (Outcome.NOT_OBSERVED, "firmware_software_version"),
        (Outcome.NOT_OBSERVED, "tcp/102"),
    }


def test_what_a_later_look_did_not_find_is_missing_whatever_age_counts(tmp_path: Path) -> None:
    baseline = approved(assets(plc()), tmp_path)
    assert compared(baseline, assets(plc()), day=2, max_age=None) == [(Outcome.MISSING, "")]
    assert compared(baseline, assets(plc()), day=2, max_age=None, covers=False) == [(Outcome.EQUAL, "")]


def test_a_device_that_nobody_approved_is_new(tmp_path: Path) -> None:
    baseline = approved(assets(plc()), tmp_path)
    found = differences(baseline, assets(plc(), plc("B1", ip="10.0.0.7")))
    assert [(one.outcome, one.current) for one in found if one.outcome is not Outcome.EQUAL] == [
        (Outcome.NEW, "Siemens CPU 315 10.0.0.7")
    ]
    elsewhere = assets(plc(), plc("B1", ip="10.0.9.7"))
    assert compared(baseline, elsewhere) == [(Outcome.EQUAL, "")]


def test_ports_that_open_and_close_are_drift(tmp_path: Path) -> None:
    baseline = approved(assets(plc("A1", "V3.2", port(102, "open"), port(80, "closed"))), tmp_path)
    now = assets(plc("A1", "V3.2", port(102, "closed"), port(80, "open"), port(443, "open"), port(21, "closed")))
    assert compared(baseline, now) == [
        (Outcome.CHANGED, "tcp/102"),
        (Outcome.NEW, "tcp/443"),
        (Outcome.CHANGED, "tcp/80"),
    ]


def test_a_missing_module_is_missing_only_when_its_rack_was_read(tmp_path: Path) -> None:
    modules = [claim for at in (1, 2) for claim in serial(f"M{at}1", part=f"slot/{at}")]
    baseline = approved(assets(plc("A1", "V3.2", *modules)), tmp_path)
    assert len(baseline.entries) == 3
    gone = assets(plc("A1", "V3.2", *modules), plc("A1", "V3.2", *modules[:2], scan=2))
    assert (Outcome.MISSING, "") in compared(baseline, gone, day=2)
    rack_not_read = assets(plc("A1", "V3.2", *modules), plc("A1", "V3.2", scan=2))
    assert compared(baseline, rack_not_read, day=2).count((Outcome.STALE, "")) == 2


def test_an_exchanged_module_is_one_line(tmp_path: Path) -> None:
    def rack(number: str, scan: int) -> Observation:
        return plc("A1", "V3.2", *serial(number, part="slot/1"), Claim("model", "SM 321", part="slot/1"), scan=scan)

    baseline = approved(assets(rack("M11", 1)), tmp_path)
    found = compared(baseline, assets(rack("M11", 1), rack("M22", 2)), day=2)
    assert sorted(found) == [(Outcome.EQUAL, ""), (Outcome.EXCHANGED, "serial_number")]


@pytest.mark.parametrize(
    ("rule", "allowed", "now", "outcome"),
    [
        (Rule.EXACT, ("V3.2",), "V3.3", Outcome.CHANGED),
        (Rule.IGNORE, ("V3.2",), "V3.3", Outcome.EQUAL),
        (Rule.AT_LEAST, ("V3.2",), "V3.10", Outcome.EQUAL),
        (Rule.AT_LEAST, ("V3.2",), "V3.1.9", Outcome.CHANGED),
        (Rule.ONE_OF, ("V3.2", "V3.3"), "V3.3", Outcome.EQUAL),
        (Rule.ONE_OF, ("V3.2", "V3.3"), "V3.4", Outcome.CHANGED),
    ],
)
def test_each_rule_compares_in_its_way(
    tmp_path: Path, rule: Rule, allowed: tuple[str, ...], now: str, outcome: Outcome
) -> None:
    baseline = approved(assets(plc()), tmp_path, rules={"firmware_software_version": rule})
    (entry,) = baseline.entries
    entry = replace(entry, facts={**entry.facts, "firmware_software_version": allowed})
    (found,) = differences(replace(baseline, entries=(entry,)), assets(plc(firmware=now)))
    assert found.outcome is outcome


def test_the_rule_of_an_entry_wins_over_that_of_the_file(tmp_path: Path) -> None:
    baseline = approved(assets(plc()), tmp_path, rules={"firmware_software_version": Rule.EXACT})
    (entry,) = baseline.entries
    entry = replace(entry, rules={"firmware_software_version": Rule.IGNORE})
    assert compared(replace(baseline, entries=(entry,)), assets(plc(firmware="V9"))) == [(Outcome.EQUAL, "")]


def test_a_new_decoder_is_not_plant_drift(tmp_path: Path) -> None:
    held = assets(plc(firmware="V3.2"))
    baseline = approved(held, tmp_path, decoders={"s7": "1"}, evidence={held[0].id: ["sha256:ab"]})
    now = assets(plc(firmware="3.2"))
    asked: list[tuple[str, ...]] = []

    def again(entry: Entry) -> Mapping[str, str]:
        asked.append(entry.evidence)
        return {"firmware_software_version": "3.2"}

    found = differences(baseline, now, decoders={"s7": "2"}, reread=again)
    assert [one.outcome for one in found] == [Outcome.READING_CHANGED]
    assert asked == [("sha256:ab",)]
    assert verdict(found, coverage=1.0) is Exit.DONE
    assert compared(baseline, now, decoders={"s7": "1"}, reread=again) == [
        (Outcome.CHANGED, "firmware_software_version")
    ]
    lost = differences(baseline, now, decoders={"s7": "2"}, reread=lambda _: None)
    assert [(one.outcome, "not at hand" in one.note) for one in lost] == [(Outcome.CHANGED, True)]
    other = differences(baseline, now, decoders={"s7": "2"}, reread=lambda _: {"firmware_software_version": "3.1"})
    assert [one.outcome for one in other] == [Outcome.CHANGED]


def test_comparing_nothing_with_nothing_is_no_success(tmp_path: Path) -> None:
    baseline = approved((), tmp_path)
    assert verdict(differences(baseline, ()), coverage=1.0) is Exit.NOTHING


def test_too_little_coverage_is_partial() -> None:
    equal = (Difference("p", "a", Outcome.EQUAL),)
    assert verdict(equal, coverage=0.5) is Exit.PARTIAL
    assert verdict(equal, coverage=0.5, required=0.5) is Exit.DONE


@given(st.permutations([plc(), plc("B1", ip="10.0.0.2"), plc("C1", ip="10.0.0.3")]))
def test_the_file_is_the_same_for_every_order(observations: list[Observation]) -> None:
    in_order = text_of(assets(*sorted(observations, key=lambda one: one.id)))
    assert text_of(tuple(reversed(assets(*observations)))) == in_order


HOSTILE = st.text(min_size=1, max_size=40).map(lambda text: text.strip()).filter(bool)


@given(HOSTILE)
def test_any_text_of_a_device_survives_the_file(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    held = assets(plc("A1", "V3.2", Claim("operating_system", text)))
    baseline = approved(held, tmp_path_factory.mktemp("golden"))
    assert baseline.entries[0].facts["operating_system"] == (text,)


@pytest.mark.parametrize(
    "text", ["no", "1.10", "0x1F", "- a", "a: b", "a #b", "*x", "&x", "!t", "{}", "[x]", "\u202eabc", '"', "\\"]
)
def test_texts_with_a_meaning_in_yaml_stay_texts(tmp_path: Path, text: str) -> None:
    held = assets(plc("A1", "V3.2", Claim("operating_system", text)))
    assert approved(held, tmp_path).entries[0].facts["operating_system"] == (text,)


ROOT: Mapping[str, object] = {"golden": "1", "zone": "z", "realm": "r", "entries": {"a-1": {"facts": {"model": "X"}}}}


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ([], "names with values expected"),
        ({**ROOT, "golden": "9"}, 'golden: "1" expected'),
        ({**ROOT, "zone": ""}, "zone: a text expected"),
        ({**ROOT, "entires": {}}, 'unknown entry .entires., did you mean "entries"'),
        ({**ROOT, "entries": {"a-1": "x"}}, "entries.a-1: names with values expected"),
        ({**ROOT, "entries": {"a-1": {"facts": {"modell": "X"}}}}, "unknown entry 'modell', did you mean"),
        ({**ROOT, "entries": {"a-1": {"facts": {"model": {"x": "y"}}}}}, "facts.model: a text or a list"),
        ({**ROOT, "entries": {"a-1": {"ports": {"502": "open"}}}}, 'ports.502: "tcp/502: open" expected'),
        ({**ROOT, "entries": {"a-1": {"ports": {"tcp/502": "ajar"}}}}, "found tcp/502: ajar"),
        ({**ROOT, "entries": {"a-1": {"parent": "a-9"}}}, "parent 'a-9' is no entry"),
        ({**ROOT, "rules": {"model": "roughly"}}, "rules.model: one of exact"),
        ({**ROOT, "rules": {"colour": "exact"}}, "unknown entry 'colour'"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_place(root: object, said: str) -> None:
    with pytest.raises(InputError, match=rf"cell.yaml: .*{said}"):
        baseline_text.read(root, file="cell.yaml")
