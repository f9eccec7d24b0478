"""What a check states, as a digest: a finding is closed by a pass of the same statement only."""

from hashlib import sha256

from assetctl.policy.check import Check


def stated(check: Check) -> str:
    """Digest of the logic, a full stop, digest of the thresholds. Severity, wording and age do not count."""
    logic = [str(check.version), check.for_each, check.assertion.text]
    logic += [check.applies_to.text if check.applies_to else "", *(one.text for one in check.group_by)]
    thresholds = [f"{name}={value!r}" for name, value in sorted(check.params.items())]
    return f"{_digest(logic)}.{_digest(thresholds)}"


def _digest(lines: list[str]) -> str:
    return sha256("\0".join(lines).encode()).hexdigest()[:16]
