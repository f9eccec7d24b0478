"""Names of the numbers that TLS and its certificates hold."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_VERSIONS = {0x0300: "SSLv3", 0x0301: "TLSv1.0", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}


def version(number: int) -> str:
    """A protocol version, 0x0300 to 0x0304, as the facts spell it."""
    return _VERSIONS[number]


def signature(oid: str) -> str:
    """The name of a signature algorithm; the object identifier itself where the table has none."""
    return _tables()["signature"].get(oid, oid)


def weak_suite(number: int) -> str:
    """The name of a weak cipher suite, "" for one that is not."""
    return _tables()["weak_suite"].get(f"0x{number:04x}", "")


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("assetctl.protocols.tls").joinpath("names.toml").read_text("utf-8"))
