"""The files that people write, as the report shows them and as the checks knew them: one truth, or a notice."""

from collections.abc import Iterator, Mapping

from assetctl.report.inputs import ReportInputs

FILES: Mapping[str, str] = {
    "zones": "Zones file",
    "positions": "Register file",
    "waivers": "Waivers file",
    "attestations": "Attestations file",
}
"""By name in [files], what each is called."""

_SHOWN = 12  # digits of a digest within a sentence


def cover(inputs: ReportInputs) -> Iterator[tuple[str, str]]:
    """The digest of each file as the report shows it, and that of the judgement where it was another."""
    for name, title in FILES.items():
        now, then = inputs.files.get(name, ""), inputs.judged_files.get(name, "")
        told = now or f"no {title.lower()}"
        if _differs(inputs, name):
            told += f"; checks were run with {then}" if then else "; checks were run without it"
        if name != "positions" or now or then:
            yield f"{title} SHA-256", told


def notices(inputs: ReportInputs) -> Iterator[str]:
    """What must be said loudly: the verdicts rest on a file that is not the one which the report shows."""
    for name, title in FILES.items():
        if _differs(inputs, name):
            now, then = inputs.files.get(name, ""), inputs.judged_files.get(name, "")
            yield (
                f"{title}: the checks were run with {then[:_SHOWN] or 'none'}, this report shows"
                f" {now[:_SHOWN] or 'none'}. Run `assetctl check` and write the report again."
            )


def made_from(inputs: ReportInputs) -> dict[str, str]:
    """For a manifest: the digest of each file that the report shows, and of the one judged with where it is another."""
    told = {name: inputs.files.get(name, "") for name in FILES}
    other = {f"{name}, judged with": inputs.judged_files.get(name, "") for name in FILES if _differs(inputs, name)}
    return told | other


def _differs(inputs: ReportInputs, name: str) -> bool:
    return bool(inputs.run) and inputs.files.get(name, "") != inputs.judged_files.get(name, "")
