"""Versions of package systems, compared by univers: semantic versions, Debian and RPM packages."""

from collections.abc import Mapping

from assetctl.advisory.versions import ALL, Comparison, Order

SCHEMES: Mapping[str, str] = {
    "semver": "SemverVersion",
    "npm": "SemverVersion",
    "deb": "DebianVersion",
    "rpm": "RpmVersion",
}


def compare(scheme: str, have: str, bound: str) -> Comparison:
    """As `versions.compare`, by the rules of a package system named as in `vers:`."""
    from univers import versions

    kind = getattr(versions, SCHEMES[scheme])
    try:
        mine, theirs = kind(have.strip()), kind(bound.strip())
        order = Order.EQUAL if mine == theirs else Order.LOWER if mine < theirs else Order.HIGHER
    except (versions.InvalidVersion, ValueError, TypeError, AttributeError):
        return Comparison(ALL, f'"{have[:40]}" or "{bound[:40]}" is no version of {scheme}')
    return Comparison(frozenset({order}))
