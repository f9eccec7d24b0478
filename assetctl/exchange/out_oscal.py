"""OSCAL 1.1.3 assessment results: what was observed, what follows for which requirement, and what it rests on.

Every result is an observation. A finding is made for a requirement at one place: not satisfied where a check that bears
on it as a duty fails, satisfied where somebody answers for it and nothing stands against it. Unknown, not applicable
and broken checks stay observations: no evidence is not a pass. A failure is a risk; a waived one is an approved
deviation. Source: https://pages.nist.gov/OSCAL-Reference/models/v1.1.3/assessment-results/json-reference/
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from assetctl.exchange.out_json import document, known
from assetctl.exchange.out_oscal_subjects import Subjects
from assetctl.exchange.out_oscal_words import NS, control_id, prop, title
from assetctl.exchange.outgoing import Met, Outgoing, Reason, Results, Rule, Verdict, stamp, uuid_of
from assetctl.model import EVERYWHERE, RequirementMapping, Result
from assetctl.text import counted

SPEC = "1.1.3"
_PLAN = (
    "The plan that was carried out: the scope and approval of each scan, the check pack and the declared zones, waivers"
    " and attestations. It was not written in OSCAL; the report of the same run describes it."
)
_INDICATION = "A failure of a check is an indication until an assessor confirms it."


def text(outgoing: Outgoing) -> str:
    """The whole document. Its UUIDs follow from its content. Without a run it tells the inventory only."""
    body = _body(outgoing, outgoing.results or Results(outgoing.as_of, (), ()))
    body["uuid"] = uuid_of("assessment-results", document(body))
    return document({"assessment-results": body})


def _body(outgoing: Outgoing, results: Results) -> dict[str, Any]:
    plan = uuid_of("assessment-plan", outgoing.project, outgoing.site)
    where = " ".join(filter(None, (outgoing.project, outgoing.site))) or "the plant"
    return {
        "metadata": {
            "title": title(f"Assessment results of {where}"),
            "last-modified": stamp(outgoing.as_of),
            "version": outgoing.version,
            "oscal-version": SPEC,
        },
        "import-ap": {"href": f"#{plan}"},
        "results": [_result(outgoing, results, where)],
        "back-matter": {"resources": [{"uuid": plan, "title": "Assessment plan", "description": _PLAN}]},
    }


def _result(outgoing: Outgoing, results: Results, where: str) -> dict[str, Any]:
    subjects = Subjects(outgoing, where)
    rules = {rule.id: rule for rule in results.rules}
    observations = [_observation(one, subjects, results) for one in results.verdicts]
    observations += [_passed(rule, results) for rule in results.rules if rule.passes]
    return known(
        **{
            "uuid": uuid_of("result", stamp(results.at), where),
            "title": title(f"Checks of {where}"),
            "description": f"What {counted(len(rules), 'check')} said of"
            f" {counted(len(outgoing.devices), 'asset')}. {_INDICATION}",
            "start": stamp(min((device.first_seen for device in outgoing.devices), default=results.at)),
            "end": stamp(results.at),
            "local-definitions": subjects.definitions(),
            "reviewed-controls": {"control-selections": [_reviewed(results)]},
            "observations": observations,
            "risks": list(_risks(results.verdicts, rules)),
            "findings": list(_findings(results, rules)),
        }
    )


def _reviewed(results: Results) -> dict[str, Any]:
    """The requirements on which a check bears; all of none would claim what nobody looked at."""
    maps = {control_id(one.framework, one.requirement) for rule in results.rules for one in rule.maps}
    maps |= {control_id(results.framework[0], one.requirement) for one in results.met}
    if not maps:
        return {"description": "The checks that were run bear on no requirement.", "include-all": {}}
    return {"include-controls": [{"control-id": one} for one in sorted(maps)]}


def _observation(verdict: Verdict, subjects: Subjects, results: Results) -> dict[str, Any]:
    seen = [one.observed_at for one in verdict.because if one.observed_at]
    return known(
        **{
            "uuid": _uuid(verdict),
            "title": title(f"{verdict.check} {verdict.title}: {verdict.result.value}"),
            "description": verdict.statement,
            "props": [
                prop("check", verdict.check, NS),
                prop("result", verdict.result.value, NS),
                prop("severity", verdict.severity.value, NS),
                *(prop(name, value, NS) for name, value in _told(verdict) if value),
            ],
            "methods": ["TEST"],
            "types": ["finding"] if verdict.result is Result.FAIL else None,
            "subjects": [subjects.reference(verdict.subject)],
            "relevant-evidence": [_evidence(one) for one in verdict.because],
            "collected": stamp(max(seen, default=results.at)),
            "remarks": _remark(verdict),
        }
    )


def _told(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    return ("reason", verdict.reason), ("part", verdict.part), ("zone", verdict.zone), ("waiver", verdict.waiver)


def _remark(verdict: Verdict) -> str:
    match verdict.result:
        case Result.UNKNOWN:
            return "Not determined: neither satisfied nor not satisfied follows from this."
        case Result.NOT_APPLICABLE:
            return "The check does not apply to this subject."
        case Result.ERROR:
            return "The check itself broke; it says nothing about this subject."
        case _:
            return ""


def _evidence(reason: Reason) -> dict[str, str]:
    """One fact. href: the stored exchange; `assetctl evidence show ID` prints it."""
    href = f"urn:assetctl:evidence:{quote(reason.evidence, safe=':')}" if reason.evidence else ""
    return known(href=href) | {"description": reason.text}


def _passed(rule: Rule, results: Results) -> dict[str, Any]:
    return {
        "uuid": uuid_of("passed", rule.id),
        "title": title(f"{rule.id} {rule.title}: pass"),
        "description": f"Nothing contrary was seen at {rule.passes} subjects; passes are kept as counts.",
        "props": [prop("check", rule.id, NS), prop("result", "pass", NS), prop("count", str(rule.passes), NS)],
        "methods": ["TEST"],
        "collected": stamp(results.at),
    }


def _risks(verdicts: Sequence[Verdict], rules: Mapping[str, Rule]) -> Iterator[dict[str, Any]]:
    """One for the failures of a check that stand, and one for each waiver of it."""
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for one in verdicts:
        if one.result is Result.FAIL:
            groups.setdefault((one.check, one.waiver), []).append(one)
    for (check, waiver), group in sorted(groups.items()):
        rule = rules.get(check, Rule(check, group[0].title))
        yield known(
            **{
                "uuid": uuid_of("risk", check, waiver),
                "title": title(f"{check} {group[0].title}"),
                "description": f"{counted(len(group), 'failure')}. {_INDICATION}",
                "statement": group[0].statement,
                "props": [
                    prop("severity", group[0].severity.value, NS),
                    *([prop("waiver", waiver, NS)] if waiver else []),
                ],
                "status": "deviation-approved" if waiver else "open",
                "remediations": _remedies(rule, waiver),
                "related-observations": [{"observation-uuid": _uuid(one)} for one in group],
            }
        )


def _remedies(rule: Rule, waiver: str) -> list[dict[str, Any]]:
    if not rule.fix:
        return []
    uuid = uuid_of("response", rule.id, waiver)
    return [{"uuid": uuid, "lifecycle": "recommendation", "title": "What to do", "description": rule.fix}]


def _findings(results: Results, rules: Mapping[str, Rule]) -> Iterator[dict[str, Any]]:
    """By requirement and place. What somebody answers for is not satisfied while a failure stands against it."""
    failing: dict[tuple[str, str, str], list[Verdict]] = {}
    for one in results.verdicts:
        if one.result is Result.FAIL and one.check in rules:
            for mapping in filter(_is_duty, rules[one.check].maps):
                failing.setdefault((mapping.framework, mapping.requirement, one.zone), []).append(one)
    for key, group in sorted(failing.items()):
        yield _finding(key, "not-satisfied", "fail", [_uuid(one) for one in group])
    framework = results.framework[0]
    against = {(requirement, zone) for name, requirement, zone in failing if name == framework}
    for met in sorted(results.met, key=lambda one: (one.requirement, one.place)):
        if not _stands_against(met, against):
            yield _finding((framework, met.requirement, met.place), "satisfied", "pass", [])


def _is_duty(mapping: RequirementMapping) -> bool:
    return mapping.duty == "shall"


def _stands_against(met: Met, against: set[tuple[str, str]]) -> bool:
    """A failure counts at its place, at both of two zones, and everywhere where it concerns the whole plant."""
    return any(
        requirement == met.requirement and (zone == EVERYWHERE or met.place in zone.split())
        for requirement, zone in against
    )


def _finding(key: tuple[str, str, str], state: str, reason: str, observations: list[str]) -> dict[str, Any]:
    framework, requirement, zone = key
    at = f" at {zone}" if zone and zone != EVERYWHERE else ""
    told = _INDICATION if observations else "Somebody answers for it on a document, and nothing stands against it."
    return known(
        **{
            "uuid": uuid_of("finding", *key, state),
            "title": title(f"{framework} {requirement}{at}"),
            "description": told,
            "props": [prop("zone", zone, NS)] if zone else None,
            "target": {
                "type": "objective-id",
                "target-id": control_id(framework, requirement),
                "status": {"state": state, "reason": reason},
            },
            "related-observations": [{"observation-uuid": one} for one in observations],
        }
    )


def _uuid(verdict: Verdict) -> str:
    return uuid_of("observation", verdict.id)
