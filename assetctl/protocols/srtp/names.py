"""Names of the CPU types."""

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _models() -> dict[str, str]:
    text = files("assetctl.protocols.srtp").joinpath("names.toml").read_text("utf-8")
    return dict(tomllib.loads(text)["models"])


def model(major: int, minor: int) -> str:
    """The CPU of a type, "" for one that is unknown or stands for several."""
    return _models().get(f"{major:02X}{minor:02X}", "")
